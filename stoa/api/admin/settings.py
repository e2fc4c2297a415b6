"""How the store sells."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import Field

from stoa import stores
from stoa.api.admin.who import Revision, StaffTx
from stoa.api.views import Act, AmountGiven, Flag, Line, Paragraphs, View, may_stay
from stoa.edge.problems import refusals
from stoa.edge.routes import StaffRoute, needs
from stoa.edge.versions import NotThatVersion, tell_revision
from stoa.stores.errors import BadSetting, SettingsChanged

router = APIRouter(route_class=StaffRoute, tags=["settings"])

Country = Annotated[str, Field(pattern="^[A-Z]{2}$", examples=["GB"])]
Origin = Annotated[str, Field(pattern=r"^https?://[^/\s]+$", max_length=300, examples=["https://shop.example"])]
Method = Literal["test", "card", "cash_on_delivery", "bank_transfer"]

ALLOCATION = (
    "which warehouse serves an order: `priority`, that of the lowest number; `nearest`, that whose spot is nearest to"
    " the address's, those of its country where that is not known; `fewest_parcels`, those that have most of it whole."
    " Among equals the lowest number does"
)
SPLITS = (
    "whether one order may come from several warehouses; where not, an order that no single one has is refused"
    " (what is promised beyond stock comes apart in any case)"
)


class SettingsView(View):
    """The store's settings. The currency is chosen when a store is opened, and stays."""

    currency: str
    locale: str
    time_zone: str
    tax_display: str
    rounding: str
    tax_rate_ppm: int = Field(description="parts per million: 20 % is 200000")
    shipping_title: str
    shipping_amount: int
    free_shipping_from: int | None
    ships_to: list[str] = Field(description="ISO 3166-1 alpha-2; empty: everywhere")
    payment_methods: list[str]
    card_provider: str | None = Field(description="who takes cards; needed where `card` is among the methods")
    card_capture: str = Field(description="automatic: a card's money is taken at once; manual: staff take it")
    hold_minutes: int = Field(description="how long stock is held for a cart at checkout, and for a payment")
    allocation: str = Field(description=ALLOCATION)
    splits_orders: bool = Field(description=SPLITS)
    bank_details: str
    cors_origins: list[str]
    mail_from: str
    mails_enabled: bool
    revision: int


class ChangeSettings(Act):
    """What is left out stays."""

    locale: str = may_stay(min_length=2, max_length=40, examples=["en-GB"])
    time_zone: str = may_stay(min_length=1, max_length=60, examples=["Europe/London"])
    tax_display: Literal["inclusive", "exclusive"] = may_stay()
    rounding: Literal["unit", "line", "total"] = may_stay()
    tax_rate_ppm: Annotated[int, Field(strict=True, ge=0, le=1_000_000)] = may_stay(examples=[200_000])
    shipping_title: Line = may_stay()
    shipping_amount: AmountGiven = may_stay()
    free_shipping_from: AmountGiven | None = may_stay()
    ships_to: list[Country] = may_stay(max_length=250)
    payment_methods: list[Method] = may_stay(max_length=10)
    card_provider: Literal["test", "stripe"] | None = may_stay()
    card_capture: Literal["automatic", "manual"] = may_stay()
    hold_minutes: Annotated[int, Field(strict=True, ge=1, le=1440)] = may_stay(examples=[15])
    allocation: Literal["priority", "nearest", "fewest_parcels"] = may_stay(description=ALLOCATION)
    splits_orders: Flag = may_stay(description=SPLITS)
    bank_details: Paragraphs = may_stay()
    cors_origins: list[Origin] = may_stay(max_length=50)
    mail_from: Line = may_stay()
    mails_enabled: Flag = may_stay()


class SettingsSaved(View):
    """What If-Match may name from now on."""

    revision: int


@router.get("/settings", summary="Read the settings")
@needs("settings.read")
async def read_settings(tx: StaffTx, request: Request) -> SettingsView:
    """How the store sells. Keep the ETag: a change can name it."""
    settings = await stores.settings_of(tx)
    tell_revision(request, settings.revision)
    return SettingsView.of(settings)


@router.patch(
    "/settings", summary="Change the settings", responses=refusals(BadSetting, SettingsChanged, NotThatVersion)
)
@needs("settings.write")
async def change_settings(body: ChangeSettings, tx: StaffTx, revision: Revision) -> SettingsSaved:
    """With If-Match only if they are still as they were read. Seen by every server process within seconds."""
    return SettingsSaved.of(await stores.change_settings(tx, revision=revision, **body.given()))

"""Carts and quotes as both APIs show them, and what is sent to change them."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from stoa import carts
from stoa.api.views import Act, AddressAct, Amount, Currency, Email, SpotAct, SpotView, View
from stoa.carts.models import LARGEST_QUANTITY
from stoa.customers.postal import PostalAddress
from stoa.kernel.spots import spot_of

# The schema says the bounds; outside them the cart itself refuses, in words.
Quantity = Annotated[
    int,
    Field(
        strict=True,
        description=f"1 to {LARGEST_QUANTITY:,}",
        examples=[2],
        json_schema_extra={"minimum": 1, "maximum": LARGEST_QUANTITY},
    ),
]


class ChangeView(View):
    """Something is not as it was when it was put in; `was` and `now` are minor units, or units of stock."""

    kind: Literal["price_changed", "not_for_sale", "short"]
    says: str
    was: int | None
    now: int | None


class LineView(View):
    """One line of a cart at today's price."""

    id: UUID
    variant_id: UUID
    product_slug: str
    sku: str
    title: str
    variant_title: str
    quantity: int
    unit_price: Amount
    amount: Amount
    override_reason: str | None = Field(
        description="why staff set `amount` for these units, whose number then stands; null at the price of the list"
    )
    available: int | None = Field(description="units that may be promised now; null where stock is not counted")
    later: int = Field(
        description="of this line: units promised beyond stock, sent on `ships_on` or when they are there"
    )
    beyond_stock: Literal["none", "backorder", "preorder"]
    ships_on: date | None
    changes: list[ChangeView]


class HeldView(View):
    """Units of one variant that are held; `later` of them are promised beyond stock and sent when they are there."""

    variant_id: UUID
    quantity: int
    later: int


class HoldView(View):
    """What a cart holds: until then nobody else can buy it."""

    id: UUID
    expires_at: datetime
    items: list[HeldView]


class CartView(View):
    """A cart. `subtotal` is before discount, shipping, and tax where that is on top: a quote tells those."""

    id: UUID
    state: Literal["open", "completed"]
    currency: Currency
    lines: list[LineView]
    units: int
    subtotal: Amount
    discount_code: str | None
    quote_id: UUID | None = Field(description="the quote that may be bought now, if any")
    hold: HoldView | None = Field(description="what it holds for a while; null where it holds nothing")

    @classmethod
    def of(cls, what: carts.CartView) -> "CartView":
        """From the domain's view."""
        return cls.model_validate(
            {
                "id": what.cart.id,
                "state": what.cart.state,
                "currency": what.cart.currency,
                "lines": what.lines,
                "units": what.units,
                "subtotal": what.subtotal,
                "discount_code": what.code,
                "quote_id": what.cart.quote_id,
                "hold": what.hold,
            }
        )


class AddLine(Act):
    """Units of one variant."""

    variant_id: UUID
    quantity: Quantity = 1


class ChangeLine(Act):
    """How many."""

    quantity: Quantity


class ShippingAct(AddressAct):
    """Where it goes, and the place on the globe where whoever asks knows it."""

    spot: SpotAct | None = Field(
        default=None, description="the nearest warehouse is found by it, where the shop asks so"
    )

    def address(self) -> PostalAddress:
        """As the domains take it."""
        return PostalAddress(**self.model_dump(exclude={"spot"}))


class SetContact(Act):
    """Who it is for. What is left out is empty afterwards."""

    email: Email
    phone: str = Field(default="", max_length=40)
    shipping: ShippingAct | None = None
    billing: AddressAct | None = Field(default=None, description="where it differs from the delivery address")
    note: str = Field(default="", max_length=500)

    def contact(self) -> dict[str, Any]:
        """As the cart takes it."""
        return {
            "email": self.email,
            "phone": self.phone,
            "note": self.note,
            "shipping": self.shipping.address() if self.shipping else None,
            "billing": self.billing.address() if self.billing else None,
            "spot": self.shipping.spot.spot() if self.shipping and self.shipping.spot else None,
        }


class ContactView(View):
    """Who it is for, as far as it was said."""

    email: str
    phone: str
    name: str
    company: str
    line1: str
    line2: str
    city: str
    region: str
    postal_code: str
    country: str
    spot: SpotView | None = Field(description="where that is on the globe, if it was said")
    note: str

    @classmethod
    def of(cls, what: Any) -> "ContactView":
        """From the row."""
        names = [name for name in cls.model_fields if name != "spot"]
        spot = spot_of(what.latitude_microdegrees, what.longitude_microdegrees)
        return cls.model_validate({name: getattr(what, name) for name in names} | {"spot": spot})


class ApplyCode(Act):
    """A discount code, however it is written."""

    code: str = Field(min_length=1, max_length=100, examples=["WELCOME5"])


class QuoteLineView(View):
    """What one line costs and why it adds up: `total = amount - discount`, plus tax where that is on top."""

    line: int
    variant_id: UUID
    sku: str
    title: str
    variant_title: str
    quantity: int
    unit_price: Amount
    amount: Amount
    discount: Amount
    tax: Amount
    total: Amount


class ExplanationView(View):
    """A rule that fired and what it gave."""

    rule: str
    amount: Amount
    says: str
    line_id: UUID | None


class QuoteView(View):
    """What the cart costs, for half an hour, unless the cart or a price changes."""

    id: UUID
    currency: Currency
    tax_included: bool
    subtotal: Amount
    discount: Amount
    shipping: Amount
    shipping_title: str
    tax: Amount
    total: Amount
    lines: list[QuoteLineView]
    explanation: list[ExplanationView]
    missing: list[str] = Field(description="what must be given before it can be bought: `email`, `shipping`")
    expires_at: datetime

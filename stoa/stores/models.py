"""Stores, the names they are reached by, and the settings each has."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from stoa.db.models import Global, KeyText, StoreOwned, not_negative, one_of, unique_in_store


class StoreState(StrEnum):
    """Whether a store serves."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class Store(Global):
    """A tenant. Global, since the edge must find it before any store is entered."""

    __tablename__ = "stores"
    __table_args__ = (
        one_of("state", StoreState),
        Index("stores_slug_key", "slug", unique=True, postgresql_where="deleted_at IS NULL"),
    )

    slug: Mapped[str] = mapped_column(KeyText)
    name: Mapped[str]
    state: Mapped[str] = mapped_column(default=StoreState.ACTIVE)
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class StoreHost(Global):
    """A host name (lower case, no port) that leads to a store. Global, since it is unique over all stores."""

    __tablename__ = "store_hosts"
    __table_args__ = (Index("store_hosts_host_key", "host", unique=True),)

    host: Mapped[str] = mapped_column(KeyText)
    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id", ondelete="CASCADE"), index=True)


class TaxDisplay(StrEnum):
    """Whether the prices of the catalog include tax."""

    INCLUSIVE = "inclusive"
    EXCLUSIVE = "exclusive"


class Rounding(StrEnum):
    """Where tax is rounded to the minor unit."""

    UNIT = "unit"
    LINE = "line"
    TOTAL = "total"


class PaymentMethod(StrEnum):
    """Ways in which an order is paid. `external` is for orders taken over that were paid where they come from."""

    TEST = "test"
    CARD = "card"
    CASH_ON_DELIVERY = "cash_on_delivery"
    BANK_TRANSFER = "bank_transfer"
    EXTERNAL = "external"


class CardProvider(StrEnum):
    """Who takes the store's cards."""

    TEST = "test"
    STRIPE = "stripe"


class Capture(StrEnum):
    """When the money of an authorised card is taken: at once, or by staff."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


class Allocation(StrEnum):
    """Which warehouse serves an order: that of the lowest priority number, the nearest, or as few as possible."""

    PRIORITY = "priority"
    NEAREST = "nearest"
    FEWEST_PARCELS = "fewest_parcels"


# What a store may offer its shoppers.
OFFERED = tuple(method for method in PaymentMethod if method != PaymentMethod.EXTERNAL)


class StoreSettings(StoreOwned):
    """How one store sells. One row a store."""

    __tablename__ = "store_settings"
    __table_args__ = (
        unique_in_store("one"),
        one_of("tax_display", TaxDisplay),
        one_of("rounding", Rounding),
        one_of("card_provider", CardProvider),
        one_of("card_capture", Capture),
        one_of("allocation", Allocation),
        CheckConstraint("hold_minutes BETWEEN 1 AND 1440", name="hold_at_most_a_day"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_iso_4217"),
        CheckConstraint("tax_rate_ppm <= 1000000", name="tax_rate_at_most_one"),
        not_negative("tax_rate_ppm", "shipping_amount", "free_shipping_from"),
    )

    currency: Mapped[str] = mapped_column(KeyText)
    locale: Mapped[str] = mapped_column(default="en-GB")
    time_zone: Mapped[str] = mapped_column(default="UTC")
    tax_display: Mapped[str] = mapped_column(default=TaxDisplay.INCLUSIVE)
    rounding: Mapped[str] = mapped_column(default=Rounding.TOTAL)
    tax_rate_ppm: Mapped[int] = mapped_column(default=0, doc="parts per million: 20 % is 200000")
    shipping_title: Mapped[str] = mapped_column(default="Standard delivery")
    shipping_amount: Mapped[int] = mapped_column(default=0, doc="minor units, tax as in tax_display")
    free_shipping_from: Mapped[int | None] = mapped_column(doc="goods worth this much after discount ship free")
    ships_to: Mapped[list[str]] = mapped_column(default=list, doc="ISO 3166-1 alpha-2; empty: everywhere")
    payment_methods: Mapped[list[str]] = mapped_column(default=list)
    card_provider: Mapped[str | None] = mapped_column(KeyText)
    card_capture: Mapped[str] = mapped_column(default=Capture.AUTOMATIC)
    hold_minutes: Mapped[int] = mapped_column(default=15, doc="how long stock is held for a cart or a payment")
    allocation: Mapped[str] = mapped_column(default=Allocation.PRIORITY)
    splits_orders: Mapped[bool] = mapped_column(default=True, doc="whether one order may come from several warehouses")
    bank_details: Mapped[str] = mapped_column(default="", doc="told to who pays by bank transfer")
    cors_origins: Mapped[list[str]] = mapped_column(default=list)
    mail_from: Mapped[str] = mapped_column(default="")
    mails_enabled: Mapped[bool] = mapped_column(default=True)
    revision: Mapped[int] = mapped_column(default=1)

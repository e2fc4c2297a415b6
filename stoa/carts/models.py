"""Carts, their lines, who they are for, and the quotes that price them."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Uuid

from stoa.db.models import KeyText, StoreOwned, belongs_to, index_in_store, not_negative, one_of

LARGEST_QUANTITY = 1_000_000


class CartState(StrEnum):
    """Whether a cart may still change."""

    OPEN = "open"
    COMPLETED = "completed"


class OrderContact(StoreOwned):
    """All the personal data of a cart and of the order it becomes, and the only place that holds it.

    It is written as the shopper types it and goes over to the order as it stands, so placing an order copies no
    personal data; erasing a person blanks this row and nothing else.
    """

    __tablename__ = "order_contacts"

    email: Mapped[str] = mapped_column(default="")
    email_folded: Mapped[str] = mapped_column(KeyText, default="")
    phone: Mapped[str] = mapped_column(default="")
    name: Mapped[str] = mapped_column(default="")
    company: Mapped[str] = mapped_column(default="")
    line1: Mapped[str] = mapped_column(default="")
    line2: Mapped[str] = mapped_column(default="")
    city: Mapped[str] = mapped_column(default="")
    region: Mapped[str] = mapped_column(default="")
    postal_code: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(KeyText, default="", doc="ISO 3166-1 alpha-2")
    # Where that is, where whoever typed it knew: the nearest warehouse is found by it.
    latitude_microdegrees: Mapped[int | None]
    longitude_microdegrees: Mapped[int | None]
    # The billing address, where it differs from the one above.
    billing_name: Mapped[str | None]
    billing_company: Mapped[str | None]
    billing_line1: Mapped[str | None]
    billing_line2: Mapped[str | None]
    billing_city: Mapped[str | None]
    billing_region: Mapped[str | None]
    billing_postal_code: Mapped[str | None]
    billing_country: Mapped[str | None] = mapped_column(KeyText)
    note: Mapped[str] = mapped_column(default="", doc="what the shopper wants said")
    erased_at: Mapped[datetime | None]


class Cart(StoreOwned):
    """What somebody is about to buy. It opens by its token, or to the customer it belongs to."""

    __tablename__ = "carts"
    __table_args__ = (
        belongs_to("customers", "customer_id"),
        belongs_to("order_contacts", "contact_id"),
        belongs_to("discount_codes", "discount_code_id"),
        one_of("state", CartState),
        index_in_store("carts_customer_id_idx", "customer_id", postgresql_where="customer_id IS NOT NULL"),
        # The job that clears what was left standing. (Not “where open”: completing a cart would touch every index.)
        index_in_store("carts_expires_at_idx", "expires_at"),
        {"postgresql_with": {"fillfactor": 70}},
    )

    token_hash: Mapped[bytes]
    customer_id: Mapped[UUID | None]
    contact_id: Mapped[UUID | None]
    discount_code_id: Mapped[UUID | None]
    currency: Mapped[str] = mapped_column(KeyText)
    state: Mapped[str] = mapped_column(default=CartState.OPEN)
    # The one quote that may be bought. Any change of the cart clears it. (No key: a quote points at its cart.)
    quote_id: Mapped[UUID | None]
    # The stock it holds for a while, if any. (No key: a reservation points at its cart.)
    reservation_id: Mapped[UUID | None]
    # Of an order taken over from elsewhere: where from, and its number there.
    source: Mapped[str] = mapped_column(KeyText, default="shop")
    reference: Mapped[str | None] = mapped_column(KeyText)
    # A staff price for shipping, in minor units; the store's own rate where none.
    shipping_override: Mapped[int | None]
    # Counts the changes of what is in the cart and whom it is for: what was decided is written to what it was made of.
    revision: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class CartLine(StoreOwned):
    """Units of one variant. A cart may hold a variant twice: a staff price makes a line of its own."""

    __tablename__ = "cart_lines"
    __table_args__ = (
        belongs_to("carts", "cart_id", on_delete="CASCADE"),
        belongs_to("variants", "variant_id"),
        index_in_store("cart_lines_cart_id_idx", "cart_id", "position"),
        CheckConstraint(f"quantity BETWEEN 1 AND {LARGEST_QUANTITY}", name="quantity_in_range"),
        CheckConstraint("(override_amount IS NULL) = (override_reason IS NULL)", name="override_has_reason"),
        not_negative("override_amount"),
    )

    cart_id: Mapped[UUID]
    position: Mapped[int]
    variant_id: Mapped[UUID]
    quantity: Mapped[int]
    # What the shopper last saw, so that a change can be told.
    seen_unit_price: Mapped[int]
    # A price set by staff for the whole line, in minor units, and why.
    override_amount: Mapped[int | None]
    override_reason: Mapped[str | None]
    override_by: Mapped[str | None]


class Quote(StoreOwned):
    """What a cart costs, line by line, with the reason of every figure: all the thinking, done before the sale.

    `lines` is a list of objects (`carts/quotes.py` writes them, `place_orders.sql` reads them); it is never edited.
    A cart keeps one at most, as `stoa.quote_cart` sees to: its latest, or the one its order was bought at.
    """

    granted: ClassVar[str] = "SELECT, INSERT, DELETE"
    __tablename__ = "quotes"
    __table_args__ = (
        belongs_to("carts", "cart_id", on_delete="CASCADE"),
        index_in_store("quotes_cart_id_idx", "cart_id"),
        not_negative("subtotal", "discount", "tax", "shipping", "shipping_tax", "total"),
        CheckConstraint("jsonb_typeof(lines) = 'array'", name="lines_are_a_list"),
        CheckConstraint("cardinality(budget_ids) = cardinality(budget_amounts)", name="budgets_have_amounts"),
    )

    cart_id: Mapped[UUID]
    currency: Mapped[str] = mapped_column(KeyText)
    tax_included: Mapped[bool]
    subtotal: Mapped[int]
    discount: Mapped[int]
    shipping: Mapped[int]
    shipping_tax: Mapped[int]
    tax: Mapped[int] = mapped_column(doc="of goods and shipping together")
    total: Mapped[int]
    shipping_title: Mapped[str]
    lines: Mapped[list[dict[str, Any]]]
    explanation: Mapped[list[dict[str, Any]]]
    budget_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    budget_amounts: Mapped[list[int]]
    missing: Mapped[list[str]] = mapped_column(doc="what must be given before it can be bought, such as `email`")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]

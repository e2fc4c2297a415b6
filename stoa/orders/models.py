"""Placed orders: what was bought, at what price, by whom, and everything that happened to it since."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from stoa.db.models import (
    APPEND_ONLY,
    PARTITIONED_BY_ID,
    KeyText,
    StoreOwned,
    belongs_to,
    index_in_store,
    not_negative,
    one_of,
    unique_in_store,
)
from stoa.orders.states import OrderState, PaymentState


class Order(StoreOwned):
    """One sale. Its amounts are those of the quote that was bought; they never change."""

    __tablename__ = "orders"
    __table_args__ = (
        belongs_to("carts", "cart_id"),
        belongs_to("customers", "customer_id"),
        one_of("state", OrderState),
        one_of("payment_state", PaymentState),
        not_negative("subtotal", "discount", "tax", "shipping", "shipping_tax", "total", "paid"),
        CheckConstraint(
            "total = subtotal - discount + shipping + CASE WHEN tax_included THEN 0 ELSE tax END", name="adds_up"
        ),
        CheckConstraint("paid <= total", name="paid_within_total"),
        unique_in_store("number", "number"),
        # Law 5: one cart, at most one order.
        unique_in_store("cart", "cart_id"),
        # What waits for staff: orders not confirmed, and orders not paid, newest first. Both are few at any time.
        index_in_store("orders_pending_idx", "id", postgresql_where="state = 'pending'"),
        index_in_store("orders_unpaid_idx", "id", postgresql_where="payment_state = 'pending'"),
        # A customer's own orders, newest first.
        index_in_store("orders_customer_id_idx", "customer_id", "id", postgresql_where="customer_id IS NOT NULL"),
        Index(
            "orders_reference_key",
            "store_id",
            "source",
            "reference",
            unique=True,
            postgresql_where="reference IS NOT NULL",
        ),
    )

    number: Mapped[int]
    cart_id: Mapped[UUID]
    # No foreign keys from here to the two below, and none from a line to its variant: checking one locks the row it
    # points at, and so rewrites it, once an order. What they point at is never deleted, which a law looks after.
    quote_id: Mapped[UUID]
    contact_id: Mapped[UUID | None]
    customer_id: Mapped[UUID | None]
    token_hash: Mapped[bytes]
    state: Mapped[str]
    payment_state: Mapped[str]
    currency: Mapped[str] = mapped_column(KeyText)
    tax_included: Mapped[bool]
    subtotal: Mapped[int]
    discount: Mapped[int]
    shipping: Mapped[int]
    shipping_tax: Mapped[int]
    tax: Mapped[int]
    total: Mapped[int]
    paid: Mapped[int] = mapped_column(default=0)
    shipping_title: Mapped[str]
    source: Mapped[str] = mapped_column(KeyText)
    reference: Mapped[str | None] = mapped_column(KeyText)
    placed_at: Mapped[datetime]


class OrderLine(StoreOwned):
    """What was bought, as it was then: later changes of the catalog do not reach it."""

    granted: ClassVar[str] = APPEND_ONLY
    __tablename__ = "order_lines"
    __table_args__ = (
        belongs_to("orders", "order_id"),
        index_in_store("order_lines_order_id_idx", "order_id", "position"),
        not_negative("unit_price", "amount", "discount", "tax", "total"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
    )

    order_id: Mapped[UUID]
    position: Mapped[int]
    variant_id: Mapped[UUID]
    sku: Mapped[str] = mapped_column(KeyText)
    title: Mapped[str]
    variant_title: Mapped[str]
    quantity: Mapped[int]
    unit_price: Mapped[int]
    amount: Mapped[int] = mapped_column(doc="quantity x unit price, or what staff set for the line")
    override_reason: Mapped[str | None]
    discount: Mapped[int]
    tax: Mapped[int]
    tax_rate_ppm: Mapped[int]
    total: Mapped[int]


class OrderNumber(StoreOwned):
    """Where the next block of order numbers begins. Processes lease blocks, so numbers may have gaps."""

    __tablename__ = "order_numbers"
    __table_args__ = (unique_in_store("one"),)

    next: Mapped[int]


class HistoryKind(StrEnum):
    """What a line of an order's history tells."""

    PLACED = "placed"
    CONFIRMED = "confirmed"
    PAID = "paid"


class OrderHistory(StoreOwned):
    """What happened to an order, in order, never edited."""

    granted: ClassVar[str] = APPEND_ONLY
    __tablename__ = "order_history"
    __table_args__ = (
        belongs_to("orders", "order_id"),
        one_of("kind", HistoryKind),
        index_in_store("order_history_order_id_idx", "order_id", "id"),
        PARTITIONED_BY_ID,
    )

    order_id: Mapped[UUID]
    kind: Mapped[str]
    state: Mapped[str]
    payment_state: Mapped[str]
    actor: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    happened_at: Mapped[datetime]

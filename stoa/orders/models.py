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
        not_negative(
            "subtotal", "discount", "tax", "shipping", "shipping_tax", "total", "paid", "refunded", "cancelled"
        ),
        CheckConstraint(
            "total = subtotal - discount + shipping + CASE WHEN tax_included THEN 0 ELSE tax END", name="adds_up"
        ),
        CheckConstraint("cancelled <= total", name="cancelled_within_total"),
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
    paid: Mapped[int] = mapped_column(default=0, doc="what was taken, less what was given back")
    refunded: Mapped[int] = mapped_column(default=0)
    cancelled: Mapped[int] = mapped_column(default=0, doc="what the units and the delivery that were taken back cost")
    shipping_title: Mapped[str]
    source: Mapped[str] = mapped_column(KeyText)
    reference: Mapped[str | None] = mapped_column(KeyText)
    placed_at: Mapped[datetime]


class OrderLine(StoreOwned):
    """What was bought, as it was then: later changes of the catalog do not reach it.

    Its id is the order's n-th child (n is `position`), so an order's lines are found by their key.
    """

    granted: ClassVar[str] = APPEND_ONLY
    __tablename__ = "order_lines"
    __table_args__ = (
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
    counted: Mapped[bool] = mapped_column(doc="whether its units were taken from stock")
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
    AUTHORIZED = "authorized"
    PAID = "paid"
    PAYMENT_FAILED = "payment_failed"
    UNITS_CANCELLED = "units_cancelled"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    VOIDED = "voided"


class OrderHistory(StoreOwned):
    """What happened to an order, in order, never edited: the order's children, so they are found by their key."""

    granted: ClassVar[str] = APPEND_ONLY
    __tablename__ = "order_history"
    __table_args__ = (one_of("kind", HistoryKind), PARTITIONED_BY_ID)

    order_id: Mapped[UUID]
    kind: Mapped[str]
    state: Mapped[str]
    payment_state: Mapped[str]
    actor: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    happened_at: Mapped[datetime]


class CancellationReason(StrEnum):
    """Why units were taken back before they were sent."""

    CUSTOMER = "customer"
    OUT_OF_STOCK = "out_of_stock"
    PAYMENT_FAILED = "payment_failed"
    HOLD_EXPIRED = "hold_expired"
    FRAUD = "fraud"
    STAFF = "staff"
    OTHER = "other"


class Cancellation(StoreOwned):
    """Units of an order taken back before they were sent, some or all; the n-th child of its order."""

    granted: ClassVar[str] = APPEND_ONLY
    __tablename__ = "cancellations"
    __table_args__ = (
        belongs_to("orders", "order_id"),
        one_of("reason", CancellationReason),
        not_negative("amount", "shipping", "kept"),
        unique_in_store("position", "order_id", "position"),
    )

    order_id: Mapped[UUID]
    position: Mapped[int] = mapped_column(doc="1, 2, ...: which of the order's cancellations")
    reason: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    is_whole: Mapped[bool] = mapped_column(doc="whether nothing of the order was left after it")
    amount: Mapped[int] = mapped_column(doc="what was taken back, delivery included, in minor units")
    shipping: Mapped[int] = mapped_column(default=0, doc="how much of it is delivery")
    kept: Mapped[int] = mapped_column(
        default=0, doc="what staff keep, by their word, of what had come above what the rest costs"
    )
    actor: Mapped[str]
    happened_at: Mapped[datetime]


class CancellationLine(StoreOwned):
    """So many units of one line were taken back, and what they cost."""

    granted: ClassVar[str] = APPEND_ONLY
    __tablename__ = "cancellation_lines"
    __table_args__ = (
        belongs_to("cancellations", "cancellation_id"),
        belongs_to("order_lines", "order_line_id"),
        index_in_store("cancellation_lines_order_line_id_idx", "order_line_id"),
        unique_in_store("line", "cancellation_id", "order_line_id"),
        not_negative("amount"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
    )

    cancellation_id: Mapped[UUID]
    order_line_id: Mapped[UUID]
    quantity: Mapped[int]
    amount: Mapped[int]


class Refund(StoreOwned):
    """Money that goes back to who paid: so much of an order, over its tenders, whether units were taken back or not.

    How far it has come, the payments' attempts of it say.
    """

    granted: ClassVar[str] = APPEND_ONLY
    __tablename__ = "refunds"
    __table_args__ = (
        belongs_to("orders", "order_id"),
        belongs_to("cancellations", "cancellation_id"),
        index_in_store("refunds_order_id_idx", "order_id", "id"),
        CheckConstraint("amount > 0", name="amount_positive"),
    )

    order_id: Mapped[UUID]
    cancellation_id: Mapped[UUID | None]
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(KeyText)
    note: Mapped[str] = mapped_column(default="")
    actor: Mapped[str]
    created_at: Mapped[datetime]

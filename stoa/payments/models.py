"""Money asked for and received."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from stoa.db.models import KeyText, StoreOwned, belongs_to, index_in_store, not_negative, one_of
from stoa.stores.models import PaymentMethod


class PaymentStatus(StrEnum):
    """Where one payment stands."""

    PENDING = "pending"
    CAPTURED = "captured"


class Payment(StoreOwned):
    """One tender of one order."""

    __tablename__ = "payments"
    __table_args__ = (
        belongs_to("orders", "order_id"),
        one_of("method", PaymentMethod),
        one_of("status", PaymentStatus),
        not_negative("amount"),
        index_in_store("payments_order_id_idx", "order_id"),
    )

    order_id: Mapped[UUID]
    method: Mapped[str]
    status: Mapped[str]
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(KeyText)
    created_at: Mapped[datetime]
    captured_at: Mapped[datetime | None]

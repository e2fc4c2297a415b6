"""What may be spent only once: one kind of row for codes, and for gift cards, credit and points when they come."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from stoa.db.models import (
    APPEND_ONLY,
    KeyText,
    StoreOwned,
    belongs_to,
    index_in_store,
    not_negative,
    one_of,
    unique_in_store,
)

BUDGET_KINDS = ("code_uses",)


class BudgetEntryKind(StrEnum):
    """Why a budget changed: it was filled, an order spent of it, a cancelled order gave that back."""

    GRANT = "grant"
    SPEND = "spend"
    GIVE_BACK = "give_back"


class Budget(StoreOwned):
    """So much is left. What the unit is, `kind` says: uses, or minor units of `currency`. Never deleted."""

    granted: ClassVar[str] = "SELECT, INSERT, UPDATE"

    __tablename__ = "budgets"
    __table_args__ = (one_of("kind", BUDGET_KINDS), not_negative("balance"), {"postgresql_with": {"fillfactor": 50}})

    kind: Mapped[str]
    currency: Mapped[str | None] = mapped_column(KeyText)
    balance: Mapped[int]
    created_at: Mapped[datetime]


class BudgetEntry(StoreOwned):
    """A change of a budget, never edited: `balance` is the sum of its entries. Spending is negative."""

    granted: ClassVar[str] = APPEND_ONLY
    __tablename__ = "budget_entries"
    __table_args__ = (
        belongs_to("budgets", "budget_id"),
        one_of("kind", BudgetEntryKind),
        # An order spends a budget once, and gives back what it spent once.
        unique_in_store("order", "budget_id", "order_id", "kind"),
    )

    budget_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(KeyText, default=BudgetEntryKind.GRANT)
    amount: Mapped[int]
    order_id: Mapped[UUID | None]
    reason: Mapped[str] = mapped_column(default="")


class DiscountCode(StoreOwned):
    """A word that takes a fixed amount off an order, as often as its budget allows."""

    __tablename__ = "discount_codes"
    __table_args__ = (
        belongs_to("budgets", "budget_id"),
        not_negative("amount"),
        Index("discount_codes_code_key", "store_id", "code", unique=True),
        index_in_store("discount_codes_budget_id_idx", "budget_id"),
    )

    code: Mapped[str] = mapped_column(KeyText, doc="upper case")
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(KeyText)
    budget_id: Mapped[UUID]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

"""Discount codes: a word that takes a fixed amount off an order, as often as its budget allows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select

from stoa.budgets.errors import BadCode, BadTerms, CodeEnded, CodeNotStarted, CodeSpent, CodeTaken, UnknownCode
from stoa.budgets.models import Budget, BudgetEntry, DiscountCode
from stoa.db.transaction import Tx
from stoa.db.violations import refusing
from stoa.kernel.cursors import BadCursor, decode, encode
from stoa.kernel.money import LARGEST_AMOUNT
from stoa.kernel.pages import Page, check_page_size
from stoa.stores import settings_of

MOST_USES = 1_000_000_000

_CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{2,39}")


@dataclass(frozen=True)
class Code:
    """A code: `amount` is minor units of `currency` off the goods of one order; `uses_left` orders may still use it."""

    id: UUID
    code: str
    amount: int
    currency: str
    budget_id: UUID
    uses_left: int
    starts_at: datetime | None
    ends_at: datetime | None


def fold_code(code: str) -> str:
    """The form in which two spellings of one code are equal: no space around it, upper case."""
    return code.strip().upper()


async def create_code(
    tx: Tx,
    *,
    code: str,
    amount: int,
    uses: int,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> Code:
    """Make a code that `uses` orders may use, from `starts_at` until just before `ends_at`.

    Raises BadCode, CodeTaken, BadTerms.
    """
    folded = fold_code(code)
    if not _CODE.fullmatch(folded):
        raise BadCode(given=code[:60])
    _check_terms(amount, uses, starts_at, ends_at)
    if await tx.one_or_none(select(DiscountCode.id).where(DiscountCode.code == folded)):
        raise CodeTaken(given=folded)
    currency = (await settings_of(tx)).currency
    budget = tx.add(Budget(kind="code_uses", balance=uses, created_at=tx.now))
    await tx.flush()
    tx.add(BudgetEntry(budget_id=budget.id, amount=uses, reason="code made"))
    row = DiscountCode(
        code=folded,
        amount=amount,
        currency=currency,
        budget_id=budget.id,
        starts_at=starts_at,
        ends_at=ends_at,
        created_at=tx.now,
    )
    tx.add(row)
    with refusing({"discount_codes_code_key": CodeTaken(given=folded)}):
        await tx.flush()
    return _view(row, uses)


async def end_code(tx: Tx, *, code_id: UUID) -> Code:
    """Let a code end now, if it has not ended before. Raises UnknownCode."""
    found = (await tx.execute(_codes().where(DiscountCode.id == code_id))).one_or_none()
    if found is None:
        raise UnknownCode(given=str(code_id))
    row, balance = found
    if row.ends_at is None or row.ends_at > tx.now:
        row.ends_at = tx.now
        await tx.flush()
    return _view(row, balance)


async def usable_code(tx: Tx, *, code: str, currency: str) -> Code:
    """The code that a shopper typed, if an order in this currency could use it now.

    Raises UnknownCode, CodeNotStarted, CodeEnded, CodeSpent.
    """
    folded = fold_code(code)
    if not _CODE.fullmatch(folded):
        raise UnknownCode(given="".join(char for char in code.strip()[:60] if char.isprintable()))
    statement = _codes().where(DiscountCode.code == folded, DiscountCode.currency == currency)
    found = (await tx.execute(statement)).one_or_none()
    if found is None:
        raise UnknownCode(given=folded)
    row, balance = found
    if row.starts_at is not None and tx.now < row.starts_at:
        raise CodeNotStarted(given=row.code, starts_on=await _day(tx, row.starts_at))
    if row.ends_at is not None and tx.now >= row.ends_at:
        raise CodeEnded(given=row.code, ended_on=await _day(tx, row.ends_at))
    if balance <= 0:
        raise CodeSpent(given=row.code)
    return _view(row, balance)


async def list_codes(tx: Tx, *, cursor: str | None = None, limit: int = 50) -> Page[Code]:
    """All codes of the store, newest first. Raises BadCursor, BadPageSize."""
    check_page_size(limit)
    newest = _codes()
    if cursor is not None:
        try:
            newest = newest.where(DiscountCode.id < UUID(decode(cursor, (str,))[0]))
        except ValueError:
            raise BadCursor() from None
    rows = (await tx.execute(newest.order_by(DiscountCode.id.desc()).limit(limit + 1))).all()
    views = [_view(row, balance) for row, balance in rows]
    return Page(tuple(views[:limit]), encode([str(views[limit - 1].id)]) if len(views) > limit else None)


def _codes() -> Select[DiscountCode, int]:
    of_code = (Budget.store_id == DiscountCode.store_id) & (Budget.id == DiscountCode.budget_id)
    return select(DiscountCode, Budget.balance).join(Budget, of_code)


async def _day(tx: Tx, instant: datetime) -> str:
    """The day, as the store's clocks have it."""
    zone = ZoneInfo((await settings_of(tx)).time_zone)
    return instant.astimezone(zone).date().isoformat()


def _check_terms(amount: int, uses: int, starts_at: datetime | None, ends_at: datetime | None) -> None:
    figures: Mapping[str, tuple[Any, int]] = {"amount": (amount, LARGEST_AMOUNT), "uses": (uses, MOST_USES)}
    for field, (given, largest) in figures.items():
        if isinstance(given, bool) or not 1 <= given <= largest:
            raise BadTerms(field=field, problem=f"must be a whole number from 1 to {largest}; {given} is not")
    for field, instant in {"starts_at": starts_at, "ends_at": ends_at}.items():
        if instant is not None and instant.tzinfo is None:
            raise BadTerms(field=field, problem="must say its time zone, such as 2026-05-04T12:00:00Z")
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        raise BadTerms(field="ends_at", problem="must come after starts_at")


def _view(row: DiscountCode, balance: int) -> Code:
    return Code(row.id, row.code, row.amount, row.currency, row.budget_id, balance, row.starts_at, row.ends_at)

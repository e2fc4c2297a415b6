"""Comparing a provider's books with ours: what only they have, what only we have, and what is not the same amount."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select

from stoa.db.transaction import Database, Tx
from stoa.payments.accounts import account_of
from stoa.payments.models import Payment, PaymentAttempt, ProviderName
from stoa.payments.provider import Charge
from stoa.payments.providers import Providers

# Who is asked at this moment is not yet a difference.
BEING_ASKED = timedelta(minutes=10)

# Their clock and ours may differ, and a charge is a little younger than our payment.
_CLOCKS = timedelta(hours=1)

# A payment has its order's time in its id, and a second card pays an order that is a little older.
_OLDEST_ORDER = timedelta(days=3)


class What(StrEnum):
    """In what the books differ."""

    ONLY_THEIRS = "only_theirs"
    ONLY_OURS = "only_ours"
    AMOUNTS = "amounts"
    UNSETTLED = "unsettled"


@dataclass(frozen=True)
class Amounts:
    """What is promised, taken and given back, in minor units."""

    authorized: int
    captured: int
    refunded: int


@dataclass(frozen=True)
class Difference:
    """One payment about which the books do not agree. `asked`: what the provider has not answered for too long."""

    what: What
    provider: str
    reference: str | None
    payment_id: UUID | None
    order_id: UUID | None
    currency: str
    theirs: Amounts | None
    ours: Amounts | None
    asked: tuple[str, ...] = ()


async def reconcile(
    database: Database, providers: Providers, store_id: UUID, *, since: datetime, now: datetime
) -> list[Difference]:
    """Everything that differs of what was begun since then, by provider and reference.

    Raises ProviderUnreachable, NoAccount.
    """
    found: list[Difference] = []
    for name in (ProviderName.TEST, ProviderName.STRIPE):
        async with database.store(store_id) as tx:
            ours = await _payments(tx, name, since)
            asked = await _unsettled(tx, ours, now - BEING_ASKED)
            account = await account_of(tx, provider=name, secret_key=providers.secret_key)
        if not ours and not account.secret and name != ProviderName.TEST:
            continue
        theirs = [charge async for charge in providers.of(account).charges_since(since)]
        found += compare(name, theirs, ours, asked, settled_before=now - BEING_ASKED)
    return found


def compare(
    provider: str,
    theirs: Iterable[Charge],
    ours: Iterable[Payment],
    asked: Mapping[UUID, tuple[str, ...]],
    *,
    settled_before: datetime,
) -> list[Difference]:
    """The differences between two sets of books. `asked`: by payment, what was asked too long ago without an answer."""
    by_reference = {payment.reference: payment for payment in ours if payment.reference}
    by_id = {payment.id: payment for payment in ours}
    differences = []
    seen: set[UUID] = set()
    for charge in theirs:
        payment = by_reference.get(charge.reference) or (by_id.get(charge.payment_id) if charge.payment_id else None)
        amounts = Amounts(charge.authorized, charge.captured, charge.refunded)
        if payment is not None:
            seen.add(payment.id)
        if payment is None or (payment.reference is not None and payment.reference != charge.reference):
            # What came to nothing there needs no payment here.
            if any((charge.authorized, charge.captured)) and charge.created_at < settled_before:
                differences.append(_difference(What.ONLY_THEIRS, provider, charge, amounts, payment))
        elif payment.id in asked:
            differences.append(_difference(What.UNSETTLED, provider, charge, amounts, payment, asked[payment.id]))
        elif amounts != _amounts(payment) and charge.created_at < settled_before:
            differences.append(_difference(What.AMOUNTS, provider, charge, amounts, payment))
    for payment in by_id.values():
        if payment.id in seen:
            continue
        if payment.id in asked:
            differences.append(_difference(What.UNSETTLED, provider, None, None, payment, asked[payment.id]))
        elif payment.authorized or payment.captured:
            differences.append(_difference(What.ONLY_OURS, provider, None, None, payment))
    return differences


def _difference(
    what: What,
    provider: str,
    charge: Charge | None,
    theirs: Amounts | None,
    payment: Payment | None,
    asked: tuple[str, ...] = (),
) -> Difference:
    return Difference(
        what=what,
        provider=provider,
        reference=charge.reference if charge else payment.reference if payment else None,
        payment_id=payment.id if payment else charge.payment_id if charge else None,
        order_id=payment.order_id if payment else None,
        currency=charge.currency if charge else payment.currency if payment else "",
        theirs=theirs,
        ours=_amounts(payment) if payment else None,
        asked=asked,
    )


def _amounts(payment: Payment) -> Amounts:
    return Amounts(payment.authorized, payment.captured, payment.refunded)


async def _payments(tx: Tx, provider: str, since: datetime) -> list[Payment]:
    """Ours by card: what the `test` method took was asked of nobody."""
    return list(
        await tx.scalars(
            select(Payment)
            .where(
                Payment.provider == provider,
                Payment.method == "card",
                Payment.created_at >= since - _CLOCKS,
                Payment.id >= func.stoa.first_id(since - _OLDEST_ORDER),
            )
            .order_by(Payment.id)
        )
    )


async def _unsettled(tx: Tx, ours: Iterable[Payment], before: datetime) -> dict[UUID, tuple[str, ...]]:
    rows = await tx.execute(
        select(PaymentAttempt.payment_id, PaymentAttempt.kind)
        .where(
            PaymentAttempt.payment_id.in_([each.id for each in ours]),
            PaymentAttempt.settled_at.is_(None),
            PaymentAttempt.opened_at < before,
        )
        .order_by(PaymentAttempt.id)
    )
    found: dict[UUID, tuple[str, ...]] = {}
    for payment_id, kind in rows:
        found[payment_id] = (*found.get(payment_id, ()), kind)
    return found

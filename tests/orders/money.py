"""Providers that answer as a test wants, and what came of an order's money."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from stoa.db.transaction import Database
from stoa.orders.charging import begin_payments
from stoa.orders.models import Refund
from stoa.orders.settling import settle
from stoa.payments.methods import Tender, tender_by
from stoa.payments.models import AttemptKind, AttemptState, Payment, PaymentAttempt
from stoa.payments.provider import Outcome
from stoa.stores.models import PaymentMethod
from tests.make import MadeStore
from tests.make.selling import MadeOrder, placed_order

Answer = Callable[[PaymentAttempt], Outcome]

# Paid on the spot, and nobody outside is asked.
TEST = tender_by(PaymentMethod.TEST)
TRANSFER = tender_by(PaymentMethod.BANK_TRANSFER)
CARD = tender_by(PaymentMethod.CARD, card_provider="test")


def of(amount: int, tender: Tender) -> Tender:
    """A part of an order's price."""
    return Tender(tender.method, tender.provider, amount)


def yes(attempt: PaymentAttempt) -> Outcome:
    """The provider does what it is asked."""
    return Outcome(state=AttemptState.SUCCEEDED, captured=bool(attempt.details.get("captures")))


def no(attempt: PaymentAttempt) -> Outcome:
    """The provider refuses refunds, and does all else."""
    if attempt.kind == AttemptKind.REFUND:
        return Outcome(state=AttemptState.FAILED, reason_code="insufficient_funds", reason="The balance is too low.")
    return yes(attempt)


async def order_by_card(
    database: Database, store: MadeStore, *tenders: Tender, answers: bool = True, **cart: Any
) -> MadeOrder:
    """An order whose providers have been asked for their parts, and have given them, if they answer."""
    order = await placed_order(database, store, tenders=tenders or [CARD], **cart)
    async with database.store(store.id) as tx:
        await begin_payments(tx, order_id=order.id, cards={})
    if answers:
        await providers_answer(database, store, order)
    return order


async def providers_answer(database: Database, store: MadeStore, order: MadeOrder, answer: Answer = yes) -> int:
    """Everything that providers were asked about the order is answered, and what follows of it; how many acts."""
    settled = 0
    while waiting := await unsettled(database, store, order):
        for attempt in waiting:
            async with database.store(store.id) as tx:
                await settle(tx, attempt.id, answer(attempt))
            settled += 1
        assert settled < 50, "the providers are asked for ever"
    return settled


async def unsettled(database: Database, store: MadeStore, order: MadeOrder) -> list[PaymentAttempt]:
    """What providers were asked about the order and have not answered."""
    return [attempt for attempt in await attempts(database, store, order) if attempt.settled_at is None]


async def attempts(database: Database, store: MadeStore, order: MadeOrder) -> list[PaymentAttempt]:
    """What providers were asked about the order, in turn."""
    async with database.store(store.id) as tx:
        found = await tx.scalars(select(PaymentAttempt).where(PaymentAttempt.order_id == order.id))
        return sorted(found, key=lambda attempt: (attempt.opened_at, attempt.id))


async def tenders_of(database: Database, store: MadeStore, order: MadeOrder) -> list[Payment]:
    """The order's payments, the first tender first."""
    async with database.store(store.id) as tx:
        return [*await tx.scalars(select(Payment).where(Payment.order_id == order.id).order_by(Payment.id))]


async def money_back(database: Database, store: MadeStore, order: MadeOrder) -> list[tuple[int, list[tuple[int, int]]]]:
    """The order's refunds: each amount, with the parts that its tenders (by position) were asked for, in turn."""
    positions = {payment.id: payment.position for payment in await tenders_of(database, store, order)}
    asked = await attempts(database, store, order)
    async with database.store(store.id) as tx:
        refunds = await tx.scalars(select(Refund).where(Refund.order_id == order.id))
    return [
        (row.amount, sorted((positions[one.payment_id], one.amount) for one in asked if one.refund_id == row.id))
        for row in sorted(refunds, key=lambda row: row.created_at)
    ]

"""What was taken back of an order and what money went back, as its readers see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import select

from stoa.db.children import is_child
from stoa.db.transaction import Tx
from stoa.orders.models import Cancellation, CancellationLine, Refund
from stoa.payments.models import AttemptState, Payment, PaymentAttempt

RefundState = Literal["open", "succeeded", "failed", "partly_failed"]


@dataclass(frozen=True)
class TakenBack:
    """One cancellation with its lines."""

    cancellation: Cancellation
    lines: tuple[CancellationLine, ...]


@dataclass(frozen=True)
class MoneyBack:
    """One refund with what was asked of each tender for it."""

    refund: Refund
    attempts: tuple[PaymentAttempt, ...]

    @property
    def state(self) -> RefundState:
        """`open` until every tender's provider has answered; then whether all, none or some of it went back."""
        states = {AttemptState(attempt.state) for attempt in self.attempts}
        if states & {AttemptState.OPEN, AttemptState.WAITING}:
            return "open"
        if AttemptState.FAILED not in states:
            return "succeeded"
        return "partly_failed" if AttemptState.SUCCEEDED in states else "failed"


async def cancellations_of(tx: Tx, order_id: UUID) -> tuple[TakenBack, ...]:
    """The order's cancellations, the first one first."""
    rows = await tx.execute(
        select(Cancellation, CancellationLine)
        .join(
            CancellationLine,
            (CancellationLine.store_id == Cancellation.store_id)
            & (CancellationLine.cancellation_id == Cancellation.id)
            & is_child(CancellationLine, order_id),
        )
        .where(is_child(Cancellation, order_id))
        .order_by(Cancellation.id, CancellationLine.id)
    )
    found: dict[UUID, tuple[Cancellation, list[CancellationLine]]] = {}
    for cancellation, line in rows:
        found.setdefault(cancellation.id, (cancellation, []))[1].append(line)
    return tuple(TakenBack(head, tuple(lines)) for head, lines in found.values())


async def refunds_of(tx: Tx, order_id: UUID, payments: Sequence[Payment]) -> tuple[MoneyBack, ...]:
    """The order's refunds, the first one first, over these payments of it."""
    rows = await tx.execute(
        select(Refund, PaymentAttempt)
        .join(
            PaymentAttempt,
            (PaymentAttempt.store_id == Refund.store_id)
            & (PaymentAttempt.refund_id == Refund.id)
            & PaymentAttempt.payment_id.in_([payment.id for payment in payments]),
        )
        .where(Refund.order_id == order_id)
        .order_by(Refund.id, PaymentAttempt.id)
    )
    found: dict[UUID, tuple[Refund, list[PaymentAttempt]]] = {}
    for refund, attempt in rows:
        found.setdefault(refund.id, (refund, []))[1].append(attempt)
    return tuple(MoneyBack(refund, tuple(attempts)) for refund, attempts in found.values())


def units_of(cancellations: Sequence[TakenBack]) -> Mapping[UUID, int]:
    """How many units of each line were taken back in all, by the line's id."""
    units: dict[UUID, int] = {}
    for each in cancellations:
        for line in each.lines:
            units[line.order_line_id] = units.get(line.order_line_id, 0) + line.quantity
    return units

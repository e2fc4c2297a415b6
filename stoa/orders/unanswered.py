"""What was asked about money and is not done: by a provider that has not answered, or by hand, for staff to see to."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select

from stoa.db.transaction import Tx
from stoa.kernel import cursors
from stoa.kernel.pages import Page, check_page_size
from stoa.orders.listing import id_in
from stoa.orders.models import Order
from stoa.payments.methods import TERMS
from stoa.payments.models import Payment, PaymentAttempt

_OUTSIDE = [str(method) for method, terms in TERMS.items() if terms.asks]


@dataclass(frozen=True)
class Unanswered:
    """One attempt. `amount` is minor units; `by_hand`: staff are to do it, and then say so. `looked_at` is when the
    provider was last asked what became of it, where it was by a job."""

    id: UUID
    order_id: UUID
    order_number: int
    payment_id: UUID
    method: str
    provider: str
    kind: str
    state: str
    amount: int
    currency: str
    by_hand: bool
    opened_at: datetime
    looked_at: datetime | None


async def list_unanswered(
    tx: Tx, *, by_hand: bool | None = None, cursor: str | None = None, limit: int = 50
) -> Page[Unanswered]:
    """What is not done of all the store's orders, the oldest first; only what is (or is not) by hand, where asked.

    Raises BadCursor, BadPageSize.
    """
    check_page_size(limit)
    wanted: list[ColumnElement[bool]] = [PaymentAttempt.settled_at.is_(None)]
    if cursor is not None:
        wanted.append(PaymentAttempt.id > id_in(cursor))
    if by_hand is not None:
        wanted.append(Payment.method.not_in(_OUTSIDE) if by_hand else Payment.method.in_(_OUTSIDE))
    found = await tx.execute(
        select(PaymentAttempt, Payment, Order.number)
        .join(Payment, (Payment.store_id == PaymentAttempt.store_id) & (Payment.id == PaymentAttempt.payment_id))
        .join(Order, (Order.store_id == PaymentAttempt.store_id) & (Order.id == PaymentAttempt.order_id))
        .where(*wanted)
        .order_by(PaymentAttempt.id)
        .limit(limit + 1)
    )
    rows = [_told(attempt, payment, number) for attempt, payment, number in found]
    return Page(
        items=tuple(rows[:limit]), next=cursors.encode([str(rows[limit - 1].id)]) if len(rows) > limit else None
    )


def _told(attempt: PaymentAttempt, payment: Payment, number: int) -> Unanswered:
    return Unanswered(
        id=attempt.id,
        order_id=attempt.order_id,
        order_number=number,
        payment_id=payment.id,
        method=payment.method,
        provider=payment.provider,
        kind=attempt.kind,
        state=attempt.state,
        amount=attempt.amount,
        currency=payment.currency,
        by_hand=payment.method not in _OUTSIDE,
        opened_at=attempt.opened_at,
        looked_at=attempt.looked_at,
    )

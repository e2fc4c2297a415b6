"""Money goes back to who paid, over one tender or several, in a stated order.

Each tender gives back what it still has, in turn, until the amount is reached: the tenders named, in the order in
which they are named, and without names all of them, the newest first. What is on its way back counts as gone, so no
two give back the same money. A refund that a provider refuses leaves the money with its tender, and can be tried again.

Money that came by hand (a transfer, cash) goes back by hand. Staff who give it back say so with that; what is to go
back because an order is cancelled waits until they say that it is done.
"""

from collections.abc import Sequence
from uuid import UUID

from stoa.db.transaction import Tx
from stoa.kernel.text import LINE, clean
from stoa.orders.errors import (
    BadRefund,
    NothingToHandBack,
    NothingToRefund,
    RefundTooHigh,
    TenderNamedTwice,
    UnknownTender,
)
from stoa.orders.models import Order, Refund
from stoa.orders.moving import check_unchanged, lock_order
from stoa.orders.settling import DONE, ask, settle
from stoa.payments.attempts import is_outside, payments_of
from stoa.payments.errors import AttemptNotFound
from stoa.payments.models import AttemptKind, Payment, PaymentAttempt


async def refund(
    tx: Tx,
    *,
    order_id: UUID,
    amount: int | None = None,
    tenders: Sequence[UUID] | None = None,
    note: str = "",
    seen: int | None = None,
) -> Refund:
    """Give money back, whatever was sent or taken back: so much of it (minor units), or all that is there.

    `tenders` are ids of the order's payments: only these give back, in this order. `seen` is the revision of the order
    that whoever asks has read; without it, any will do.

    Raises OrderNotFound, OrderHasChanged, UnknownTender, TenderNamedTwice, NothingToRefund, BadRefund, RefundTooHigh,
    and what `clean` raises about the note.
    """
    said = clean("note", note, LINE)
    order = await lock_order(tx, order_id)
    await check_unchanged(tx, order, seen)
    payments = _chosen(order, await payments_of(tx, order.id), tenders)
    most = refundable(payments)
    if amount is not None and (isinstance(amount, bool) or amount < 1):
        raise BadRefund(amount=amount)
    if most == 0:
        raise NothingToRefund(number=order.number)
    if amount is not None and amount > most:
        raise RefundTooHigh(number=order.number, asked=amount, most=most, currency=order.currency)
    return await give_back(tx, order, payments, most if amount is None else amount, note=said, handed_back=True)


async def hand_back(tx: Tx, *, order_id: UUID, attempt_id: UUID, note: str = "") -> PaymentAttempt:
    """Staff say that money which was to go back by hand has.

    Two who say so at once wait for each other, and the second is refused.

    Raises OrderNotFound, AttemptNotFound, NothingToHandBack, and what `clean` raises about the note.
    """
    said = clean("note", note, LINE)
    order = await lock_order(tx, order_id)
    attempt = await tx.get(PaymentAttempt, attempt_id)
    if attempt is None or attempt.order_id != order.id:
        raise AttemptNotFound()
    payment = await tx.get(Payment, attempt.payment_id)
    assert payment is not None, "a foreign key holds it"
    if attempt.kind != AttemptKind.REFUND or attempt.settled_at is not None or is_outside(payment):
        raise NothingToHandBack()
    return await settle(tx, attempt.id, DONE, note=said)


async def give_back(
    tx: Tx,
    order: Order,
    payments: Sequence[Payment],
    amount: int,
    *,
    note: str,
    cancellation_id: UUID | None = None,
    handed_back: bool = False,
) -> Refund:
    """Ask these locked tenders of a locked order for an amount that they have, in turn.

    `handed_back`: staff have given back already what goes back by hand.
    """
    row = tx.add(
        Refund(
            order_id=order.id,
            cancellation_id=cancellation_id,
            amount=amount,
            currency=order.currency,
            note=note,
            actor=str(tx.actor),
            created_at=tx.now,
        )
    )
    await tx.flush()
    left = amount
    for payment in payments:
        if part := min(left, refundable([payment])):
            left -= part
            await ask(tx, payment, AttemptKind.REFUND, part, refund_id=row.id, note=note, handed_back=handed_back)
    assert left == 0, "nobody asks for more than the tenders have"
    await tx.flush()
    return row


def refundable(payments: Sequence[Payment]) -> int:
    """What these tenders took, less what went back and what is on its way back."""
    return sum(payment.captured - payment.refunded - payment.refunding for payment in payments)


def surplus(order: Order, payments: Sequence[Payment], *, cancelled: int) -> int:
    """What its tenders hold above what the order costs after so much of it was taken back."""
    return max(0, refundable(payments) - (order.total - cancelled))


def _chosen(order: Order, payments: Sequence[Payment], tenders: Sequence[UUID] | None) -> list[Payment]:
    """The tenders that give back, in the order in which they do."""
    if tenders is None:
        return [*reversed(payments)]
    by_id = {payment.id: payment for payment in payments}
    for tender_id in tenders:
        if tender_id not in by_id:
            raise UnknownTender(number=order.number, tender=tender_id)
    if len(set(tenders)) < len(tenders):
        raise TenderNamedTwice()
    return [by_id[tender_id] for tender_id in tenders]

"""Money goes back to who paid, over one tender or several, in a stated order.

Each tender gives back what it still has, in turn, until the amount is reached: the tenders named, in the order in
which they are named, and without names all of them, the newest first. What is on its way back counts as gone, so no
two give back the same money. A refund that a provider refuses leaves the money with its tender, and can be tried again.
"""

from collections.abc import Sequence
from uuid import UUID

from stoa.db.transaction import Tx
from stoa.kernel.text import LINE, clean
from stoa.orders.errors import (
    BadRefund,
    NothingToRefund,
    RefundTooHigh,
    TenderNamedTwice,
    UnknownTender,
)
from stoa.orders.models import Order, Refund
from stoa.orders.moving import check_unchanged, lock_order
from stoa.orders.settling import ask
from stoa.payments.attempts import payments_of
from stoa.payments.models import AttemptKind, Payment


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
    return await give_back(tx, order, payments, most if amount is None else amount, note=said)


async def give_back(
    tx: Tx, order: Order, payments: Sequence[Payment], amount: int, *, note: str, cancellation_id: UUID | None = None
) -> Refund:
    """Ask these locked tenders of a locked order for an amount that they have, in turn."""
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
            await ask(tx, payment, AttemptKind.REFUND, part, refund_id=row.id, note=note)
    assert left == 0, "nobody asks for more than the tenders have"
    await tx.flush()
    return row


def refundable(payments: Sequence[Payment]) -> int:
    """What these tenders took, less what went back and what is on its way back."""
    return sum(payment.captured - payment.refunded - payment.refunding for payment in payments)


def surplus(order: Order, payments: Sequence[Payment]) -> int:
    """What its tenders hold above what the order costs after what was taken back."""
    return max(0, refundable(payments) - (order.total - order.cancelled))


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

"""Money that arrives after the sale: a bank transfer is seen, the carrier hands over the cash."""

from uuid import UUID

from sqlalchemy import select

from stoa.db.transaction import Tx
from stoa.kernel.text import LINE, clean
from stoa.orders.errors import NothingToPay, OtherAmountDue
from stoa.orders.history import record
from stoa.orders.models import HistoryKind, Order
from stoa.orders.moving import lock_order, move
from stoa.orders.states import OrderState, PaymentState
from stoa.payments.models import Payment, PaymentStatus


async def record_payment(tx: Tx, *, order_id: UUID, amount: int | None = None, note: str = "") -> Order:
    """Write down that the order's outstanding payment has come in; an order that waited for it is confirmed.

    `amount`, in minor units, is what was received: it must be what is owed. Without it, what is owed was received.
    Two who record the same payment wait for each other, and the second is refused.

    Raises OrderNotFound, NothingToPay, OtherAmountDue, and what `clean` raises about the note.
    """
    said = clean("note", note, LINE)
    order = await lock_order(tx, order_id)
    payment = await _outstanding(tx, order)
    if amount is not None and amount != payment.amount:
        raise OtherAmountDue(number=order.number, due=payment.amount, amount=amount, currency=order.currency)
    payment.status = PaymentStatus.CAPTURED
    payment.captured = payment.amount
    payment.captured_at = tx.now
    order.paid += payment.amount
    if order.paid == order.total:
        order.payment_state = PaymentState.PAID
    record(tx, order, HistoryKind.PAID, note=said)
    if order.state == OrderState.PENDING and order.payment_state == PaymentState.PAID:
        move(tx, order, OrderState.CONFIRMED)
    await tx.flush()
    return order


async def _outstanding(tx: Tx, order: Order) -> Payment:
    """The oldest payment of the order that has not come in."""
    waiting = await tx.scalars(
        select(Payment)
        .where(Payment.order_id == order.id, Payment.status == PaymentStatus.PENDING)
        .order_by(Payment.id)
        .limit(1)
    )
    if not waiting:
        raise NothingToPay(number=order.number)
    return waiting[0]

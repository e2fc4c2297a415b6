"""Money that arrives after the sale: a bank transfer is seen, the carrier hands over the cash."""

from collections.abc import Sequence
from uuid import UUID

from stoa.db.transaction import Tx
from stoa.kernel.text import LINE, clean
from stoa.orders.balance import owed
from stoa.orders.errors import NothingToPay, OrderIsCancelled, OtherAmountDue
from stoa.orders.models import Order
from stoa.orders.moving import lock_order
from stoa.orders.settling import ask
from stoa.orders.states import OrderState
from stoa.payments.attempts import payments_of
from stoa.payments.models import AttemptKind, Payment, PaymentStatus, ProviderName


async def record_payment(tx: Tx, *, order_id: UUID, amount: int | None = None, note: str = "") -> Order:
    """Write down that the order's oldest outstanding payment has come in; an order that waited for it is confirmed.

    `amount`, in minor units, is what was received: it must be what is owed of that payment. Without it, that was
    received. Two who record the same payment wait for each other, and the second is refused.

    Raises OrderNotFound, OrderIsCancelled, NothingToPay, OtherAmountDue, and what `clean` raises about the note.
    """
    said = clean("note", note, LINE)
    order = await lock_order(tx, order_id)
    if order.state == OrderState.CANCELLED:
        raise OrderIsCancelled(number=order.number)
    payments = await payments_of(tx, order.id)
    payment = _outstanding(order, payments)
    due = min(payment.amount, owed(order))
    if amount is not None and amount != due:
        raise OtherAmountDue(number=order.number, due=due, amount=amount, currency=order.currency)
    await ask(tx, payment, AttemptKind.CAPTURE, due, note=said)
    return order


def _outstanding(order: Order, payments: Sequence[Payment]) -> Payment:
    """The first payment of the order that staff see come in, and have not.

    Raises NothingToPay.
    """
    for payment in payments:
        if payment.status == PaymentStatus.PENDING and payment.provider == ProviderName.MANUAL and owed(order) > 0:
            return payment
    raise NothingToPay(number=order.number)

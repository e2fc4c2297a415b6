"""Staff take what a provider has promised, or let go of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from stoa.db.children import is_child
from stoa.db.transaction import Tx
from stoa.orders.balance import being_taken, brings, owed
from stoa.orders.errors import OrderIsCancelled, PaymentNeeded
from stoa.orders.models import Order
from stoa.orders.moving import lock_order
from stoa.orders.settling import ask
from stoa.orders.states import OrderState
from stoa.payments.attempts import all_unsettled, is_outside, payments_of
from stoa.payments.errors import MoreThanPromised, NothingToCapture, PaymentNotFound
from stoa.payments.models import AttemptKind, Payment, PaymentAttempt


@dataclass(frozen=True)
class Asked:
    """A payment, and everything that its provider was asked about it, oldest first."""

    payment: Payment
    attempts: tuple[PaymentAttempt, ...]


async def payments_asked(tx: Tx, *, order_id: UUID) -> list[Asked]:
    """The payments of an order with their attempts, the first tender first; none where there is no such order."""
    payments = await tx.scalars(select(Payment).where(is_child(Payment, order_id)).order_by(Payment.id))
    attempts = await tx.scalars(
        select(PaymentAttempt)
        .where(PaymentAttempt.payment_id.in_([each.id for each in payments]))
        .order_by(PaymentAttempt.id)
    )
    return [Asked(each, tuple(one for one in attempts if one.payment_id == each.id)) for each in payments]


async def capture(tx: Tx, *, order_id: UUID, payment_id: UUID, amount: int | None = None) -> PaymentAttempt:
    """Ask for what is promised of this payment: so much (minor units), or all that the order still owes.

    What is just being taken of other payments is not owed. What is left of the promise afterwards is let go, as cards
    do it.

    Raises OrderNotFound, PaymentNotFound, OrderIsCancelled, NothingToCapture, MoreThanPromised, AlreadyAsked.
    """
    order, payment, payments = await _locked(tx, order_id, payment_id)
    if order.state == OrderState.CANCELLED:
        raise OrderIsCancelled(number=order.number)
    of_others = await all_unsettled(tx, [each for each in payments if each.id != payment.id])
    most = max(0, min(payment.authorized, owed(order) - being_taken(of_others)))
    if not is_outside(payment) or most == 0:
        raise NothingToCapture(standing=payment.status, authorized=payment.authorized)
    if amount is not None and amount > most:
        raise MoreThanPromised(most=most, amount=amount, currency=payment.currency)
    return await ask(tx, payment, AttemptKind.CAPTURE, amount or most)


async def void(tx: Tx, *, order_id: UUID, payment_id: UUID) -> PaymentAttempt:
    """Let go of what is promised and not needed. Of an order that goes ahead, what it owes is needed.

    Raises OrderNotFound, PaymentNotFound, PaymentNeeded, NothingToVoid, AlreadyAsked.
    """
    order, payment, payments = await _locked(tx, order_id, payment_id)
    unsettled = await all_unsettled(tx, payments)
    others = sum(brings(each, unsettled) for each in payments if each.id != payment.id)
    if order.state == OrderState.CONFIRMED and others < owed(order):
        raise PaymentNeeded(number=order.number)
    return await ask(tx, payment, AttemptKind.VOID, payment.authorized or payment.amount)


async def _locked(tx: Tx, order_id: UUID, payment_id: UUID) -> tuple[Order, Payment, Sequence[Payment]]:
    order = await lock_order(tx, order_id)
    payments = await payments_of(tx, order.id)
    found = next((each for each in payments if each.id == payment_id), None)
    if found is None:
        raise PaymentNotFound()
    return order, found, payments

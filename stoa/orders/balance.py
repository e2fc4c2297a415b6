"""What an order's money comes to: what is owed, which tenders that does not need, what its payment state is called."""

from collections.abc import Iterable, Sequence

from stoa.orders.models import Order
from stoa.orders.states import payment_state
from stoa.payments.models import Payment, PaymentStatus

_OUTSTANDING = frozenset({PaymentStatus.PENDING, PaymentStatus.REQUIRES_ACTION, PaymentStatus.AUTHORIZED})


def owed(order: Order) -> int:
    """What is still to be paid, in minor units: of what was not taken back, what has neither come nor gone back."""
    return max(0, order.total - order.cancelled - order.paid - order.refunded)


def name_payment_state(order: Order, payments: Iterable[Payment]) -> None:
    """Let the order's state of payment say what its amounts and its locked payments come to."""
    order.payment_state = payment_state(
        total=order.total,
        cancelled=order.cancelled,
        authorized=sum(payment.authorized for payment in payments),
        paid=order.paid,
        refunded=order.refunded,
    )


def unneeded(order: Order, payments: Sequence[Payment]) -> list[Payment]:
    """Outstanding tenders without which the others still bring what is owed, the newest first."""
    outstanding = [payment for payment in payments if payment.status in _OUTSTANDING]
    needed = owed(order)
    found = []
    for payment in reversed(outstanding):
        others = [each for each in outstanding if each is not payment]
        if sum(each.amount for each in others) >= needed:
            outstanding = others
            found.append(payment)
    return found

"""What an order's money comes to: what is still owed, and what its state of payment is called."""

from collections.abc import Iterable

from stoa.orders.models import Order
from stoa.orders.states import payment_state
from stoa.payments.models import Payment


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

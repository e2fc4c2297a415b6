"""Which tenders an order does not need any more."""

from collections.abc import Sequence

from stoa.orders.models import Order
from stoa.orders.owing import owed
from stoa.payments.models import Payment, PaymentStatus

_OUTSTANDING = frozenset({PaymentStatus.PENDING, PaymentStatus.REQUIRES_ACTION, PaymentStatus.AUTHORIZED})


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

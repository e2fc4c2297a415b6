"""Which states an order has, and which may follow which."""

from enum import StrEnum


class OrderState(StrEnum):
    """Where an order stands between us and the shopper."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class PaymentState(StrEnum):
    """What of an order's money has come, and what has gone back."""

    PENDING = "pending"
    AUTHORIZED = "authorized"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    VOIDED = "voided"


NEXT: dict[OrderState, frozenset[OrderState]] = {
    OrderState.PENDING: frozenset({OrderState.CONFIRMED, OrderState.CANCELLED}),
    OrderState.CONFIRMED: frozenset({OrderState.CANCELLED}),
    OrderState.CANCELLED: frozenset(),
}


def payment_state(*, total: int, cancelled: int, authorized: int, paid: int, refunded: int) -> PaymentState:
    """The name of what has come and gone, all in minor units.

    `total` is what the order cost and `cancelled` what of it was taken back; `authorized` is what providers promise and
    have not taken; `paid` is what was taken less what went back, and `refunded` is what went back.
    """
    owed = total - cancelled
    if refunded > 0:
        return PaymentState.REFUNDED if paid == 0 else PaymentState.PARTIALLY_REFUNDED
    if owed == 0 and paid == 0:
        # A free order is paid as it is placed; one that was cancelled before any money came is void.
        return PaymentState.PAID if total == 0 else PaymentState.VOIDED
    if paid >= owed:
        return PaymentState.PAID
    if paid > 0:
        return PaymentState.PARTIALLY_PAID
    return PaymentState.AUTHORIZED if authorized >= owed else PaymentState.PENDING

"""Which states an order has, and which may follow which."""

from enum import StrEnum


class OrderState(StrEnum):
    """Where an order stands between us and the shopper."""

    PENDING = "pending"
    CONFIRMED = "confirmed"


class PaymentState(StrEnum):
    """Whether an order has been paid."""

    PENDING = "pending"
    PAID = "paid"


NEXT: dict[OrderState, frozenset[OrderState]] = {
    OrderState.PENDING: frozenset({OrderState.CONFIRMED}),
    OrderState.CONFIRMED: frozenset(),
}

"""How an order stands, in a shopper's words."""

from collections.abc import Callable

from stoa.orders import OrderState, OrderView, PaymentState
from stoa.payments.attempts import is_outside

Money = Callable[[int, str], str]

_PAYMENT = {
    PaymentState.PAID: "paid",
    PaymentState.AUTHORIZED: "accepted",
    PaymentState.PARTIALLY_PAID: "partly paid",
    PaymentState.PARTIALLY_REFUNDED: "partly given back",
    PaymentState.REFUNDED: "given back",
    PaymentState.VOIDED: "not needed",
}


def payment_words(state: str, payment_state: str) -> str:
    """What became of the money of an order in a list."""
    said = _PAYMENT.get(PaymentState(payment_state), "to be paid")
    if state != OrderState.CANCELLED:
        return said
    return f"cancelled, {said}" if payment_state in (PaymentState.REFUNDED, PaymentState.PARTIALLY_REFUNDED) else state


def on_its_way_back(view: OrderView) -> int:
    """What providers have been asked to give back, in minor units."""
    return sum(payment.refunding for payment in view.payments if is_outside(payment))


def to_be_handed_back(view: OrderView) -> int:
    """What came by hand and is still to go back by hand, in minor units."""
    return sum(payment.refunding for payment in view.payments if not is_outside(payment))


def lead(view: OrderView, money: Money) -> str:
    """The first sentences of an order's page."""
    order, currency = view.order, view.order.currency
    if order.state == OrderState.CANCELLED:
        back, by_hand = on_its_way_back(view), to_be_handed_back(view)
        return " ".join(
            filter(
                None,
                (
                    "Your order is cancelled: nothing of it is sent.",
                    f"{money(back, currency)} is on its way back to you." if back else "",
                    f"We will give {money(by_hand, currency)} back to you." if by_hand else "",
                    f"We have given {money(order.refunded, currency)} back to you." if order.refunded else "",
                ),
            )
        )
    if view.due == 0:
        placed = "Your order is placed and paid."
    elif order.payment_state == PaymentState.AUTHORIZED:
        placed = "Your order is placed, and your payment is accepted."
    elif order.state == OrderState.CONFIRMED:
        placed = f"Your order is placed; {money(view.due, currency)} is to be paid."
    else:
        placed = f"Your order is placed. We begin when {money(view.due, currency)} has come."
    return f"{placed} Some of it is cancelled; the rest is sent." if view.cancellations else placed

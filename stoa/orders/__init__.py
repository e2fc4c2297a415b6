"""Placed orders: read, listed, paid and moved from state to state. They come to be in `checkout`."""

from stoa.orders.cancelling import cancel_order, cancel_pending_order, cancel_units
from stoa.orders.listing import OrderSummary, list_orders, list_orders_of
from stoa.orders.moving import lock_order, move
from stoa.orders.payments import record_payment
from stoa.orders.reading import OrderView, find_order, order_by_id, order_by_token, order_of_customer
from stoa.orders.refunding import hand_back, refund
from stoa.orders.states import OrderState, PaymentState
from stoa.orders.unanswered import Unanswered, list_unanswered

__all__ = [
    "OrderState",
    "OrderSummary",
    "OrderView",
    "PaymentState",
    "Unanswered",
    "cancel_order",
    "cancel_pending_order",
    "cancel_units",
    "find_order",
    "hand_back",
    "list_orders",
    "list_orders_of",
    "list_unanswered",
    "lock_order",
    "move",
    "order_by_id",
    "order_by_token",
    "order_of_customer",
    "record_payment",
    "refund",
]

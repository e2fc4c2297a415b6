"""How an order gets from one state to another: here, along `states.NEXT`, and nowhere else."""

from uuid import UUID

from sqlalchemy import func, select

from stoa.db.children import is_child
from stoa.db.transaction import Tx
from stoa.orders.errors import OrderCannotBecome, OrderHasChanged, OrderNotFound
from stoa.orders.history import record
from stoa.orders.models import HistoryKind, Order, OrderHistory, Refund
from stoa.orders.states import NEXT, OrderState

_TELLS = {OrderState.CONFIRMED: HistoryKind.CONFIRMED, OrderState.CANCELLED: HistoryKind.CANCELLED}


async def lock_order(tx: Tx, order_id: UUID) -> Order:
    """The order, to be changed.

    Raises OrderNotFound.
    """
    order = await tx.one_or_none(
        select(Order).where(Order.id == order_id).with_for_update().execution_options(populate_existing=True)
    )
    if order is None:
        raise OrderNotFound()
    return order


async def check_unchanged(tx: Tx, order: Order, seen: int | None) -> None:
    """Whether the locked order still is as somebody read it: its revision is how many rows its history has, and how
    many refunds were asked for, which the history tells only when they are done.

    Raises OrderHasChanged where it is not; with None, any will do.
    """
    if seen is None:
        return
    rows = await tx.one_or_none(select(func.count(OrderHistory.id)).where(is_child(OrderHistory, order.id))) or 0
    refunds = await tx.one_or_none(select(func.count(Refund.id)).where(Refund.order_id == order.id)) or 0
    if rows + refunds != seen:
        raise OrderHasChanged(number=order.number)


def move(tx: Tx, order: Order, to: OrderState, *, note: str = "", **data: str | int) -> None:
    """Give a locked order its next state; the history, and an event with `data`, tell it.

    Raises OrderCannotBecome where the table of states has no such step.
    """
    if to not in NEXT[OrderState(order.state)]:
        raise OrderCannotBecome(number=order.number, state=order.state, asked=to)
    order.state = to
    record(tx, order, _TELLS[to], note=note, **data)

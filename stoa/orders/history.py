"""An order's history: what happened to it, row by row, with the states it had after."""

from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, select

from stoa.db.children import is_child
from stoa.db.transaction import Tx
from stoa.orders.models import HistoryKind, Order, OrderHistory


def record(tx: Tx, order: Order, kind: HistoryKind, *, note: str = "", **data: str | int) -> None:
    """Write down what happened to an order that the caller has locked, and tell it as `order.<kind>` with `data`.

    The rows are numbered: who waited for the lock comes later, whatever their clock said when they began.
    """
    tx.add(
        OrderHistory(
            id=_next_id(tx, order.id),
            order_id=order.id,
            kind=kind,
            state=order.state,
            payment_state=order.payment_state,
            actor=str(tx.actor),
            note=note,
            happened_at=tx.now,
        )
    )
    tx.emit(f"order.{kind}", order.id, **data)


def _next_id(tx: Tx, order_id: UUID) -> ColumnElement[UUID]:
    """The order's next child among the rows of history, found as it is written."""
    so_far = (
        select(func.count() + 1)
        .select_from(OrderHistory)
        .where(OrderHistory.store_id == tx.store_id, is_child(OrderHistory, order_id))
    )
    return func.stoa.child_id(literal(order_id), so_far.scalar_subquery())

"""An order's history: what happened to it, row by row, with the states it had after."""

from stoa.db.transaction import Tx
from stoa.kernel.ids import child_id, named_id
from stoa.orders.models import HistoryKind, Order, OrderHistory

# In which order rows of one instant stand: being paid comes before what follows from it.
_RANK = {HistoryKind.PLACED: 1, HistoryKind.PAID: 2, HistoryKind.CONFIRMED: 3}


def record(tx: Tx, order: Order, kind: HistoryKind, *, note: str = "") -> None:
    """Write down what happened to the order, and tell it as `order.<kind>`.

    The row's id comes from the order and the instant, so the newest row by id is the newest in time, also among
    several of one transaction.
    """
    tx.add(
        OrderHistory(
            id=child_id(named_id(tx.now, str(order.id)), _RANK[kind]),
            order_id=order.id,
            kind=kind,
            state=order.state,
            payment_state=order.payment_state,
            actor=str(tx.actor),
            note=note,
            happened_at=tx.now,
        )
    )
    tx.emit(f"order.{kind}", order.id)

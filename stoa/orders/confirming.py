"""An order goes ahead: the units that were held for it while its money was to come are committed to it."""

from sqlalchemy import text

from stoa.db.transaction import Tx
from stoa.orders.models import Order
from stoa.orders.moving import move
from stoa.orders.states import OrderState

# The movements of an order are its children: one block is placing, the next what its cart held, this is confirming.
_FIRST_MOVEMENT = 2 << 20


async def confirm_order(tx: Tx, order: Order, *, note: str = "") -> None:
    """Commit a locked order's units and give it the state `confirmed`.

    Raises OrderCannotBecome.
    """
    await keep_stock(tx, order)
    move(tx, order, OrderState.CONFIRMED, note=note)
    await tx.flush()


async def keep_stock(tx: Tx, order: Order) -> None:
    """Turn what is held for a locked order into what is committed to it; nothing, where nothing is held.

    The hold may be past its time: as long as its order was not cancelled, its units are there.
    """
    await tx.flush()
    values = {"store": tx.store_id, "order": order.id}
    hold_id = (await tx.execute(_LOCK_HOLD, values)).scalar_one_or_none()
    if hold_id is None:
        return
    held = (await tx.execute(_HELD, values | {"hold": hold_id})).all()
    taken = {
        "store": tx.store_id,
        "levels": [row.level_id for row in held],
        "quantities": [row.quantity for row in held],
    }
    await tx.execute(_LOCK_LEVELS, {"store": tx.store_id, "levels": taken["levels"]})
    await tx.execute(_COMMIT, taken)
    lines = {"order": order.id, "hold": hold_id, "lines": [row.order_line_id for row in held]}
    await tx.execute(_WRITE_MOVEMENTS, taken | lines | {"first": _FIRST_MOVEMENT, "actor": str(tx.actor)})
    await tx.execute(_CLOSE_HOLD, {"store": tx.store_id, "hold": hold_id, "now": tx.now})


_LOCK_HOLD = text(
    "SELECT id FROM reservations WHERE store_id = :store AND order_id = :order AND state = 'held' FOR UPDATE"
)

# What of the hold is still held, by level and line: some of it may have been taken back since.
_HELD = text("""
SELECT level_id, order_line_id, sum(reserved)::bigint AS quantity
FROM stock_movements
WHERE store_id = :store AND id BETWEEN stoa.child_id(:order, 0) AND stoa.child_id(:order, 4294967295)
    AND reservation_id = :hold
GROUP BY level_id, order_line_id HAVING sum(reserved) > 0
ORDER BY order_line_id, level_id
""")

_LOCK_LEVELS = text("""
SELECT id FROM stock_levels WHERE store_id = :store AND id = ANY(CAST(:levels AS uuid[]))
ORDER BY variant_id, warehouse_id FOR UPDATE
""")

_COMMIT = text("""
UPDATE stock_levels level SET reserved = level.reserved - held.quantity, committed = level.committed + held.quantity
FROM (
    SELECT level_id, sum(quantity)::bigint AS quantity
    FROM unnest(CAST(:levels AS uuid[]), CAST(:quantities AS bigint[])) AS held (level_id, quantity) GROUP BY level_id
) held
WHERE level.store_id = :store AND level.id = held.level_id
""")

_WRITE_MOVEMENTS = text("""
INSERT INTO stock_movements (store_id, id, level_id, kind, on_hand, committed, reserved, reason, order_id,
    order_line_id, reservation_id, actor)
SELECT CAST(:store AS uuid), stoa.child_id(:order, :first + held.n), held.level_id, 'confirm', 0, held.quantity,
    -held.quantity, '', CAST(:order AS uuid), held.line_id, CAST(:hold AS uuid), CAST(:actor AS text)
FROM unnest(CAST(:levels AS uuid[]), CAST(:quantities AS bigint[]), CAST(:lines AS uuid[]))
    WITH ORDINALITY AS held (level_id, quantity, line_id, n)
RETURNING id
""")

_CLOSE_HOLD = text(
    "UPDATE reservations SET state = 'confirmed', closed_at = :now WHERE store_id = :store AND id = :hold"
)

"""What the stock promises to one order: read from its movements, which are its children, and let go of again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select, text

from stoa.db.children import child_range
from stoa.db.transaction import Tx
from stoa.inventory.models import Reservation, ReservationState
from stoa.kernel.ids import child_id

# Which of an order's children its reservation is.
HOLD = 1


@dataclass(frozen=True)
class Promised:
    """So many units of one line of an order stand in one level, sold or held until its money comes; `is_later`: beyond
    stock."""

    line_id: UUID
    level_id: UUID
    committed: int
    reserved: int
    is_later: bool

    def part(self, units: int) -> "Promised":
        """This many of them, sold ones first."""
        committed = min(self.committed, units)
        return replace(self, committed=committed, reserved=min(self.reserved, units - committed))

    @property
    def units(self) -> int:
        """How many they are."""
        return self.committed + self.reserved


async def lock_hold(tx: Tx, order_id: UUID) -> Reservation | None:
    """The reservation of an order that waits, or waited, for its money; None of one that never did."""
    return await tx.one_or_none(
        select(Reservation)
        .where(Reservation.id == child_id(order_id, HOLD))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def close_hold(tx: Tx, hold: Reservation, state: ReservationState) -> None:
    """The locked reservation is over; whoever says so moves its units."""
    hold.state = state
    hold.closed_at = tx.now


async def lock_promised(tx: Tx, *, order_id: UUID, variant_ids: Sequence[UUID]) -> list[Promised]:
    """Where the units of an order's lines stand now. Of each line, first the level to let go of first: what is promised
    beyond stock, then the warehouses in the reverse of the order in which they are asked.

    All levels of its variants are locked before the movements are read, so nobody moves the units in between.
    """
    store = {"store": tx.store_id}
    await tx.execute(_LOCK, store | {"variants": sorted(set(variant_ids))})
    first, last = child_range(order_id)
    rows = await tx.execute(_PROMISED, store | {"first": first, "last": last})
    return [
        Promised(row.order_line_id, row.level_id, int(row.committed), int(row.reserved), row.is_later) for row in rows
    ]


def choose(promised: Sequence[Promised], units: Mapping[UUID, int]) -> list[Promised]:
    """Of what is promised, so many units of each line (by its id), from those that stand first."""
    left = dict(units)
    chosen = []
    for each in promised:
        if taken := min(left.get(each.line_id, 0), each.units):
            left[each.line_id] -= taken
            chosen.append(each.part(taken))
    return chosen


async def release(tx: Tx, *, order_id: UUID, promised: Sequence[Promised], first: int, reason: str) -> None:
    """Let go of promises to an order whose levels are locked: what they promised can be sold again, unless nothing is
    promised beyond stock any more.

    The movements become the order's children number `first` and on. Two statements, however many; three, where some
    were beyond stock.
    """
    if not promised:
        return
    hold_id = child_id(order_id, HOLD)
    values = {
        "store": tx.store_id,
        "order": order_id,
        "reason": reason,
        "actor": str(tx.actor),
        "ids": [child_id(order_id, first + n) for n in range(len(promised))],
        "levels": [each.level_id for each in promised],
        "lines": [each.line_id for each in promised],
        "committed": [each.committed for each in promised],
        "reserved": [each.reserved for each in promised],
        "holds": [hold_id if each.reserved else None for each in promised],
    }
    await tx.execute(_LOWER_LEVELS, {name: values[name] for name in ("store", "levels", "committed", "reserved")})
    await tx.execute(_WRITE_MOVEMENTS, values)
    if later := sorted({each.level_id for each in promised if each.is_later}):
        over = {"levels": later, "id": tx.new_id(), "at": tx.now}
        await tx.execute(_LOWER_ENDED, over | {name: values[name] for name in ("store", "actor")})


# The locks are taken after the sort, in the order that everybody keeps (rule 15).
_LOCK = text("""
SELECT FROM stock_levels WHERE store_id = :store AND variant_id = ANY (CAST(:variants AS uuid[]))
ORDER BY variant_id, warehouse_id FOR UPDATE
""")

_PROMISED = text("""
SELECT moved.*, warehouse.kind = 'backorder' AS is_later FROM (
    SELECT order_line_id, level_id, sum(committed) AS committed, sum(reserved) AS reserved
    FROM stock_movements
    WHERE store_id = :store AND id BETWEEN :first AND :last AND order_line_id IS NOT NULL
    GROUP BY order_line_id, level_id
) moved
JOIN stock_levels level ON level.store_id = :store AND level.id = moved.level_id
JOIN warehouses warehouse ON warehouse.store_id = :store AND warehouse.id = level.warehouse_id
WHERE moved.committed > 0 OR moved.reserved > 0
ORDER BY moved.order_line_id, warehouse.kind = 'backorder' DESC, warehouse.priority DESC, warehouse.id DESC
""")

_LOWER_LEVELS = text("""
UPDATE stock_levels level
SET committed = level.committed - change.committed, reserved = level.reserved - change.reserved,
    short = greatest(0, level.committed - change.committed + level.reserved - change.reserved + level.safety
        - level.on_hand)
FROM (
    SELECT each.level_id, sum(each.committed)::bigint AS committed, sum(each.reserved)::bigint AS reserved
    FROM unnest(CAST(:levels AS uuid[]), CAST(:committed AS bigint[]), CAST(:reserved AS bigint[]))
        AS each (level_id, committed, reserved)
    GROUP BY each.level_id
) change
WHERE level.store_id = :store AND level.id = change.level_id
""")

_LOWER_ENDED = text("""
SELECT stoa.lower_ended(CAST(:store AS uuid), CAST(:levels AS uuid[]), CAST(:id AS uuid), CAST(:at AS timestamptz),
    CAST(:actor AS text))
""")

# RETURNING: on a cluster, an insert from unnest without it may pass by the row policy (database rule 13).
_WRITE_MOVEMENTS = text("""
INSERT INTO stock_movements (store_id, id, level_id, kind, on_hand, committed, reserved, reason, order_id,
                             order_line_id, reservation_id, actor)
SELECT CAST(:store AS uuid), moved.id, moved.level_id, 'release', 0, -moved.committed, -moved.reserved,
    CAST(:reason AS text), CAST(:order AS uuid), moved.line_id, moved.hold_id, CAST(:actor AS text)
FROM unnest(CAST(:ids AS uuid[]), CAST(:levels AS uuid[]), CAST(:lines AS uuid[]), CAST(:committed AS bigint[]),
            CAST(:reserved AS bigint[]), CAST(:holds AS uuid[]))
    AS moved (id, level_id, line_id, committed, reserved, hold_id)
RETURNING id
""")

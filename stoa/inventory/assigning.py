"""Units that came in go to the orders that were promised them beyond stock, the oldest order first.

A movement of the kind `assign` takes them from the back-order level and another puts them on the real one, both of the
same line: whoever adds up a line's movements finds its units where they are now. What orders hold that wait for their
money stays promised beyond stock until they are confirmed. What becomes free otherwise than by a delivery is found by a
job.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text

from stoa.db.sets import insert_set
from stoa.db.transaction import Tx
from stoa.inventory.beyond import places_beyond
from stoa.inventory.locks import Place, lock_levels
from stoa.inventory.models import MovementKind, StockLevel, StockMovement, Warehouse
from stoa.inventory.movements import move
from stoa.kernel.ids import child_id

# An order's rows share its numbers. These are above all that placing, confirming and cancelling take: the n-th movement
# of the line at position p is its order's child number 2^31 + p * 2^16 + n. Whoever assigns units of a line has locked
# its back-order level, so no two count on from the same number.
_BLOCK = 1 << 31
_LINES, _OF_A_LINE = 1 << 15, 1 << 16


@dataclass(frozen=True)
class Waiting:
    """Units of one line of an order that stand in a back-order level."""

    variant_id: UUID
    level_id: UUID
    order_id: UUID
    line_id: UUID
    units: int

    @property
    def first_id(self) -> UUID:
        """The id before those of its assigned units."""
        position = int.from_bytes(self.line_id.bytes[12:], "big")
        assert position < _LINES, "an order has fewer lines"
        return child_id(self.order_id, _BLOCK + position * _OF_A_LINE)


@dataclass(frozen=True)
class Assigned:
    """So many of them go to a real level."""

    waiting: Waiting
    level_id: UUID
    units: int


async def assign_waiting(
    tx: Tx, *, places: Iterable[Place], levels: Mapping[Place, StockLevel], beyond: Mapping[Place, bool]
) -> int:
    """Serve what waits from what is free now in those of these places that ship, by priority; how many units.

    All levels are locked, and told as they are now; `beyond` are the back-order ones among them, and whether nothing is
    promised there any more: then a unit that was served is not promised to the next one.
    """
    promised = [levels[place] for place in beyond if levels[place].committed > 0]
    free = await _free(tx, [levels[place] for place in places]) if promised else {}
    values = {"store": tx.store_id, "levels": [level.id for level in promised if level.variant_id in free]}
    waiting = [Waiting(*row) for row in await tx.execute(_WAITING, values)] if values["levels"] else []
    assigned = lay_along(waiting, free)
    if not assigned:
        return 0
    await _write(tx, assigned)
    ended = {levels[place].id for place, is_over in beyond.items() if is_over}
    given: dict[UUID, int] = defaultdict(int)
    told: dict[UUID, int] = defaultdict(int)
    for one in assigned:
        told[one.waiting.variant_id] += one.units
        if one.waiting.level_id in ended:
            given[one.waiting.level_id] -= one.units
    if given:
        await move(tx, kind=MovementKind.ADJUST, changes=given, reason="no longer promised")
    for variant_id, units in told.items():
        tx.emit("stock.assigned", variant_id, units=units)
    return sum(told.values())


async def serve_waiting(tx: Tx, limit: int) -> int:
    """Serve what waits from what became free otherwise than by a delivery: an order was cancelled, a hold ran out, less
    is kept back. Of at most `limit` variants; how many of them were served."""
    found = await tx.execute(_SERVABLE, {"store": tx.store_id, "rows": limit})
    variant_ids = set(found.scalars())
    if not variant_ids:
        return 0
    beyond = await places_beyond(tx, variant_ids)
    there = await tx.execute(_PLACES, {"store": tx.store_id, "ids": sorted(variant_ids)})
    places = [(row.variant_id, row.warehouse_id) for row in there]
    levels = await lock_levels(tx, (), beside={*places, *beyond})
    served = await assign_waiting(tx, places=places, levels=levels, beyond=beyond)
    await tx.flush()
    return len(variant_ids) if served else 0


def lay_along(waiting: Sequence[Waiting], free: Mapping[UUID, Sequence[tuple[UUID, int]]]) -> list[Assigned]:
    """Who gets how many from where: whoever waits first, from the first level (by variant) that has some."""
    left = {level_id: units for levels in free.values() for level_id, units in levels}
    assigned = []
    for one in waiting:
        wanted = one.units
        for level_id, _ in free.get(one.variant_id, ()):
            if some := min(wanted, left[level_id]):
                assigned.append(Assigned(one, level_id, some))
                left[level_id] -= some
                wanted -= some
    return assigned


async def _free(tx: Tx, levels: Sequence[StockLevel]) -> dict[UUID, list[tuple[UUID, int]]]:
    """What is free of each variant, and where, in the order in which warehouses serve."""
    ships = select(Warehouse.id, Warehouse.priority).where(Warehouse.is_active)
    turns = {row.id: (row.priority, row.id) for row in await tx.execute(ships)}
    free: dict[UUID, list[tuple[UUID, int]]] = defaultdict(list)
    open_ones = [level for level in levels if level.warehouse_id in turns]
    for level in sorted(open_ones, key=lambda level: turns[level.warehouse_id]):
        if (units := level.on_hand - level.safety - level.committed - level.reserved) > 0:
            free[level.variant_id].append((level.id, units))
    return free


async def _write(tx: Tx, assigned: Sequence[Assigned]) -> None:
    """The movements, two of each, and the levels: three statements."""
    ids = await _ids(tx, assigned)
    rows = [
        (ids[one.waiting.line_id], one.waiting, level_id, units)
        for one in assigned
        for level_id, units in ((one.waiting.level_id, -one.units), (one.level_id, one.units))
    ]
    count = len(rows)
    await insert_set(
        tx,
        StockMovement,
        {
            "id": [next(numbers) for numbers, *_ in rows],
            "level_id": [level_id for _, _, level_id, _ in rows],
            "kind": [str(MovementKind.ASSIGN)] * count,
            "on_hand": [0] * count,
            "committed": [units for *_, units in rows],
            "reserved": [0] * count,
            "reason": [""] * count,
            "order_id": [waiting.order_id for _, waiting, _, _ in rows],
            "order_line_id": [waiting.line_id for _, waiting, _, _ in rows],
            "actor": [str(tx.actor)] * count,
        },
    )
    changes: dict[UUID, int] = defaultdict(int)
    for _, _, level_id, units in rows:
        changes[level_id] += units
    await tx.execute(_CHANGE, {"store": tx.store_id, "levels": [*changes], "by": [*changes.values()]})


async def _ids(tx: Tx, assigned: Sequence[Assigned]) -> dict[UUID, Iterator[UUID]]:
    """The ids that come next for each line."""
    lines = {one.waiting.line_id: one.waiting for one in assigned}
    values = {
        "store": tx.store_id,
        "lines": [*lines],
        "first": [one.first_id for one in lines.values()],
        "last": [UUID(int=one.first_id.int + _OF_A_LINE - 1) for one in lines.values()],
    }
    return {row.line_id: _after(row.last_id) for row in await tx.execute(_LAST, values)}


def _after(last: UUID) -> Iterator[UUID]:
    for n in range(last.int + 1, last.int + _OF_A_LINE):
        yield UUID(int=n)


_SERVABLE = text("""
SELECT DISTINCT later.variant_id FROM warehouses beyond
JOIN stock_levels later ON later.store_id = :store AND later.warehouse_id = beyond.id AND later.committed > 0
JOIN stock_levels level ON level.store_id = :store AND level.variant_id = later.variant_id
    AND level.on_hand > level.safety + level.committed + level.reserved
JOIN warehouses shipping ON shipping.store_id = :store AND shipping.id = level.warehouse_id
    AND shipping.kind = 'shipping' AND shipping.is_active
WHERE beyond.store_id = :store AND beyond.kind = 'backorder'
ORDER BY later.variant_id LIMIT :rows
""")

_PLACES = text("""
SELECT level.variant_id, level.warehouse_id FROM stock_levels level
JOIN warehouses shipping ON shipping.store_id = :store AND shipping.id = level.warehouse_id
    AND shipping.kind = 'shipping' AND shipping.is_active
WHERE level.store_id = :store AND level.variant_id = ANY(CAST(:ids AS uuid[]))
""")

_WAITING = text("""
SELECT level.variant_id, level.id AS level_id, moved.order_id, moved.order_line_id, moved.units
FROM stock_levels level
CROSS JOIN LATERAL (
    SELECT order_id, order_line_id, CAST(sum(committed) AS bigint) AS units FROM stock_movements
    WHERE store_id = :store AND level_id = level.id AND order_line_id IS NOT NULL
    GROUP BY order_id, order_line_id HAVING sum(committed) > 0
) moved
WHERE level.store_id = :store AND level.id = ANY(CAST(:levels AS uuid[]))
ORDER BY moved.order_line_id
""")

_LAST = text("""
SELECT line.id AS line_id, coalesce(known.id, line.first) AS last_id
FROM unnest(CAST(:lines AS uuid[]), CAST(:first AS uuid[]), CAST(:last AS uuid[])) AS line (id, first, last)
LEFT JOIN LATERAL (
    SELECT m.id FROM stock_movements m
    WHERE m.store_id = :store AND m.id BETWEEN line.first AND line.last ORDER BY m.id DESC LIMIT 1
) known ON true
""")

_CHANGE = text("""
UPDATE stock_levels level
SET committed = level.committed + change.by,
    short = greatest(0, level.committed + change.by + level.reserved + level.safety - level.on_hand)
FROM unnest(CAST(:levels AS uuid[]), CAST(:by AS bigint[])) AS change (level_id, by)
WHERE level.store_id = :store AND level.id = change.level_id
""")

"""Corrections of many levels at once, each at its own instant and only once, as imports need them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from stoa.db.sets import insert_set
from stoa.db.transaction import Tx
from stoa.inventory.errors import BelowZero
from stoa.inventory.locks import lock_levels
from stoa.inventory.models import MovementKind, StockMovement
from stoa.kernel.text import LINE, clean


@dataclass(frozen=True)
class Correction:
    """Units found (`by` above zero) or lost (below). The id of its movement holds its instant, and makes it once."""

    id: UUID
    variant_id: UUID
    warehouse_id: UUID
    by: int
    reason: str


async def correct_many(tx: Tx, *, corrections: Sequence[Correction]) -> int:
    """Correct what is on hand, all or none, and say how many were new: one that was made before is passed over.

    The number of statements does not grow with that of corrections. Where fewer units remain than are promised, that
    is recorded and the level becomes `short`.

    Raises UnknownVariant, UnknownWarehouse, BelowZero, TextMissing without a reason.
    """
    if not corrections:
        return 0
    levels = await lock_levels(tx, {(one.variant_id, one.warehouse_id) for one in corrections})
    level_ids = [levels[one.variant_id, one.warehouse_id].id for one in corrections]
    count = len(corrections)
    new = await insert_set(
        tx,
        StockMovement,
        {
            "id": [one.id for one in corrections],
            "level_id": level_ids,
            "kind": [str(MovementKind.ADJUST)] * count,
            "on_hand": [one.by for one in corrections],
            "committed": [0] * count,
            "reserved": [0] * count,
            "reason": [clean("reason", one.reason, LINE, required=True) for one in corrections],
            "actor": [str(tx.actor)] * count,
        },
    )
    changes: Counter[UUID] = Counter()
    for one, level_id in zip(corrections, level_ids, strict=True):
        if one.id in new:
            changes[level_id] += one.by
    for level in levels.values():
        if level.on_hand + changes[level.id] < 0:
            raise BelowZero(on_hand=level.on_hand, taken=-changes[level.id])
    await tx.execute(_CHANGE, {"store": tx.store_id, "levels": [*changes], "by": [*changes.values()]})
    for variant_id in sorted({one.variant_id for one in corrections if one.id in new}):
        tx.emit("stock.adjusted", variant_id)
    await tx.flush()
    return len(new)


_CHANGE = text("""
UPDATE stock_levels level
SET on_hand = level.on_hand + change.by,
    short = greatest(0, level.committed + level.reserved + level.safety - level.on_hand - change.by)
FROM unnest(CAST(:levels AS uuid[]), CAST(:by AS bigint[])) AS change (level_id, by)
WHERE level.store_id = :store AND level.id = change.level_id
""")

"""Changing what is on hand: the level and the movement that says why, always both."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import text

from stoa.db.transaction import Tx
from stoa.inventory.models import MovementKind, StockLevel


async def move(tx: Tx, *, kind: MovementKind, changes: Mapping[UUID, int], reason: str) -> None:
    """Change what is on hand in levels (by id, which the caller has locked), and write a movement of each: two
    statements, however many levels.

    What is promised beyond what is then on hand is the level's `short`.
    """
    values = {
        "store": tx.store_id,
        "levels": [*changes],
        "by": [*changes.values()],
        "ids": [tx.new_id() for _ in changes],
        "kind": kind.value,
        "reason": reason,
        "actor": str(tx.actor),
    }
    await tx.execute(_CHANGE_LEVELS, {key: values[key] for key in ("store", "levels", "by")})
    await tx.execute(_WRITE_MOVEMENTS, values)


def short_of(level: StockLevel) -> int:
    """How many units of a level are promised or kept back and not there."""
    return max(0, level.committed + level.reserved + level.safety - level.on_hand)


_CHANGE_LEVELS = text("""
UPDATE stock_levels level
SET on_hand = level.on_hand + change.by,
    short = greatest(0, level.committed + level.reserved + level.safety - level.on_hand - change.by)
FROM unnest(CAST(:levels AS uuid[]), CAST(:by AS bigint[])) AS change (level_id, by)
WHERE level.store_id = :store AND level.id = change.level_id
""")

# RETURNING: on a cluster, an insert from unnest without it may pass by the row policy (database rule 13).
_WRITE_MOVEMENTS = text("""
INSERT INTO stock_movements (store_id, id, level_id, kind, on_hand, committed, reserved, reason, actor)
SELECT CAST(:store AS uuid), change.id, change.level_id, CAST(:kind AS text), change.by, 0, 0,
    CAST(:reason AS text), CAST(:actor AS text)
FROM unnest(CAST(:ids AS uuid[]), CAST(:levels AS uuid[]), CAST(:by AS bigint[])) AS change (id, level_id, by)
RETURNING id
""")

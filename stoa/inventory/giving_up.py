"""When a count finds fewer units than are promised: which carts give up what they hold, the newest first."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from stoa.db.transaction import Tx
from stoa.inventory.locks import Place, lock_levels
from stoa.inventory.models import StockLevel

# More carts than these at one level at once do not all give up in one correction; the rest is the level's `short`.
MOST_HOLDS = 500


@dataclass(frozen=True)
class NewestHold:
    """A hold of a locked cart, and how many units of the level it has."""

    id: UUID
    units: int


async def lock_with_holds(
    tx: Tx, place: Place, *, found: int | None = None, by: int = 0, beside: Collection[Place] = ()
) -> tuple[StockLevel, list[NewestHold]]:
    """The level of this place, locked; and where `found` units, or `by` more than are known (fewer below 0), seem too
    few for what is promised, the carts that hold units of it, newest first, locked with all their levels.

    The places `beside` are locked with them. Carts come before levels in the order of locks (rule 15). A cart that
    somebody is at work on is passed over, since it may be bought just now. Raises UnknownVariant, UnknownWarehouse.
    """
    variant_id, warehouse_id = place
    values = {"store": tx.store_id, "variant": variant_id, "warehouse": warehouse_id, "found": found, "by": by}
    rows = await tx.execute(_NEWEST, values | {"most": MOST_HOLDS})
    holds = [NewestHold(row.id, row.quantity) for row in rows]
    others = set(beside)
    if holds:
        found_there = await tx.execute(_PLACES, {"store": tx.store_id, "holds": [hold.id for hold in holds]})
        others |= {(row.variant_id, row.warehouse_id) for row in found_there}
    levels = await lock_levels(tx, {place}, beside=others)
    return levels[place], holds


def to_give_up(holds: Sequence[NewestHold], missing: int) -> list[UUID]:
    """The holds, from the first on, that together have what is missing; all, where they have less."""
    given_up = []
    for hold in holds:
        if missing <= 0:
            break
        given_up.append(hold.id)
        missing -= hold.units
    return given_up


_NEWEST = text("""
SELECT r.id, t.quantity FROM stock_levels level
JOIN reservation_items t ON t.store_id = :store AND t.level_id = level.id
JOIN reservations r ON r.store_id = :store AND r.id = t.reservation_id AND r.state = 'held' AND r.order_id IS NULL
JOIN carts c ON c.store_id = :store AND c.id = r.cart_id AND c.reservation_id = r.id
WHERE level.store_id = :store AND level.variant_id = :variant AND level.warehouse_id = :warehouse AND level.reserved > 0
    AND level.committed + level.reserved > coalesce(CAST(:found AS bigint), level.on_hand + CAST(:by AS bigint))
ORDER BY t.id DESC LIMIT :most
FOR UPDATE OF c SKIP LOCKED
""")

_PLACES = text("""
SELECT DISTINCT level.variant_id, level.warehouse_id FROM reservation_items t
JOIN stock_levels level ON level.store_id = :store AND level.id = t.level_id
WHERE t.store_id = :store AND t.reservation_id = ANY(CAST(:holds AS uuid[]))
""")

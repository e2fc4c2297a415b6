"""What is held of a variant or in one level, and for whom, as staff see it; and giving it back over a cart's head."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from stoa.catalog.errors import UnknownVariant
from stoa.catalog.models import Variant
from stoa.db.transaction import Tx
from stoa.inventory.errors import UnknownHold, UnknownLevel
from stoa.inventory.models import StockLevel
from stoa.inventory.reservations import release_stock
from stoa.kernel.cursors import BadCursor, decode, encode
from stoa.kernel.pages import Page, check_page_size


@dataclass(frozen=True)
class HeldRow:
    """Units of one level that are held: for a cart, or (with `order_id`) for an order whose money is still to come."""

    id: UUID
    reservation_id: UUID
    cart_id: UUID
    order_id: UUID | None
    level_id: UUID
    warehouse_code: str
    quantity: int
    created_at: datetime
    expires_at: datetime


async def list_held(
    tx: Tx, *, variant_id: UUID | None = None, level_id: UUID | None = None, cursor: str | None = None, limit: int = 50
) -> Page[HeldRow]:
    """Who holds units of this variant, or of this level, newest first.

    Raises UnknownVariant, UnknownLevel, BadCursor, BadPageSize.
    """
    check_page_size(limit)
    if level_id is not None and await tx.get(StockLevel, level_id) is None:
        raise UnknownLevel(level=level_id)
    if variant_id is not None and await tx.get(Variant, variant_id) is None:
        raise UnknownVariant(variant=variant_id)
    values: dict[str, object] = {"store": tx.store_id, "after": _id_in(cursor), "rows": limit + 1}
    if level_id is not None:
        found = await tx.execute(_OF_LEVEL, values | {"level": level_id})
    else:
        found = await tx.execute(_OF_VARIANT, values | {"variant": variant_id})
    rows = [HeldRow(**row) for row in found.mappings()]
    return Page(tuple(rows[:limit]), encode([str(rows[limit - 1].id)]) if len(rows) > limit else None)


async def release_held(tx: Tx, *, reservation_id: UUID) -> None:
    """Give back what a cart holds: its shopper may still buy what is left then.

    Raises UnknownHold, also where it is an order's: an order gives its units back by being cancelled.
    """
    if not await release_stock(tx, reservation_ids=[reservation_id]):
        raise UnknownHold(hold=reservation_id)


def _id_in(cursor: str | None) -> UUID | None:
    try:
        return None if cursor is None else UUID(decode(cursor, (str,))[0])
    except ValueError:
        raise BadCursor() from None


# A page of each level of the variant, merged: a variant has few.
_HELD = """
SELECT held.* FROM (SELECT id, warehouse_id FROM stock_levels WHERE store_id = :store AND /* which */) level
JOIN warehouses warehouse ON warehouse.store_id = :store AND warehouse.id = level.warehouse_id
CROSS JOIN LATERAL (
    SELECT t.id, t.reservation_id, r.cart_id, r.order_id, t.level_id, warehouse.code AS warehouse_code, t.quantity,
        r.created_at, r.expires_at
    FROM reservation_items t
    JOIN reservations r ON r.store_id = :store AND r.id = t.reservation_id AND r.state = 'held'
    WHERE t.store_id = :store AND t.level_id = level.id
        AND t.id < coalesce(CAST(:after AS uuid), CAST('ffffffff-ffff-ffff-ffff-ffffffffffff' AS uuid))
    ORDER BY t.id DESC LIMIT :rows
) held
ORDER BY held.id DESC LIMIT :rows
"""
_OF_LEVEL = text(_HELD.replace("/* which */", "id = :level"))
_OF_VARIANT = text(_HELD.replace("/* which */", "variant_id = :variant"))

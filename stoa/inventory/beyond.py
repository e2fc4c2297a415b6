"""What a store promises beyond its stock: back-orders of what comes again, pre-orders of what is still to come.

It stands in the store's one warehouse of the kind `backorder`: the `on_hand` of a level there is how many units may be
promised, `committed` and `reserved` are those that are. So holds, orders and laws treat it as stock, the last of all.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text

from stoa.catalog.editing import lock_product, touch
from stoa.catalog.errors import UnknownVariant
from stoa.catalog.models import BeyondStock, Variant
from stoa.catalog.variants import lock_variant
from stoa.db.transaction import Tx
from stoa.inventory.errors import BadQuantity, DayMissing, DayPast, LimitBelowPromised
from stoa.inventory.locks import Place, lock_levels
from stoa.inventory.models import MovementKind, StockLevel, Warehouse, WarehouseKind
from stoa.inventory.movements import move
from stoa.stores.settings import settings_of

LARGEST_LIMIT = 10_000_000
CODE = "backorder"


@dataclass(frozen=True)
class Beyond:
    """What is promised of one variant beyond stock: up to `limit` units, of which `promised` are."""

    variant_id: UUID
    kind: BeyondStock
    limit: int
    promised: int
    ships_on: date | None


async def promise_beyond_stock(
    tx: Tx, *, variant_id: UUID, kind: BeyondStock, limit: int = 0, ships_on: date | None = None
) -> Beyond:
    """From now on so many units of a variant may be promised beyond stock, those that are already among them.

    `ships_on` is told to shoppers; a pre-order has one. With `BeyondStock.NONE` no more are promised, and those that
    are stay. Raises UnknownVariant, BadQuantity, DayMissing, DayPast, LimitBelowPromised.
    """
    if isinstance(limit, bool) or not 0 <= limit <= LARGEST_LIMIT:
        raise BadQuantity(quantity=limit, smallest=0, largest=LARGEST_LIMIT)
    if kind == BeyondStock.PREORDER and ships_on is None:
        raise DayMissing()
    today = await today_in_store(tx)
    if kind != BeyondStock.NONE and ships_on is not None and ships_on < today:
        raise DayPast(ships_on=ships_on, today=today)
    variant = await lock_variant(tx, variant_id)
    place = (variant_id, await backorder_warehouse(tx))
    level = (await lock_levels(tx, (), beside=[place]))[place]
    promised = level.committed + level.reserved
    if kind == BeyondStock.NONE:
        limit, ships_on = promised, None
    if limit < promised:
        raise LimitBelowPromised(limit=limit, promised=promised)
    if limit != level.on_hand:
        await move(tx, kind=MovementKind.ADJUST, changes={level.id: limit - level.on_hand}, reason="limit")
    variant.beyond_stock, variant.ships_on = kind, ships_on
    await touch(tx, await lock_product(tx, variant.product_id))
    await tx.flush()
    return Beyond(variant_id, kind, limit, promised, ships_on)


async def beyond_stock_of(tx: Tx, *, variant_id: UUID) -> Beyond:
    """What is promised of a variant beyond stock now. Raises UnknownVariant."""
    variant = await tx.get(Variant, variant_id)
    if variant is None:
        raise UnknownVariant(variant=variant_id)
    found = await tx.execute(
        select(StockLevel.on_hand, StockLevel.committed + StockLevel.reserved)
        .join(Warehouse, (Warehouse.store_id == StockLevel.store_id) & (Warehouse.id == StockLevel.warehouse_id))
        .where(StockLevel.variant_id == variant_id, Warehouse.kind == WarehouseKind.BACKORDER)
    )
    limit, promised = next(iter(found), (0, 0))
    return Beyond(variant_id, BeyondStock(variant.beyond_stock), limit, promised, variant.ships_on)


async def end_promises(tx: Tx, limit: int) -> int:
    """Where a pre-order's day is past, or nothing is promised beyond stock any more, lower what may be promised to what
    is: at most `limit` variants, and how many those were. The day is the store's.

    What comes back after that, whoever gives it back sees to (`stoa.lower_ended`).
    """
    values = {"store": tx.store_id, "today": await today_in_store(tx), "rows": limit}
    over: set[Place] = {(row.variant_id, row.warehouse_id) for row in await tx.execute(_OVER, values)}
    if not over:
        return 0
    levels = await lock_levels(tx, (), beside=over)
    changes = {one.id: one.committed + one.reserved - one.on_hand for one in levels.values()}
    changes = {level_id: by for level_id, by in changes.items() if by < 0}
    if changes:
        await move(tx, kind=MovementKind.ADJUST, changes=changes, reason="no longer promised")
    return len(over)


async def places_beyond(tx: Tx, variant_ids: set[UUID]) -> dict[Place, bool]:
    """Where these variants are promised beyond stock, if ever they were; and whether that is over by now."""
    rows = (await tx.execute(_PLACES, {"store": tx.store_id, "ids": sorted(variant_ids)})).all()
    today = await today_in_store(tx) if rows else date.min
    return {
        (row.variant_id, row.warehouse_id): row.beyond_stock == BeyondStock.NONE
        or (row.beyond_stock == BeyondStock.PREORDER and row.ships_on < today)
        for row in rows
    }


async def backorder_warehouse(tx: Tx) -> UUID:
    """The store's list of what it promises beyond stock, made the first time."""
    named = select(Warehouse.id).where(Warehouse.kind == WarehouseKind.BACKORDER)
    known = await tx.one_or_none(named)
    if known is not None:
        return known
    new = tx.new_id()
    taken = await tx.one_or_none(select(Warehouse.id).where(Warehouse.code == CODE))
    # Whoever is quicker makes it, and we find theirs.
    await tx.execute(_MAKE, {"store": tx.store_id, "id": new, "code": CODE if taken is None else f"{CODE}-{new}"})
    made = await tx.one_or_none(named)
    assert made is not None, "it has just been made, by us or by somebody else"
    return made


async def today_in_store(tx: Tx) -> date:
    """The day that it is in the store's time zone."""
    return tx.now.astimezone(ZoneInfo((await settings_of(tx)).time_zone)).date()


_OVER = text("""
SELECT level.variant_id, level.warehouse_id FROM warehouses warehouse
JOIN stock_levels level ON level.store_id = :store AND level.warehouse_id = warehouse.id
    AND level.on_hand > level.committed + level.reserved
JOIN variants variant ON variant.store_id = :store AND variant.id = level.variant_id
WHERE warehouse.store_id = :store AND warehouse.kind = 'backorder'
    AND (variant.beyond_stock = 'none' OR (variant.beyond_stock = 'preorder' AND variant.ships_on < :today))
ORDER BY level.variant_id LIMIT :rows
""")

_PLACES = text("""
SELECT level.variant_id, level.warehouse_id, variant.beyond_stock, variant.ships_on FROM warehouses warehouse
JOIN stock_levels level ON level.store_id = :store AND level.warehouse_id = warehouse.id
JOIN variants variant ON variant.store_id = :store AND variant.id = level.variant_id
WHERE warehouse.store_id = :store AND warehouse.kind = 'backorder' AND level.variant_id = ANY(CAST(:ids AS uuid[]))
""")

_MAKE = text("""
INSERT INTO warehouses (store_id, id, kind, code, name, country, priority, is_active)
VALUES (:store, :id, 'backorder', :code, 'Promised beyond stock', '', 0, true)
ON CONFLICT DO NOTHING
""")

"""Levels, found or made, and locked in the one order that everybody keeps: by variant, then warehouse (rule 15)."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select, text

from stoa.catalog.errors import UnknownVariant
from stoa.db.transaction import Tx
from stoa.inventory.errors import UnknownWarehouse
from stoa.inventory.models import StockLevel

# A variant in a warehouse.
Place = tuple[UUID, UUID]


async def lock_levels(tx: Tx, places: Collection[Place], *, beside: Collection[Place] = ()) -> dict[Place, StockLevel]:
    """The levels of these places as they are now, locked until the end of the transaction; empty ones are made.

    `beside` are places that the caller knows to be, those of what is promised beyond stock among them. Raises
    UnknownVariant, UnknownWarehouse. The number of statements does not grow with that of places.
    """
    if places:
        await _check_known(tx, places)
    in_order = sorted({*places, *beside})
    await _make_missing(tx, in_order)
    values = {
        "store": tx.store_id,
        "variants": [variant_id for variant_id, _ in in_order],
        "warehouses": [warehouse_id for _, warehouse_id in in_order],
    }
    locked = select(StockLevel).from_statement(_LOCK).execution_options(populate_existing=True)
    found = (await tx.execute(locked, values)).scalars()
    return {(level.variant_id, level.warehouse_id): level for level in found}


async def _check_known(tx: Tx, places: Collection[Place]) -> None:
    variant_ids = sorted({variant_id for variant_id, _ in places})
    unknown = (await tx.execute(_UNKNOWN_VARIANTS, {"store": tx.store_id, "ids": variant_ids})).scalars().all()
    if unknown:
        raise UnknownVariant(variant=min(unknown))
    warehouse_ids = sorted({warehouse_id for _, warehouse_id in places})
    strange = (await tx.execute(_UNKNOWN_WAREHOUSES, {"store": tx.store_id, "ids": warehouse_ids})).scalars().all()
    if strange:
        raise UnknownWarehouse(warehouse=min(strange))


async def _make_missing(tx: Tx, in_order: Sequence[Place]) -> None:
    """Levels at zero for places that have none yet, inserted in order so that two of us cannot wait in a ring."""
    await tx.execute(
        _MAKE,
        {
            "store": tx.store_id,
            "ids": [tx.new_id() for _ in in_order],
            "variants": [variant_id for variant_id, _ in in_order],
            "warehouses": [warehouse_id for _, warehouse_id in in_order],
        },
    )


_UNKNOWN_VARIANTS = text("""
SELECT wanted.id FROM unnest(CAST(:ids AS uuid[])) AS wanted (id)
WHERE NOT EXISTS (
    SELECT FROM variants WHERE store_id = :store AND variants.id = wanted.id AND deleted_at IS NULL
)
""")

_UNKNOWN_WAREHOUSES = text("""
SELECT wanted.id FROM unnest(CAST(:ids AS uuid[])) AS wanted (id)
WHERE NOT EXISTS (
    SELECT FROM warehouses WHERE store_id = :store AND warehouses.id = wanted.id AND kind = 'shipping'
)
""")

_MAKE = text("""
INSERT INTO stock_levels (store_id, id, variant_id, warehouse_id, on_hand, committed, reserved, safety, short)
SELECT CAST(:store AS uuid), place.id, place.variant_id, place.warehouse_id, 0, 0, 0, 0, 0
FROM unnest(CAST(:ids AS uuid[]), CAST(:variants AS uuid[]), CAST(:warehouses AS uuid[]))
    AS place (id, variant_id, warehouse_id)
ORDER BY place.variant_id, place.warehouse_id
ON CONFLICT (store_id, variant_id, warehouse_id) DO NOTHING
""")

# The locks are taken after the sort, row by row.
_LOCK = text("""
SELECT level.* FROM unnest(CAST(:variants AS uuid[]), CAST(:warehouses AS uuid[])) AS place (variant_id, warehouse_id)
JOIN stock_levels level ON level.store_id = :store
    AND level.variant_id = place.variant_id AND level.warehouse_id = place.warehouse_id
ORDER BY level.variant_id, level.warehouse_id
FOR UPDATE OF level
""")

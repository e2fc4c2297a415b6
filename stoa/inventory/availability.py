"""How many units of a variant may still be promised."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select

from stoa.db.transaction import Tx
from stoa.inventory.models import StockLevel, Warehouse

FREE = func.greatest(StockLevel.on_hand - StockLevel.safety - StockLevel.committed - StockLevel.reserved, 0)


async def available_units(tx: Tx, variant_ids: Collection[UUID]) -> dict[UUID, int]:
    """Units of each variant that the active warehouses may still promise; 0 where there are none. One statement."""
    rows = await tx.execute(
        select(StockLevel.variant_id, func.sum(FREE))
        .join(
            Warehouse,
            (Warehouse.store_id == StockLevel.store_id)
            & (Warehouse.id == StockLevel.warehouse_id)
            & Warehouse.is_active,
        )
        .where(StockLevel.variant_id.in_(variant_ids))
        .group_by(StockLevel.variant_id)
    )
    found = {variant_id: int(free) for variant_id, free in rows}
    return {variant_id: found.get(variant_id, 0) for variant_id in variant_ids}

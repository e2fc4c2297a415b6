"""How much can be promised; and levels and movements as staff read them."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import TextClause, select, text

from stoa.db.transaction import Tx
from stoa.inventory.errors import UnknownLevel
from stoa.inventory.models import StockLevel, StockMovement
from stoa.kernel.cursors import BadCursor, decode, encode
from stoa.kernel.pages import Page, check_page_size


@dataclass(frozen=True)
class LevelView:
    """The units of one variant in one warehouse. `available` can still be promised."""

    id: UUID
    variant_id: UUID
    sku: str
    product_title: str
    variant_title: str
    warehouse_id: UUID
    warehouse_code: str
    on_hand: int
    committed: int
    reserved: int
    safety: int
    short: int
    available: int


async def available_units(tx: Tx, variant_ids: Collection[UUID]) -> dict[UUID, int]:
    """Units of each variant that can still be promised, over all active warehouses; 0 where there are none.

    One statement. Whether a variant's units are counted at all, the catalog says (`tracks_stock`).
    """
    found = await tx.execute(_AVAILABLE, {"store": tx.store_id, "ids": [*variant_ids]})
    return dict.fromkeys(variant_ids, 0) | {row.variant_id: int(row.units) for row in found}


async def levels_of_variants(tx: Tx, *, variant_ids: Collection[UUID]) -> list[LevelView]:
    """Where units of these variants are, by variant and warehouse."""
    found = await tx.execute(
        _named("AND variant_id = ANY(CAST(:ids AS uuid[]))"), {"store": tx.store_id, "ids": [*variant_ids]}
    )
    return [LevelView(**row) for row in found.mappings()]


async def list_levels(
    tx: Tx, *, warehouse_id: UUID | None = None, cursor: str | None = None, limit: int = 50
) -> Page[LevelView]:
    """All levels, of one warehouse where asked; by variant and warehouse.

    Raises BadCursor, BadPageSize.
    """
    check_page_size(limit)
    values: dict[str, object] = {"store": tx.store_id, "rows": limit + 1}
    if warehouse_id is not None:
        values["warehouse"] = warehouse_id
    if cursor is not None:
        values["variant"], values["after"] = _place(cursor)
    there = "AND warehouse_id = :warehouse" * (warehouse_id is not None)
    after = "AND (variant_id, warehouse_id) > (:variant, :after)" * (cursor is not None)
    page = "ORDER BY variant_id, warehouse_id LIMIT :rows"
    found = await tx.execute(_named(there, after, page), values)
    views = [LevelView(**row) for row in found.mappings()]
    last = views[limit - 1] if len(views) > limit else None
    following = None if last is None else encode([str(last.variant_id), str(last.warehouse_id)])
    return Page(tuple(views[:limit]), following)


async def list_movements(tx: Tx, *, level_id: UUID, cursor: str | None = None, limit: int = 50) -> Page[StockMovement]:
    """What happened to one level, newest first.

    Raises UnknownLevel, BadCursor, BadPageSize.
    """
    check_page_size(limit)
    if await tx.get(StockLevel, level_id) is None:
        raise UnknownLevel(level=level_id)
    newest = select(StockMovement).where(StockMovement.level_id == level_id)
    if cursor is not None:
        newest = newest.where(StockMovement.id < _uuid(decode(cursor, (str,))[0]))
    rows = await tx.scalars(newest.order_by(StockMovement.id.desc()).limit(limit + 1))
    return Page(tuple(rows[:limit]), encode([str(rows[limit - 1].id)]) if len(rows) > limit else None)


def _place(cursor: str) -> tuple[UUID, UUID]:
    variant, warehouse = decode(cursor, (str, str))
    return _uuid(variant), _uuid(warehouse)


def _uuid(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise BadCursor() from None


_AVAILABLE = text("""
SELECT variant_id, sum(units) AS units FROM sellable_stock
WHERE store_id = :store AND variant_id = ANY(CAST(:ids AS uuid[])) GROUP BY variant_id
""")

_NAMED = """
SELECT level.id, level.variant_id, variant.sku, product.title AS product_title, variant.title AS variant_title,
    level.warehouse_id, warehouse.code AS warehouse_code, level.on_hand, level.committed, level.reserved,
    level.safety, level.short,
    CASE WHEN warehouse.is_active
        THEN greatest(0, level.on_hand - level.safety - level.committed - level.reserved) ELSE 0 END AS available
FROM (SELECT * FROM stock_levels WHERE store_id = :store /* which */) level
JOIN variants variant ON variant.store_id = :store AND variant.id = level.variant_id
JOIN products product ON product.store_id = :store AND product.id = variant.product_id
JOIN warehouses warehouse ON warehouse.store_id = :store AND warehouse.id = level.warehouse_id
ORDER BY level.variant_id, level.warehouse_id
"""


def _named(*which: str) -> TextClause:
    """The statement that reads some levels and the names that go with them."""
    return text(_NAMED.replace("/* which */", " ".join(which)))

"""How much can be promised; and levels and movements as staff read them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import TextClause, select, text

from stoa.catalog.models import BeyondStock, Variant
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


class FreeUnits(NamedTuple):
    """Units that can still be promised: those that are there, and those beyond stock."""

    in_stock: int
    later: int


async def available_units(tx: Tx, variant_ids: Collection[UUID]) -> dict[UUID, int]:
    """Units of each variant that can still be promised, over all active warehouses and beyond stock; 0 where none.

    One statement. Whether a variant's units are counted at all, the catalog says (`tracks_stock`).
    """
    return {variant_id: sum(free) for variant_id, free in (await free_units(tx, variant_ids)).items()}


async def free_units(tx: Tx, variant_ids: Collection[UUID]) -> dict[UUID, FreeUnits]:
    """The same, told apart."""
    found = await tx.execute(_FREE, {"store": tx.store_id, "ids": [*variant_ids]})
    known = {row.variant_id: FreeUnits(int(row.in_stock), int(row.later)) for row in found}
    return dict.fromkeys(variant_ids, FreeUnits(0, 0)) | known


@dataclass(frozen=True)
class Availability:
    """What may still be promised of a variant: units in stock, over all warehouses that ship, and units `later`, beyond
    stock, which are sent when they are there (on `ships_on`, where that is told)."""

    variant_id: UUID
    in_stock: int
    later: int
    beyond_stock: BeyondStock
    ships_on: date | None

    @property
    def units(self) -> int:
        """All that may be promised."""
        return self.in_stock + self.later


async def availability(tx: Tx, variant_ids: Collection[UUID]) -> dict[UUID, Availability]:
    """What may still be promised of each of these variants; unknown ones are absent. One statement."""
    found = await tx.execute(_AVAILABILITY, {"store": tx.store_id, "ids": [*variant_ids]})
    return {
        row.variant_id: Availability(
            row.variant_id, int(row.in_stock), int(row.later), BeyondStock(row.beyond_stock), row.ships_on
        )
        for row in found
    }


async def availability_of_product(tx: Tx, *, product_id: UUID) -> list[Availability]:
    """What may still be promised of each living variant of a product, in the order in which they are shown."""
    variants = select(Variant.id).where(Variant.product_id == product_id, Variant.deleted_at.is_(None))
    variant_ids = await tx.scalars(variants.order_by(Variant.position, Variant.id))
    known = await availability(tx, variant_ids)
    return [known[variant_id] for variant_id in variant_ids]


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


_FREE = text("""
SELECT variant_id, coalesce(sum(units) FILTER (WHERE NOT is_later), 0) AS in_stock,
    coalesce(sum(units) FILTER (WHERE is_later), 0) AS later
FROM sellable_stock
WHERE store_id = :store AND variant_id = ANY(CAST(:ids AS uuid[])) GROUP BY variant_id
""")

_AVAILABILITY = text("""
SELECT variant.id AS variant_id, variant.beyond_stock, variant.ships_on,
    coalesce(stock.in_stock, 0) AS in_stock, coalesce(stock.later, 0) AS later
FROM variants variant
LEFT JOIN LATERAL (
    SELECT sum(units) FILTER (WHERE NOT is_later) AS in_stock, sum(units) FILTER (WHERE is_later) AS later
    FROM sellable_stock WHERE store_id = :store AND variant_id = variant.id
) stock ON true
WHERE variant.store_id = :store AND variant.id = ANY(CAST(:ids AS uuid[]))
""")

# What is promised beyond stock is no warehouse to those who work in them.
_NAMED = """
SELECT level.id, level.variant_id, variant.sku, product.title AS product_title, variant.title AS variant_title,
    level.warehouse_id, warehouse.code AS warehouse_code, level.on_hand, level.committed, level.reserved,
    level.safety, level.short,
    CASE WHEN warehouse.is_active
        THEN greatest(0, level.on_hand - level.safety - level.committed - level.reserved) ELSE 0 END AS available
FROM (
    SELECT * FROM stock_levels WHERE store_id = :store
        AND warehouse_id IS DISTINCT FROM (SELECT id FROM warehouses WHERE store_id = :store AND kind = 'backorder')
        /* which */
) level
JOIN variants variant ON variant.store_id = :store AND variant.id = level.variant_id
JOIN products product ON product.store_id = :store AND product.id = variant.product_id
JOIN warehouses warehouse ON warehouse.store_id = :store AND warehouse.id = level.warehouse_id
ORDER BY level.variant_id, level.warehouse_id
"""


def _named(*which: str) -> TextClause:
    """The statement that reads some levels and the names that go with them."""
    return text(_NAMED.replace("/* which */", " ".join(which)))

"""Warehouses: the places that ship. The store's one list of what it promises beyond stock is none of them here."""

from collections.abc import Sequence
from types import EllipsisType
from uuid import UUID

from sqlalchemy import select

from stoa.catalog.figures import LARGEST_POSITION, checked_figure
from stoa.db.transaction import Tx
from stoa.db.violations import refusing
from stoa.inventory.errors import BadCountry, UnknownWarehouse, WarehouseCodeTaken
from stoa.inventory.models import Warehouse, WarehouseKind
from stoa.kernel.countries import COUNTRIES
from stoa.kernel.spots import Spot
from stoa.kernel.text import clean


async def create_warehouse(
    tx: Tx, *, code: str, name: str, country: str = "", priority: int = 0, spot: Spot | None = None
) -> Warehouse:
    """Add a place that ships. Orders are served from the lowest `priority` first, or from the nearest `spot` where the
    store allocates so.

    Raises WarehouseCodeTaken, BadCountry, BadFigure.
    """
    warehouse = Warehouse(
        code=clean("code", code, 40, required=True),
        name=clean("name", name, required=True),
        country=_checked_country(country),
        priority=checked_figure("priority", priority, largest=LARGEST_POSITION),
    )
    _place_at(warehouse, spot)
    if await tx.one_or_none(select(Warehouse.id).where(Warehouse.code == warehouse.code)):
        raise WarehouseCodeTaken(warehouse=warehouse.code)
    tx.add(warehouse)
    with refusing({"warehouses_code_key": WarehouseCodeTaken(warehouse=warehouse.code)}):
        await tx.flush()
    return warehouse


async def update_warehouse(
    tx: Tx,
    *,
    warehouse_id: UUID,
    name: str | None = None,
    country: str | None = None,
    priority: int | None = None,
    is_active: bool | None = None,
    spot: Spot | EllipsisType | None = ...,
) -> Warehouse:
    """Change what is given and leave the rest. What stands in an inactive warehouse is not offered to anybody. Of one
    without a `spot` (None) it is not known where it is.

    Raises UnknownWarehouse, BadCountry, BadFigure.
    """
    locked = select(Warehouse).where(Warehouse.id == warehouse_id, _SHIPS).with_for_update()
    warehouse = await tx.one_or_none(locked.execution_options(populate_existing=True))
    if warehouse is None:
        raise UnknownWarehouse(warehouse=warehouse_id)
    if name is not None:
        warehouse.name = clean("name", name, required=True)
    if country is not None:
        warehouse.country = _checked_country(country)
    if priority is not None:
        warehouse.priority = checked_figure("priority", priority, largest=LARGEST_POSITION)
    if is_active is not None:
        warehouse.is_active = is_active
    if not isinstance(spot, EllipsisType):
        _place_at(warehouse, spot)
    await tx.flush()
    return warehouse


async def list_warehouses(tx: Tx) -> Sequence[Warehouse]:
    """All of them, in the order in which they serve. A store has few."""
    return await tx.scalars(select(Warehouse).where(_SHIPS).order_by(Warehouse.priority, Warehouse.code))


def _place_at(warehouse: Warehouse, spot: Spot | None) -> None:
    warehouse.latitude_microdegrees = spot.latitude_microdegrees if spot else None
    warehouse.longitude_microdegrees = spot.longitude_microdegrees if spot else None


def _checked_country(country: str) -> str:
    if country and country not in COUNTRIES:
        raise BadCountry(country=country[:20])
    return country


_SHIPS = Warehouse.kind == WarehouseKind.SHIPPING

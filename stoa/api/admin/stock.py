"""Warehouses, and what stands in them."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from stoa import catalog, inventory
from stoa.api.admin.who import StaffTx
from stoa.api.views import (
    Act,
    Cursor,
    Flag,
    Limit,
    Line,
    Made,
    Name,
    Page,
    Position,
    SpotAct,
    SpotView,
    Units,
    View,
    may_stay,
    page_of,
    whole_list,
)
from stoa.catalog.errors import BadFigure, UnknownVariant
from stoa.edge.problems import refusals
from stoa.edge.routes import StaffRoute, needs
from stoa.inventory.errors import (
    BadCountry,
    BadQuantity,
    BelowZero,
    SafetyTooHigh,
    UnknownLevel,
    UnknownWarehouse,
    WarehouseCodeTaken,
)
from stoa.kernel.cursors import BadCursor
from stoa.kernel.spots import BadSpot, spot_of
from stoa.kernel.text import TextMissing

router = APIRouter(route_class=StaffRoute, tags=["stock"])

LARGEST = inventory.LARGEST_QUANTITY

Received = Annotated[int, Field(strict=True, ge=1, le=LARGEST, description="units", examples=[10])]
Correction = Annotated[
    int, Field(strict=True, ge=-LARGEST, le=LARGEST, description="units found, or lost (below 0)", examples=[-2])
]
Country = Annotated[str, Field(pattern="^([A-Z]{2})?$", examples=["GB"])]


class WarehouseView(View):
    """A place that ships. Orders are served from the lowest priority first."""

    id: UUID
    code: str
    name: str
    country: str
    priority: int
    is_active: bool
    spot: SpotView | None = Field(description="where it is; null where that is not known")

    @classmethod
    def of(cls, what: Any) -> "WarehouseView":
        """From the row."""
        spot = spot_of(what.latitude_microdegrees, what.longitude_microdegrees)
        shown = {name: getattr(what, name) for name in ("id", "code", "name", "country", "priority", "is_active")}
        return cls.model_validate(shown | {"spot": spot})


class MakeWarehouse(Act):
    """A place that ships."""

    code: str = Field(max_length=40, examples=["main"])
    name: Name = Field(examples=["Main warehouse"])
    country: Country = ""
    priority: Position = 0
    spot: SpotAct | None = Field(default=None, description="where it is: needed to serve orders from the nearest")


class ChangeWarehouse(Act):
    """What is left out stays."""

    name: Name = may_stay()
    country: Country = may_stay()
    priority: Position = may_stay()
    is_active: Flag = may_stay()
    spot: SpotAct | None = may_stay()


class LevelView(View):
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


class MovementView(View):
    """One change of one level, and why."""

    id: UUID
    kind: str
    on_hand: int
    committed: int
    reserved: int
    reason: str
    order_id: UUID | None
    actor: str


class ReceiptLine(Act):
    """So many units of one variant came into one warehouse."""

    variant_id: UUID
    warehouse_id: UUID
    quantity: Received


class Receive(Act):
    """A delivery: all of it, or nothing."""

    lines: list[ReceiptLine] = Field(min_length=1, max_length=1_000)
    reason: Line = ""


class ReceiptView(View):
    """How many places got something."""

    levels: int


class Adjust(Act):
    """Units found, broken or lost."""

    variant_id: UUID
    warehouse_id: UUID
    by: Correction
    reason: Line = Field(examples=["broken"])


class Count(Act):
    """What somebody found when counting."""

    variant_id: UUID
    warehouse_id: UUID
    found: Units
    reason: Line = Field(examples=["yearly count"])


class KeepBack(Act):
    """Units that are kept back, never sold."""

    variant_id: UUID
    warehouse_id: UUID
    units: Units


class LevelChanged(View):
    """The level as it is now."""

    id: UUID
    on_hand: int
    committed: int
    reserved: int
    safety: int
    short: int


_PLACE = (UnknownVariant, UnknownWarehouse)


@router.get("/warehouses", summary="List warehouses")
@needs("inventory.read")
async def list_warehouses(tx: StaffTx) -> Page[WarehouseView]:
    """In the order in which they serve; a store has few, so this is the only page."""
    return whole_list(WarehouseView, await inventory.list_warehouses(tx))


@router.post(
    "/warehouses",
    status_code=201,
    summary="Add a warehouse",
    responses=refusals(WarehouseCodeTaken, BadCountry, BadFigure, BadSpot, TextMissing),
)
@needs("inventory.write")
async def make_warehouse(body: MakeWarehouse, tx: StaffTx) -> Made:
    """A place that ships."""
    return Made.of(await inventory.create_warehouse(tx, **(dict(body) | {"spot": body.spot and body.spot.spot()})))


@router.patch(
    "/warehouses/{warehouse_id}",
    summary="Change a warehouse",
    responses=refusals(UnknownWarehouse, BadCountry, BadFigure, BadSpot, TextMissing),
)
@needs("inventory.write")
async def change_warehouse(warehouse_id: UUID, body: ChangeWarehouse, tx: StaffTx) -> Made:
    """What stands in an inactive one is offered to nobody."""
    given = body.given() | ({"spot": body.spot and body.spot.spot()} if "spot" in body.model_fields_set else {})
    return Made.of(await inventory.update_warehouse(tx, warehouse_id=warehouse_id, **given))


@router.get("/stock-levels", summary="List stock", responses=refusals(BadCursor))
@needs("inventory.read")
async def list_levels(
    tx: StaffTx, warehouse_id: UUID | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[LevelView]:
    """Of all warehouses or one, by variant."""
    return page_of(LevelView, await inventory.list_levels(tx, warehouse_id=warehouse_id, cursor=cursor, limit=limit))


@router.get("/variants/{variant_id}/stock", summary="Read where a variant is", responses=refusals(UnknownVariant))
@needs("inventory.read")
async def read_stock(variant_id: UUID, tx: StaffTx) -> Page[LevelView]:
    """Its levels, by warehouse; none where nothing of it was ever received."""
    if not await catalog.variants_for_sale(tx, [variant_id]):
        raise UnknownVariant(variant=variant_id)
    return whole_list(LevelView, await inventory.levels_of_variants(tx, variant_ids=[variant_id]))


@router.get("/stock-levels/{level_id}/movements", summary="List movements", responses=refusals(UnknownLevel, BadCursor))
@needs("inventory.read")
async def list_movements(level_id: UUID, tx: StaffTx, cursor: Cursor = None, limit: Limit = 50) -> Page[MovementView]:
    """What happened to one level, newest first: it is the sum of them."""
    return page_of(MovementView, await inventory.list_movements(tx, level_id=level_id, cursor=cursor, limit=limit))


@router.post(
    "/receipts",
    status_code=201,
    summary="Receive a delivery",
    responses=refusals(*_PLACE, BadQuantity),
)
@needs("inventory.write")
async def receive(body: Receive, tx: StaffTx) -> ReceiptView:
    """Units pay what a level was short of first; the rest can be sold."""
    receipts = [inventory.Receipt(line.variant_id, line.warehouse_id, line.quantity) for line in body.lines]
    return ReceiptView(levels=len(await inventory.receive_many(tx, receipts=receipts, reason=body.reason)))


@router.post(
    "/adjustments",
    status_code=201,
    summary="Correct a level",
    responses=refusals(*_PLACE, BadQuantity, BelowZero, TextMissing),
)
@needs("inventory.write")
async def adjust(body: Adjust, tx: StaffTx) -> LevelChanged:
    """By so many units, for a reason. Where fewer remain than are promised, the level is `short`."""
    return LevelChanged.of(await inventory.adjust(tx, **body.model_dump()))


@router.post(
    "/counts", status_code=201, summary="Record a count", responses=refusals(*_PLACE, BadQuantity, TextMissing)
)
@needs("inventory.write")
async def count(body: Count, tx: StaffTx) -> LevelChanged:
    """What is there is what was found. Where fewer were found than are promised, the level is `short`."""
    return LevelChanged.of(await inventory.count(tx, **body.model_dump()))


@router.put("/safety-stock", summary="Keep units back", responses=refusals(*_PLACE, BadQuantity, SafetyTooHigh))
@needs("inventory.write")
async def keep_back(body: KeepBack, tx: StaffTx) -> LevelChanged:
    """Units that are never sold."""
    return LevelChanged.of(await inventory.set_safety(tx, **body.model_dump()))

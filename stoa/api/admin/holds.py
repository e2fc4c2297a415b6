"""What is held of the stock, and for whom."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from stoa import inventory
from stoa.api.admin.who import StaffTx
from stoa.api.views import Cursor, Limit, Page, View, page_of
from stoa.catalog.errors import UnknownVariant
from stoa.edge.problems import refusals
from stoa.edge.routes import StaffRoute, needs
from stoa.inventory.errors import UnknownHold, UnknownLevel
from stoa.kernel.cursors import BadCursor

router = APIRouter(route_class=StaffRoute, tags=["stock"])


class HeldView(View):
    """Units of one level that nobody else can buy until `expires_at`."""

    reservation_id: UUID = Field(description="the hold's id: it may be of several variants")
    cart_id: UUID
    order_id: UUID | None = Field(description="of an order whose money is still to come; null where a cart holds them")
    level_id: UUID
    warehouse_code: str
    quantity: int
    created_at: datetime
    expires_at: datetime


@router.get(
    "/variants/{variant_id}/holds", summary="List who holds a variant", responses=refusals(UnknownVariant, BadCursor)
)
@needs("inventory.read")
async def holds_of_variant(variant_id: UUID, tx: StaffTx, cursor: Cursor = None, limit: Limit = 50) -> Page[HeldView]:
    """Carts at checkout, and orders whose money is still to come; newest first."""
    return page_of(HeldView, await inventory.list_held(tx, variant_id=variant_id, cursor=cursor, limit=limit))


@router.get(
    "/stock-levels/{level_id}/holds",
    summary="List who holds units of a level",
    responses=refusals(UnknownLevel, BadCursor),
)
@needs("inventory.read")
async def holds_of_level(level_id: UUID, tx: StaffTx, cursor: Cursor = None, limit: Limit = 50) -> Page[HeldView]:
    """Carts at checkout, and orders whose money is still to come; newest first."""
    return page_of(HeldView, await inventory.list_held(tx, level_id=level_id, cursor=cursor, limit=limit))


@router.delete(
    "/holds/{hold_id}", status_code=204, summary="Give back what a cart holds", responses=refusals(UnknownHold)
)
@needs("inventory.write")
async def release(hold_id: UUID, tx: StaffTx) -> None:
    """All that the cart holds; its shopper may still buy what is left then. An order's hold ends with its order."""
    await inventory.release_held(tx, reservation_id=hold_id)

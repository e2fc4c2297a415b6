"""What may still be promised of variants, and how much of it beyond stock."""

from datetime import date
from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from stoa import catalog, inventory
from stoa.api.admin.stock import LevelView
from stoa.api.admin.who import StaffTx
from stoa.api.views import Act, Page, Units, View, whole_list
from stoa.catalog.errors import UnknownProduct, UnknownVariant
from stoa.catalog.models import BeyondStock
from stoa.edge.problems import refusals
from stoa.edge.routes import StaffRoute, needs
from stoa.inventory.errors import BadQuantity, DayMissing, DayPast, LimitBelowPromised

router = APIRouter(route_class=StaffRoute, tags=["stock"])

Kind = Literal["none", "backorder", "preorder"]
Day = date


class PromiseBeyondStock(Act):
    """What shoppers may order when none is left: what comes again (`backorder`), or what is still to come."""

    kind: Kind = Field(examples=["backorder"])
    limit: Units = Field(
        default=0, description="units promised beyond stock at most, those that are already among them"
    )
    ships_on: Day | None = Field(default=None, description="the day it is sent, as shoppers are told", examples=[None])


class BeyondView(View):
    """What is promised beyond stock: `promised` units of at most `limit`."""

    variant_id: UUID
    kind: Kind
    limit: int
    promised: int
    ships_on: Day | None


class AvailabilityView(View):
    """Units that may still be promised: those in stock, and `later` those beyond it."""

    variant_id: UUID
    units: int
    in_stock: int
    later: int
    beyond_stock: Kind
    ships_on: Day | None


class WhereView(AvailabilityView):
    """The same, with where the units are and what is promised beyond stock."""

    beyond: BeyondView
    levels: list[LevelView]


@router.put(
    "/variants/{variant_id}/beyond-stock",
    summary="Promise units beyond stock",
    responses=refusals(UnknownVariant, BadQuantity, DayMissing, DayPast, LimitBelowPromised),
)
@needs("inventory.write")
async def promise(variant_id: UUID, body: PromiseBeyondStock, tx: StaffTx) -> BeyondView:
    """Back-orders or pre-orders up to a limit; a pre-order has a day, after which no more are promised.

    When units are received, those who wait are served first, the oldest order first. With `none` no more are promised,
    and what is stays.
    """
    given = {"kind": BeyondStock(body.kind), "limit": body.limit, "ships_on": body.ships_on}
    return BeyondView.of(await inventory.promise_beyond_stock(tx, variant_id=variant_id, **given))  # type: ignore[arg-type]


@router.get(
    "/variants/{variant_id}/availability",
    summary="Read what may be promised of a variant",
    responses=refusals(UnknownVariant),
)
@needs("inventory.read")
async def of_variant(variant_id: UUID, tx: StaffTx) -> WhereView:
    """Over all warehouses that ship, and in each of them."""
    known = (await inventory.availability(tx, [variant_id])).get(variant_id)
    if known is None:
        raise UnknownVariant(variant=variant_id)
    levels = await inventory.levels_of_variants(tx, variant_ids=[variant_id])
    beyond = await inventory.beyond_stock_of(tx, variant_id=variant_id)
    told = AvailabilityView.of(known).model_dump()
    return WhereView(**told, beyond=BeyondView.of(beyond), levels=[LevelView.of(level) for level in levels])


@router.get(
    "/products/{product_id}/availability",
    summary="Read what may be promised of a product",
    responses=refusals(UnknownProduct),
)
@needs("inventory.read")
async def of_product(product_id: UUID, tx: StaffTx) -> Page[AvailabilityView]:
    """Of each of its variants, over all warehouses that ship."""
    await catalog.staff_product(tx, product_id)
    return whole_list(AvailabilityView, await inventory.availability_of_product(tx, product_id=product_id))

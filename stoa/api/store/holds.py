"""Holding what is in a cart while its shopper types an address and pays."""

from uuid import UUID

from fastapi import APIRouter

from stoa import carts
from stoa.api.cart_views import HoldView
from stoa.api.store.who import CartHolder, StoreTx
from stoa.carts.errors import CartCompleted, CartEmpty, CartNotFound, NotEnoughStock
from stoa.edge.problems import refusals
from stoa.edge.routes import StoreRoute
from stoa.inventory.errors import NotTogether

router = APIRouter(route_class=StoreRoute, tags=["carts"])


@router.put(
    "/carts/{cart_id}/hold",
    summary="Hold what is in a cart",
    responses=refusals(CartNotFound, CartCompleted, CartEmpty, NotEnoughStock, NotTogether),
)
async def hold(cart_id: UUID, tx: StoreTx, who: CartHolder) -> HoldView | None:
    """Nobody else can buy it until then; asked again, it is held for as long again, up to a day in all.

    The quote stands. When the lines change, the hold follows them. null where no unit in the cart is counted.
    """
    held = await carts.hold(tx, cart_id=cart_id, holder=who)
    return HoldView.of(held) if held else None


@router.delete(
    "/carts/{cart_id}/hold",
    status_code=204,
    summary="Give back what a cart holds",
    responses=refusals(CartNotFound, CartCompleted),
)
async def release(cart_id: UUID, tx: StoreTx, who: CartHolder) -> None:
    """A cart that holds nothing is left as it is."""
    await carts.release(tx, cart_id=cart_id, holder=who)

"""Orders: followed by whoever holds their token, or by the customer who bought them."""

from uuid import UUID

from fastapi import APIRouter

from stoa import orders
from stoa.api.order_views import OrderSummaryView, OrderView, spread
from stoa.api.store.who import CustomerId, OrderToken, StoreTx
from stoa.api.views import Act, Cursor, Limit, Line, Made, Page, page_of
from stoa.edge.problems import refusals
from stoa.edge.routes import StoreRoute
from stoa.kernel.cursors import BadCursor
from stoa.orders.errors import OrderIsCancelled, OrderNotFound, TooLateToCancel

router = APIRouter(route_class=StoreRoute, tags=["orders"])


@router.get("/orders", summary="List your orders", responses=refusals(BadCursor))
async def list_orders(
    tx: StoreTx, customer_id: CustomerId, cursor: Cursor = None, limit: Limit = 20
) -> Page[OrderSummaryView]:
    """Those of the customer who is signed in, newest first."""
    return page_of(
        OrderSummaryView, await orders.list_orders_of(tx, customer_id=customer_id, cursor=cursor, limit=limit)
    )


@router.get("/orders/{order_id}", summary="Read an order", responses=refusals(OrderNotFound))
async def read_order(order_id: UUID, tx: StoreTx, order_token: OrderToken = None) -> OrderView:
    """By the token that came with it, or signed in as the customer who bought it."""
    if order_token:
        return OrderView.of(spread(await orders.order_by_token(tx, order_id=order_id, token=order_token)))
    if tx.actor.id is None:
        raise OrderNotFound()
    return OrderView.of(spread(await orders.order_of_customer(tx, order_id=order_id, customer_id=tx.actor.id)))


class CancelYours(Act):
    """Why, if there is something to say."""

    note: Line = ""


class YoursCancelled(Made):
    """The order as it stands now."""

    state: str
    payment_state: str


@router.post(
    "/orders/{order_id}/cancellation",
    status_code=201,
    summary="Cancel your order",
    responses=refusals(OrderNotFound, OrderIsCancelled, TooLateToCancel),
)
async def cancel_order(
    order_id: UUID, body: CancelYours, tx: StoreTx, order_token: OrderToken = None
) -> YoursCancelled:
    """As long as the shop waits for its money; what was paid of it goes back. Afterwards, ask the shop."""
    mine = await orders.find_order(tx, order_id=order_id, token=order_token, customer_id=tx.actor.id)
    return YoursCancelled.of(await orders.cancel_pending_order(tx, order_id=mine.id, note=body.note))

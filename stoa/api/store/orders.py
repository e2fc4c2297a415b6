"""Orders: followed by whoever holds their token, or by the customer who bought them."""

from uuid import UUID

from fastapi import APIRouter

from stoa import orders
from stoa.api.order_views import OrderSummaryView, OrderView, spread
from stoa.api.store.who import CustomerId, OrderToken, StoreTx
from stoa.api.views import Cursor, Limit, Page, page_of
from stoa.edge.problems import refusals
from stoa.edge.routes import StoreRoute
from stoa.kernel.cursors import BadCursor
from stoa.orders.errors import OrderNotFound

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

"""Orders: listed, read, paid."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from stoa import orders
from stoa.api.admin.who import StaffTx
from stoa.api.order_views import StaffOrderSummaryView, StaffOrderView, spread
from stoa.api.views import Act, Cursor, Limit, Line, Made, Page, page_of
from stoa.edge.problems import refusals
from stoa.edge.routes import StaffRoute, needs
from stoa.kernel.cursors import BadCursor
from stoa.kernel.money import LARGEST_AMOUNT
from stoa.orders.errors import NothingToPay, OrderNotFound, OtherAmountDue
from stoa.orders.states import OrderState, PaymentState

router = APIRouter(route_class=StaffRoute, tags=["orders"])


class RecordPayment(Act):
    """What came in. Without an amount, what is owed came in."""

    amount: Annotated[int, Field(strict=True, ge=1, le=LARGEST_AMOUNT, examples=[2895])] | None = None
    note: Line = ""


class PaymentRecorded(Made):
    """The order as it stands now."""

    state: str
    payment_state: str
    paid: int


@router.get("/orders", summary="List orders", responses=refusals(BadCursor))
@needs("orders.read")
async def list_orders(
    tx: StaffTx,
    state: Literal["pending", "confirmed"] | None = None,
    payment_state: Literal["pending", "paid"] | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[StaffOrderSummaryView]:
    """Newest first."""
    page = await orders.list_orders(
        tx,
        state=OrderState(state) if state else None,
        payment_state=PaymentState(payment_state) if payment_state else None,
        cursor=cursor,
        limit=limit,
    )
    return page_of(StaffOrderSummaryView, page)


@router.get("/orders/{order_id}", summary="Read an order", responses=refusals(OrderNotFound))
@needs("orders.read")
async def read_order(order_id: UUID, tx: StaffTx) -> StaffOrderView:
    """With its lines, contact, payments and history."""
    return StaffOrderView.of(spread(await orders.order_by_id(tx, order_id=order_id)))


@router.post(
    "/orders/{order_id}/payments",
    status_code=201,
    summary="Record a payment",
    responses=refusals(OrderNotFound, NothingToPay, OtherAmountDue),
)
@needs("orders.write")
async def record_payment(order_id: UUID, body: RecordPayment, tx: StaffTx) -> PaymentRecorded:
    """Money that came in after the sale; an order that waited for it is confirmed."""
    return PaymentRecorded.of(await orders.record_payment(tx, order_id=order_id, amount=body.amount, note=body.note))

"""Orders: listed, read, paid, taken back, refunded."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import Field

from stoa import orders
from stoa.api.admin.who import Revision, StaffTx
from stoa.api.order_views import StaffOrderSummaryView, StaffOrderView, spread
from stoa.api.views import Act, Cursor, Flag, Limit, Line, Made, Page, page_of
from stoa.edge.problems import refusals
from stoa.edge.routes import StaffRoute, needs
from stoa.edge.versions import NotThatVersion, tell_revision
from stoa.kernel.cursors import BadCursor
from stoa.kernel.money import LARGEST_AMOUNT
from stoa.orders.errors import (
    HeldUntilPaid,
    MoreThanLeft,
    NothingToPay,
    NothingToRefund,
    OrderHasChanged,
    OrderIsCancelled,
    OrderNotFound,
    OtherAmountDue,
    RefundTooHigh,
    TenderNamedTwice,
    TooManyParts,
    UnknownOrderLine,
    UnknownTender,
)
from stoa.orders.models import CancellationReason
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


class CancelledUnits(Act):
    """So many units of one line."""

    line_id: UUID
    quantity: Annotated[int, Field(strict=True, ge=1, le=10_000_000, examples=[1])]


class Cancel(Act):
    """What is taken back, and why. Without lines, all that is left."""

    reason: Annotated[
        Literal["customer", "out_of_stock", "payment_failed", "fraud", "staff", "other"],
        Field(examples=["customer"]),
    ]
    lines: Annotated[list[CancelledUnits], Field(min_length=1, max_length=2000)] | None = None
    note: Line = ""
    refund: Annotated[
        Flag, Field(description="give back what was taken above what is then owed, the newest payment first")
    ] = True

    def units(self) -> dict[UUID, int] | None:
        """How many units of each line; a line that is named twice counts twice."""
        if self.lines is None:
            return None
        units: dict[UUID, int] = {}
        for line in self.lines:
            units[line.line_id] = units.get(line.line_id, 0) + line.quantity
        return units


class OrderCancelled(Made):
    """The order as it stands now. What is to go back may still be on its way."""

    state: str
    payment_state: str
    cancelled: int
    paid: int
    refunded: int


class GiveBack(Act):
    """How much money goes back, and from where. Without an amount, all that can."""

    amount: Annotated[int, Field(strict=True, ge=1, le=LARGEST_AMOUNT, examples=[500])] | None = None
    payments: (
        Annotated[
            list[UUID],
            Field(min_length=1, max_length=100, description="these give back, in this order; else the newest first"),
        ]
        | None
    ) = None
    note: Line = ""


class MoneyGoesBack(Made):
    """The refund that was made; the order tells how far it has come."""

    amount: int
    currency: str


@router.get("/orders", summary="List orders", responses=refusals(BadCursor))
@needs("orders.read")
async def list_orders(
    tx: StaffTx,
    state: OrderState | None = None,
    payment_state: PaymentState | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[StaffOrderSummaryView]:
    """Newest first."""
    page = await orders.list_orders(
        tx,
        state=state,
        payment_state=payment_state,
        cursor=cursor,
        limit=limit,
    )
    return page_of(StaffOrderSummaryView, page)


@router.get("/orders/{order_id}", summary="Read an order", responses=refusals(OrderNotFound))
@needs("orders.read")
async def read_order(order_id: UUID, tx: StaffTx, request: Request) -> StaffOrderView:
    """With its lines, contact, payments, history, and what was taken back."""
    view = await orders.order_by_id(tx, order_id=order_id)
    tell_revision(request, view.revision)
    return StaffOrderView.of(spread(view))


@router.post(
    "/orders/{order_id}/payments",
    status_code=201,
    summary="Record a payment",
    responses=refusals(OrderNotFound, OrderIsCancelled, NothingToPay, OtherAmountDue),
)
@needs("orders.write")
async def record_payment(order_id: UUID, body: RecordPayment, tx: StaffTx) -> PaymentRecorded:
    """Money that came in after the sale; an order that waited for it is confirmed."""
    return PaymentRecorded.of(await orders.record_payment(tx, order_id=order_id, amount=body.amount, note=body.note))


@router.post(
    "/orders/{order_id}/cancellations",
    status_code=201,
    summary="Take an order back, or units of it",
    responses=refusals(
        OrderNotFound,
        OrderIsCancelled,
        OrderHasChanged,
        NotThatVersion,
        UnknownOrderLine,
        MoreThanLeft,
        HeldUntilPaid,
        TooManyParts,
    ),
)
@needs("orders.cancel")
async def cancel(order_id: UUID, body: Cancel, tx: StaffTx, revision: Revision) -> OrderCancelled:
    """Stock goes back at once; with the last units, delivery and discount codes do. Payments that are not needed any
    more are let go."""
    because = CancellationReason(body.reason)
    units = body.units()
    how: dict[str, Any] = {"reason": because, "note": body.note, "refund": body.refund, "seen": revision}
    if units is None:
        return OrderCancelled.of(await orders.cancel_order(tx, order_id=order_id, **how))
    return OrderCancelled.of(await orders.cancel_units(tx, order_id=order_id, units=units, **how))


@router.post(
    "/orders/{order_id}/refunds",
    status_code=201,
    summary="Give money back",
    responses=refusals(
        OrderNotFound,
        OrderHasChanged,
        NotThatVersion,
        UnknownTender,
        TenderNamedTwice,
        NothingToRefund,
        RefundTooHigh,
    ),
)
@needs("orders.refund")
async def refund(order_id: UUID, body: GiveBack, tx: StaffTx, revision: Revision) -> MoneyGoesBack:
    """Whatever was sent or taken back. Providers are asked after this is answered; what one refuses stays where it is,
    and the order tells why."""
    return MoneyGoesBack.of(
        await orders.refund(
            tx, order_id=order_id, amount=body.amount, tenders=body.payments, note=body.note, seen=revision
        )
    )

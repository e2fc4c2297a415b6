"""What was asked about money and is not done: listed, handed back, given up."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from stoa import orders
from stoa.api.admin.who import Asked, Staff, StaffTx
from stoa.api.views import Act, Amount, Currency, Cursor, Flag, Limit, Line, Made, Page, View, page_of
from stoa.edge.paying import providers_of
from stoa.edge.problems import refusals
from stoa.edge.routes import PlainRoute, StaffRoute, needs
from stoa.kernel.cursors import BadCursor
from stoa.orders.errors import NothingToHandBack, OrderNotFound
from stoa.orders.giving_up import give_up
from stoa.payments.errors import AttemptNotFound, AttemptSettled, MoneyUnderWay, ProviderSilent

router = APIRouter(route_class=StaffRoute, tags=["payments"])
giving_up = APIRouter(route_class=PlainRoute, tags=["payments"])


class UnansweredView(View):
    """Something that was asked about a payment and is not done."""

    id: UUID = Field(description="of the attempt")
    order_id: UUID
    order_number: int
    payment_id: UUID
    method: str = Field(examples=["bank_transfer"])
    provider: str
    kind: str = Field(examples=["refund"])
    state: str = Field(examples=["waiting"])
    amount: Amount
    currency: Currency
    by_hand: bool = Field(description="whether somebody in the shop is to do it")
    opened_at: datetime
    looked_at: datetime | None = Field(description="when the provider was last asked what became of it, by itself")


class HandBack(Act):
    """How it was handed back."""

    note: Line = ""


class GiveUp(Act):
    """Why it is given up."""

    note: Line = ""
    looked: Annotated[
        Flag,
        Field(description="you looked on the provider's own pages: it is not there. Counts where it does not answer"),
    ] = False


class AttemptNow(Made):
    """What became of it."""

    state: str = Field(examples=["succeeded"])
    amount: Amount
    reason_code: str | None
    reason: str | None


@router.get("/payments/unanswered", summary="List what is not done", responses=refusals(BadCursor))
@needs("payments.read")
async def list_unanswered(
    tx: StaffTx, by_hand: bool | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[UnansweredView]:
    """Of all orders, oldest first: what providers have not answered, and what is to be handed back."""
    return page_of(UnansweredView, await orders.list_unanswered(tx, by_hand=by_hand, cursor=cursor, limit=limit))


@router.post(
    "/orders/{order_id}/attempts/{attempt_id}/handovers",
    status_code=201,
    summary="Say that money was handed back",
    responses=refusals(OrderNotFound, AttemptNotFound, NothingToHandBack),
)
@needs("orders.refund")
async def hand_back(order_id: UUID, attempt_id: UUID, body: HandBack, tx: StaffTx) -> AttemptNow:
    """What came by transfer or in cash goes back by hand: until you say that it has, it waits."""
    return AttemptNow.of(await orders.hand_back(tx, order_id=order_id, attempt_id=attempt_id, note=body.note))


@giving_up.post(
    "/orders/{order_id}/attempts/{attempt_id}/closures",
    status_code=201,
    summary="Give up what has no answer",
    responses=refusals(OrderNotFound, AttemptNotFound, AttemptSettled, MoneyUnderWay, ProviderSilent),
)
@needs("orders.refund")
async def close_attempt(order_id: UUID, attempt_id: UUID, body: GiveUp, asking: Asked, staff: Staff) -> AttemptNow:
    """It counts as failed. The provider is asked first, and what it knows counts; while money may be under way, nothing
    is given up. Of what is to be handed back, the money stays with the shop."""
    house = asking.house
    closed = await give_up(
        house.database,
        providers_of(house),
        asking.store.id,
        order_id=order_id,
        attempt_id=attempt_id,
        actor=staff,
        note=body.note,
        looked=body.looked,
        clock=house.clock,
    )
    house.bell.ring(asking.store.id)
    return AttemptNow.of(closed)

"""Paying an order after it was placed, and the cards a customer keeps."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import Field

from stoa.api.store.tenders import PaidBy, PaymentStanding
from stoa.api.store.who import Asked, CustomerId, OrderToken, StoreTx
from stoa.api.views import Page, View, whole_list
from stoa.checkout.errors import UnknownPaymentMethod
from stoa.edge.idempotency import key_of
from stoa.edge.paying import OrderHolder, Standing, look_again, pay_again
from stoa.edge.problems import refusals
from stoa.edge.routes import PlainRoute, StoreRoute, actor_of, asks_who, context_of
from stoa.orders.errors import NothingToPay, OrderNotFound, PaymentPending, TooManyPayments
from stoa.payments.accounts import public_key_of
from stoa.payments.errors import BadReturnUrl, PaymentsUnclear, SavedMethodNotFound
from stoa.payments.saved import cards_of, forget_card
from stoa.stores import settings_of
from stoa.stores.models import PaymentMethod

router = APIRouter(route_class=StoreRoute, tags=["payments"])
paying = APIRouter(route_class=PlainRoute, tags=["payments"])

PAY_AGAIN = "/orders/{order_id}/payments"


class PayOrder(PaidBy):
    """The card that pays what has failed so far."""


class OrderPaid(View):
    """How the order stands after its provider was asked."""

    id: UUID
    state: str = Field(examples=["confirmed"])
    payment_state: str = Field(examples=["paid"])
    payment: PaymentStanding

    @classmethod
    def after(cls, order_id: UUID, standing: Standing) -> "OrderPaid":
        """From what the edge read."""
        return cls(
            id=order_id,
            state=standing.state,
            payment_state=standing.payment_state,
            payment=PaymentStanding.of(standing),
        )


class MethodView(View):
    """A way to pay. A card is given to the provider's own form, which needs the key."""

    method: str = Field(examples=["card"])
    provider: str | None = Field(examples=["test"])
    public_key: str | None = Field(examples=[None])


class SavedMethodView(View):
    """A card that the customer keeps, as much of it as may be shown."""

    id: UUID
    provider: str = Field(examples=["test"])
    brand: str = Field(examples=["Visa"])
    last4: str = Field(examples=["4242"])
    expires_month: int | None
    expires_year: int | None


PAYING: dict[str, Any] = {
    "status_code": 201,
    "responses": refusals(
        OrderNotFound, NothingToPay, PaymentPending, TooManyPayments, UnknownPaymentMethod, PaymentsUnclear,
        BadReturnUrl, SavedMethodNotFound,
    ),
}  # fmt: skip


@paying.post(PAY_AGAIN, summary="Pay an order whose payment failed", **PAYING)
@asks_who
async def pay_order(order_id: UUID, body: PayOrder, request: Request, order_token: OrderToken = None) -> OrderPaid:
    """By a card, as long as the order's stock is held, which is held a little longer for it; or of an order that went
    ahead, when its provider promises its money no more."""
    ways = body.ways()
    if len(ways) != 1:
        raise PaymentsUnclear()
    actor, asking = actor_of(request), context_of(request)
    standing = await pay_again(
        asking.house,
        asking.store,
        order_id,
        way=ways[0],
        holder=_holder(request, order_token),
        actor=actor,
        key=await key_of(request, actor, asking, f"POST {PAY_AGAIN}"),
    )
    return OrderPaid.after(order_id, standing)


@paying.post(
    f"{PAY_AGAIN}/check", status_code=200, summary="Look what became of a payment", responses=refusals(OrderNotFound)
)
@asks_who
async def check_payment(order_id: UUID, request: Request, order_token: OrderToken = None) -> OrderPaid:
    """For when the shopper is back from the provider's page: it is asked at once, rather than waited for."""
    asking = context_of(request)
    standing = await look_again(asking.house, asking.store.id, order_id, holder=_holder(request, order_token))
    return OrderPaid.after(order_id, standing)


@router.get("/payment-methods", summary="List the ways to pay")
async def list_payment_methods(tx: StoreTx, asking: Asked) -> Page[MethodView]:
    """In the store's order."""
    settings = await settings_of(tx)
    provider = settings.card_provider
    key = await public_key_of(tx, provider=provider) if provider else None
    return whole_list(
        MethodView,
        [
            MethodView(method=each, provider=provider, public_key=key)
            if each == PaymentMethod.CARD
            else MethodView(method=each, provider=None, public_key=None)
            for each in asking.store.settings.payment_methods
        ],
    )


@router.get("/me/payment-methods", summary="List the cards you keep")
async def list_saved_methods(tx: StoreTx, customer_id: CustomerId) -> Page[SavedMethodView]:
    """Newest first."""
    return whole_list(SavedMethodView, await cards_of(tx, customer_id=customer_id))


@router.delete(
    "/me/payment-methods/{saved_method_id}",
    status_code=204,
    summary="Forget a card",
    responses=refusals(SavedMethodNotFound),
)
async def forget_saved_method(saved_method_id: UUID, tx: StoreTx, customer_id: CustomerId) -> None:
    """It cannot be paid with here any more."""
    await forget_card(tx, customer_id=customer_id, saved_id=saved_method_id)


def _holder(request: Request, order_token: str | None) -> OrderHolder:
    actor = actor_of(request)
    return OrderHolder(order_token, actor.id if actor.kind == "customer" else None)

"""Completing a cart: the one route that opens no transaction of its own, since orders are placed together."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import Field

from stoa import carts
from stoa.api.store.tenders import PaidBy, PaymentStanding
from stoa.api.store.who import CartToken, holder_of
from stoa.api.views import Amount, Currency, View
from stoa.carts.errors import CartNotFound
from stoa.checkout import order_token
from stoa.checkout.errors import (
    CheckoutIncomplete,
    CheckoutUnavailable,
    CodeSpent,
    OutOfStock,
    QuoteChanged,
    TendersUnequal,
    UnknownPaymentMethod,
)
from stoa.db.transaction import Actor
from stoa.edge.asking import Asking
from stoa.edge.idempotency import key_of
from stoa.edge.paying import begin, cards_of
from stoa.edge.problems import refusals
from stoa.edge.routes import PlainRoute, actor_of, asks_who, context_of
from stoa.edge.submitting import submit
from stoa.payments.errors import BadReturnUrl, PaymentsUnclear, SavedMethodNotFound

router = APIRouter(route_class=PlainRoute, tags=["carts"])

_ROUTE = "POST /carts/{cart_id}/complete"


class CompleteCart(PaidBy):
    """The quote that was looked at, and how it is paid."""

    quote_id: UUID = Field(description="the cart's present quote")


class OrderPlaced(View):
    """The order that the cart became. Keep the token: it opens the order to a guest."""

    id: UUID
    number: int
    state: str = Field(examples=["confirmed"])
    payment_state: str = Field(examples=["paid"])
    total: Amount
    currency: Currency
    token: str = Field(description="send it as Order-Token", examples=["3vZ0yq4mQ2S1l0d8bYk0pA"])
    payment: PaymentStanding | None = Field(description="of an order that asks a provider for its money; else null")


COMPLETING: dict[str, Any] = {
    "status_code": 201,
    "response_model": OrderPlaced,
    "responses": refusals(
        CartNotFound,
        QuoteChanged,
        CheckoutIncomplete,
        OutOfStock,
        CodeSpent,
        UnknownPaymentMethod,
        TendersUnequal,
        PaymentsUnclear,
        BadReturnUrl,
        SavedMethodNotFound,
        CheckoutUnavailable,
    )
    | {200: {"model": OrderPlaced, "description": "The cart was an order already: this one"}},
}


@router.post("/carts/{cart_id}/complete", summary="Buy", **COMPLETING)
@asks_who
async def complete_cart(
    cart_id: UUID, body: CompleteCart, request: Request, cart_token: CartToken = None
) -> OrderPlaced | Response:
    """Turn the cart into an order at the quoted price. A cart becomes at most one order, however often it is sent."""
    actor = actor_of(request)
    holder = holder_of(cart_token, actor.id)
    return await complete(context_of(request), request, cart_id=cart_id, body=body, holder=holder, actor=actor)


async def complete(
    asking: Asking,
    request: Request,
    *,
    cart_id: UUID,
    body: CompleteCart,
    holder: carts.Holder,
    actor: Actor,
) -> OrderPlaced | Response:
    """Hand the cart in, and ask for its money where a provider holds it; 200 where it was an order before."""
    ways = body.ways()
    cards = await cards_of(asking.house, asking.store.id, ways, actor)
    placed = await submit(
        asking.house,
        asking.store,
        cart_id=cart_id,
        quote_id=body.quote_id,
        holder=holder,
        ways=[each.way for each in ways],
        actor=actor,
        key=await key_of(request, actor, asking, _ROUTE),
    )
    standing = await begin(asking.house, asking.store.id, placed.order_id, cards=cards, actor=actor) if cards else None
    order = OrderPlaced(
        id=placed.order_id,
        number=placed.number,
        state=standing.state if standing else placed.state,
        payment_state=standing.payment_state if standing else placed.payment_state,
        total=placed.total,
        currency=placed.currency,
        token=order_token(asking.house.secret_key, placed.order_id),
        payment=PaymentStanding.of(standing) if standing else None,
    )
    return order if placed.anew else Response(order.model_dump_json(), 200, media_type="application/json")

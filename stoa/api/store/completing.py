"""Completing a cart: the one route that opens no transaction of its own, since orders are placed together."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic import Field

from stoa import carts
from stoa.api.views import Act, Amount, Currency, View
from stoa.carts.errors import CartNotFound
from stoa.checkout import Submission, order_token
from stoa.checkout.errors import (
    CheckoutIncomplete,
    CheckoutUnavailable,
    CodeSpent,
    KeyReused,
    OutOfStock,
    QuoteChanged,
    UnknownPaymentMethod,
)
from stoa.db.transaction import GUEST, Actor
from stoa.edge.asking import bearer, client_address, shopper_actor, store_asked
from stoa.edge.directory import StoreEntry
from stoa.edge.house import House, house_of
from stoa.edge.idempotency import key_of
from stoa.edge.problems import refusals
from stoa.stores.models import PaymentMethod

router = APIRouter(tags=["carts"])

_ROUTE = "POST /carts/{cart_id}/complete"


class CompleteCart(Act):
    """The quote that was looked at, and how it is paid."""

    quote_id: UUID = Field(description="the cart's present quote")
    payment_method: str = Field(max_length=100, examples=["test"])


class OrderPlaced(View):
    """The order that the cart became. Keep the token: it opens the order to a guest."""

    id: UUID
    number: int
    state: str = Field(examples=["confirmed"])
    payment_state: str = Field(examples=["paid"])
    total: Amount
    currency: Currency
    token: str = Field(description="send it as Order-Token", examples=["3vZ0yq4mQ2S1l0d8bYk0pA"])


@router.post(
    "/carts/{cart_id}/complete",
    status_code=201,
    summary="Buy",
    responses=refusals(
        CartNotFound, QuoteChanged, CheckoutIncomplete, OutOfStock, CodeSpent, UnknownPaymentMethod, KeyReused,
        CheckoutUnavailable,
    )
    | {200: {"model": OrderPlaced, "description": "The cart was an order already: this one"}},
)  # fmt: skip
async def complete_cart(
    cart_id: UUID,
    body: CompleteCart,
    request: Request,
    response: Response,
    house: Annotated[House, Depends(house_of)],
    cart_token: Annotated[str | None, Header(max_length=200)] = None,
) -> OrderPlaced:
    """Turn the cart into an order at the quoted price. A cart becomes at most one order, however often it is sent."""
    store = await store_asked(request, house)
    actor = await _actor(request, house, store)
    now = house.clock()
    placed = await house.gatherer.submit(
        store.id,
        Submission.new(
            cart_id=cart_id,
            quote_id=body.quote_id,
            holder=carts.Holder(
                token_hash=carts.Holder.of_token(cart_token).token_hash if cart_token else None, customer_id=actor.id
            ),
            method=_method(store, body.payment_method),
            at=now,
            secret_key=house.secret_key,
            actor=str(actor),
            key=await key_of(request, actor, client_address(request, house.config), _ROUTE),
        ),
    )
    if placed.anew:
        house.bell.ring()
    else:
        response.status_code = 200
    return OrderPlaced(
        id=placed.order_id,
        number=placed.number,
        state=placed.state,
        payment_state=placed.payment_state,
        total=placed.total,
        currency=placed.currency,
        token=order_token(house.secret_key, placed.order_id),
    )


async def _actor(request: Request, house: House, store: StoreEntry) -> Actor:
    """A guest needs no look-up, and most who buy are guests."""
    if bearer(request) is None:
        return GUEST
    async with house.database.store(store.id, clock=house.clock) as tx:
        return await shopper_actor(request, tx)


def _method(store: StoreEntry, named: str) -> PaymentMethod:
    if named not in store.settings.payment_methods:
        raise UnknownPaymentMethod(method=named, offered=", ".join(store.settings.payment_methods))
    return PaymentMethod(named)

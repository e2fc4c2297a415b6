"""Carts that staff fill for somebody, where a line may have a price of their own."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import Field

from stoa import carts, customers
from stoa.api.admin.who import Asked, Staff, StaffTx
from stoa.api.cart_views import AddLine, CartView, ContactView, QuoteView, SetContact
from stoa.api.store.completing import COMPLETING, CompleteCart, OrderPlaced, complete
from stoa.api.views import Act, AmountGiven, Line, View
from stoa.carts.errors import (
    BadQuantity,
    CartBusy,
    CartCompleted,
    CartEmpty,
    CartFull,
    CartLineNotFound,
    CartNotFound,
    CartTooDear,
    CountryNotServed,
    NotEnoughStock,
    NotForSale,
    UnknownVariant,
)
from stoa.carts.holding import STAFF
from stoa.customers.errors import UnknownCustomer
from stoa.edge.asking import Asking
from stoa.edge.problems import refusals
from stoa.edge.routes import PlainRoute, StaffRoute, needs, rederives
from stoa.inventory.errors import NotTogether
from stoa.kernel.countries import CountryMissing, UnknownCountry
from stoa.kernel.emails import BadEmail
from stoa.kernel.spots import BadSpot
from stoa.kernel.text import TextMissing

router = APIRouter(route_class=StaffRoute, tags=["carts"])
completing = APIRouter(route_class=PlainRoute, tags=["carts"])

_CHANGES = (CartNotFound, CartCompleted, CartBusy)
_LINES = (*_CHANGES, UnknownVariant, NotForSale, NotEnoughStock, NotTogether, BadQuantity, CartFull)


class OpenCart(Act):
    """A cart, for a customer where one is named."""

    customer_id: UUID | None = None


class CartOpened(View):
    """A new cart. Its token opens it to whoever it is for."""

    id: UUID
    token: str = Field(examples=["3vZ0yq4mQ2S1l0d8bYk0pA"])


class AddPricedLine(AddLine):
    """Units of one variant at a price of yours: `amount` for the whole line, and why."""

    amount: AmountGiven
    reason: Line = Field(min_length=1, examples=["a scratch on the rim"])


def _cart_token(asking: Asking, answer: dict[str, Any]) -> str:
    return carts.cart_token(asking.house.secret_key, UUID(answer["id"]))


@router.post("/carts", status_code=201, summary="Begin a cart", responses=refusals(UnknownCustomer))
@needs("orders.write")
@rederives(token=_cart_token)
async def open_cart(body: OpenCart, tx: StaffTx, asking: Asked) -> CartOpened:
    """For a customer, or for whoever gets its token."""
    if body.customer_id is not None:
        await customers.profile(tx, customer_id=body.customer_id)
    cart = await carts.open_cart(tx, secret_key=asking.house.secret_key, customer_id=body.customer_id)
    return CartOpened(id=cart.id, token=carts.cart_token(asking.house.secret_key, cart.id))


@router.get("/carts/{cart_id}", summary="Read a cart", responses=refusals(CartNotFound))
@needs("orders.read")
async def read_cart(cart_id: UUID, tx: StaffTx) -> CartView:
    """At today's prices, with what has changed since things were put in."""
    return CartView.of(await carts.read_cart(tx, cart_id=cart_id, holder=STAFF))


@router.post("/carts/{cart_id}/lines", status_code=201, summary="Put units into a cart", responses=refusals(*_LINES))
@needs("orders.write")
async def add_line(cart_id: UUID, body: AddLine, tx: StaffTx) -> CartView:
    """At the price of the list."""
    wanted = carts.Wanted(body.variant_id, body.quantity)
    return CartView.of(await carts.add_lines(tx, cart_id=cart_id, holder=STAFF, wanted=[wanted]))


@router.post(
    "/carts/{cart_id}/priced-lines",
    status_code=201,
    summary="Put units into a cart at a price of yours",
    responses=refusals(*_LINES),
)
@needs("prices.override")
async def add_priced_line(cart_id: UUID, body: AddPricedLine, tx: StaffTx) -> CartView:
    """It stands whatever the list says, as a line of its own that names its reason and who set it."""
    wanted = carts.Wanted(body.variant_id, body.quantity, carts.StaffPrice(body.amount, body.reason))
    return CartView.of(await carts.add_lines(tx, cart_id=cart_id, holder=STAFF, wanted=[wanted]))


@router.delete(
    "/carts/{cart_id}/lines/{line_id}", summary="Take a line out", responses=refusals(*_CHANGES, CartLineNotFound)
)
@needs("orders.write")
async def remove_line(cart_id: UUID, line_id: UUID, tx: StaffTx) -> CartView:
    """Take a line out of the cart."""
    return CartView.of(await carts.remove_line(tx, cart_id=cart_id, holder=STAFF, line_id=line_id))


@router.put(
    "/carts/{cart_id}/contact",
    status_code=204,
    summary="Say who it is for",
    responses=refusals(*_CHANGES, BadEmail, BadSpot, CountryMissing, UnknownCountry, CountryNotServed, TextMissing),
)
@needs("orders.write")
async def set_contact(cart_id: UUID, body: SetContact, tx: StaffTx) -> None:
    """E-mail, delivery and billing address; replaces what was said before."""
    await carts.set_contact(tx, cart_id=cart_id, holder=STAFF, **body.contact())


@router.get("/carts/{cart_id}/contact", summary="Read who it is for", responses=refusals(CartNotFound))
@needs("orders.read")
async def read_contact(cart_id: UUID, tx: StaffTx) -> ContactView | None:
    """What was said so far; null if nothing was."""
    contact = await carts.contact_of(tx, await carts.find_cart(tx, cart_id=cart_id, holder=STAFF))
    return ContactView.of(contact) if contact else None


@router.post(
    "/carts/{cart_id}/quotes",
    status_code=201,
    summary="Ask what it costs",
    responses=refusals(*_CHANGES, CartEmpty, NotForSale, NotEnoughStock, CartTooDear),
)
@needs("orders.write")
async def quote(cart_id: UUID, tx: StaffTx) -> QuoteView:
    """The whole price, line by line, with the reason of every figure."""
    return QuoteView.of(await carts.quote(tx, cart_id=cart_id, holder=STAFF))


@completing.post("/carts/{cart_id}/complete", summary="Place the order", **COMPLETING)
@needs("orders.write")
async def complete_cart(
    cart_id: UUID, body: CompleteCart, request: Request, asking: Asked, staff: Staff
) -> OrderPlaced | Response:
    """Turn the cart into an order at the quoted price. A cart becomes at most one order, however often it is sent."""
    return await complete(asking, request, cart_id=cart_id, body=body, holder=STAFF, actor=staff)

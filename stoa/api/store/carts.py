"""Carts: fill one, say who it is for, ask what it costs."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from stoa import carts
from stoa.api.cart_views import (
    AddLine,
    ApplyCode,
    CartView,
    ChangeLine,
    ContactView,
    QuoteView,
    SetContact,
)
from stoa.api.store.who import Asked, CartHolder, CustomerId, StoreCalls, StoreTx
from stoa.api.views import View
from stoa.budgets.errors import CodeEnded, CodeNotStarted, CodeSpent, UnknownCode
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
    StaffPriced,
    UnknownVariant,
)
from stoa.edge.asking import Asking
from stoa.edge.idempotency import KeyGuessable
from stoa.edge.problems import refusals
from stoa.edge.routes import StoreRoute, called_alone, rederives
from stoa.inventory.errors import NotTogether
from stoa.kernel.countries import CountryMissing, UnknownCountry
from stoa.kernel.emails import BadEmail
from stoa.kernel.spots import BadSpot
from stoa.kernel.text import TextMissing, TextTooLong

router = APIRouter(route_class=StoreRoute, tags=["carts"])

_CHANGES = (CartNotFound, CartCompleted, CartBusy)
_CONTACT = (BadEmail, BadSpot, CountryMissing, UnknownCountry, CountryNotServed, TextMissing, TextTooLong)


class CartOpened(View):
    """A new cart. Keep the token: it is the only way in for a guest."""

    id: UUID
    token: str = Field(description="send it as Cart-Token", examples=["3vZ0yq4mQ2S1l0d8bYk0pA"])


def _cart_token(asking: Asking, answer: dict[str, Any]) -> str:
    return carts.cart_token(asking.house.secret_key, UUID(answer["id"]))


@router.post("/carts", status_code=201, summary="Begin a cart", responses=refusals(KeyGuessable))
@called_alone
@rederives(token=_cart_token)
async def open_cart(tx: StoreCalls, asking: Asked) -> CartOpened:
    """Begin a cart; it lives 30 days. A signed-in customer's cart is theirs, a guest's opens by its token."""
    cart = await carts.open_cart(tx, secret_key=asking.house.secret_key, customer_id=tx.actor.id)
    return CartOpened(id=cart.id, token=carts.cart_token(asking.house.secret_key, cart.id))


@router.get("/carts/{cart_id}", summary="Read a cart", responses=refusals(CartNotFound))
@called_alone
async def read_cart(cart_id: UUID, tx: StoreCalls, who: CartHolder) -> CartView:
    """The cart at today's prices, with what has changed since things were put in."""
    return CartView.of(await carts.read_cart(tx, cart_id=cart_id, holder=who))


@router.post(
    "/carts/{cart_id}/claim",
    status_code=204,
    summary="Make a guest's cart yours",
    responses=refusals(*_CHANGES),
)
async def claim(cart_id: UUID, tx: StoreTx, customer_id: CustomerId, who: CartHolder) -> None:
    """After signing in: the cart that the Cart-Token opens becomes the customer's, and so will its order."""
    await carts.claim_cart(tx, cart_id=cart_id, holder=who, customer_id=customer_id)


@router.post(
    "/carts/{cart_id}/lines",
    status_code=201,
    summary="Put units into a cart",
    responses=refusals(*_CHANGES, UnknownVariant, NotForSale, NotEnoughStock, NotTogether, BadQuantity, CartFull),
)
@called_alone
async def add_line(cart_id: UUID, body: AddLine, tx: StoreCalls, who: CartHolder) -> CartView:
    """Units of a variant that is in the cart already join its line, unless staff set the price of that."""
    return CartView.of(
        await carts.add_lines(tx, cart_id=cart_id, holder=who, wanted=[carts.Wanted(body.variant_id, body.quantity)])
    )


@router.patch(
    "/carts/{cart_id}/lines/{line_id}",
    summary="Change how many",
    responses=refusals(*_CHANGES, CartLineNotFound, StaffPriced, NotForSale, NotEnoughStock, NotTogether, BadQuantity),
)
@called_alone
async def change_line(cart_id: UUID, line_id: UUID, body: ChangeLine, tx: StoreCalls, who: CartHolder) -> CartView:
    """Set the quantity of a line. Where staff set its price, that is for the units it has: it can only be taken out."""
    return CartView.of(
        await carts.change_quantity(tx, cart_id=cart_id, holder=who, line_id=line_id, quantity=body.quantity)
    )


@router.delete(
    "/carts/{cart_id}/lines/{line_id}", summary="Take a line out", responses=refusals(*_CHANGES, CartLineNotFound)
)
@called_alone
async def remove_line(cart_id: UUID, line_id: UUID, tx: StoreCalls, who: CartHolder) -> CartView:
    """Take a line out of the cart."""
    return CartView.of(await carts.remove_line(tx, cart_id=cart_id, holder=who, line_id=line_id))


@router.put(
    "/carts/{cart_id}/contact",
    summary="Say who it is for",
    status_code=204,
    responses=refusals(*_CHANGES, *_CONTACT),
)
@called_alone
async def set_contact(cart_id: UUID, body: SetContact, tx: StoreCalls, who: CartHolder) -> None:
    """E-mail, delivery and billing address; replaces what was said before."""
    await carts.set_contact(tx, cart_id=cart_id, holder=who, **body.contact())


@router.get("/carts/{cart_id}/contact", summary="Read who it is for", responses=refusals(CartNotFound))
async def read_contact(cart_id: UUID, tx: StoreTx, who: CartHolder) -> ContactView | None:
    """What was said so far; null if nothing was."""
    contact = await carts.contact_of(tx, await carts.find_cart(tx, cart_id=cart_id, holder=who))
    return ContactView.of(contact) if contact else None


@router.put(
    "/carts/{cart_id}/code",
    summary="Put a discount code on",
    responses=refusals(*_CHANGES, UnknownCode, CodeNotStarted, CodeEnded, CodeSpent),
)
async def apply_code(cart_id: UUID, body: ApplyCode, tx: StoreTx, who: CartHolder) -> CartView:
    """In place of the one that was on it. It is spent when the order is placed."""
    await carts.apply_code(tx, cart_id=cart_id, holder=who, code=body.code)
    return CartView.of(await carts.read_cart(tx, cart_id=cart_id, holder=who))


@router.delete("/carts/{cart_id}/code", summary="Take the discount code off", responses=refusals(*_CHANGES))
async def remove_code(cart_id: UUID, tx: StoreTx, who: CartHolder) -> CartView:
    """Take the discount code off the cart."""
    await carts.remove_code(tx, cart_id=cart_id, holder=who)
    return CartView.of(await carts.read_cart(tx, cart_id=cart_id, holder=who))


@router.post(
    "/carts/{cart_id}/quotes",
    status_code=201,
    summary="Ask what it costs",
    responses=refusals(*_CHANGES, CartEmpty, NotForSale, NotEnoughStock, CartTooDear),
)
@called_alone
async def quote(cart_id: UUID, tx: StoreCalls, who: CartHolder) -> QuoteView:
    """The whole price, line by line, with the reason of every figure. Buy it by completing the cart with its id."""
    return QuoteView.of(await carts.quote(tx, cart_id=cart_id, holder=who))

"""Carts: fill one, say who it is for, ask what it costs."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request
from pydantic import Field

from stoa import carts
from stoa.api.views import Act, AddressAct, Amount, Currency, View
from stoa.budgets.errors import CodeEnded, CodeNotStarted, CodeSpent, UnknownCode
from stoa.carts.errors import (
    BadQuantity,
    CartCompleted,
    CartEmpty,
    CartFull,
    CartLineNotFound,
    CartNotFound,
    CountryNotServed,
    NotEnoughStock,
    NotForSale,
    UnknownVariant,
)
from stoa.carts.models import LARGEST_QUANTITY, Quote
from stoa.carts.reading import CartLineView
from stoa.db.transaction import Tx
from stoa.edge.asking import Asking
from stoa.edge.house import House
from stoa.edge.problems import refusals
from stoa.edge.routes import StoreRoute, asking_of, rederives, store_tx

router = APIRouter(route_class=StoreRoute, tags=["carts"])

StoreTx = Annotated[Tx, Depends(store_tx)]


def holder(
    request: Request,
    cart_token: Annotated[str | None, Header(description="the token that came with the cart", max_length=200)] = None,
) -> carts.Holder:
    """Whoever asks for a cart: by its token, or signed in as its customer."""
    actor = request.state.tx.actor
    token_hash = carts.Holder.of_token(cart_token).token_hash if cart_token else None
    return carts.Holder(token_hash=token_hash, customer_id=actor.id)


CartHolder = Annotated[carts.Holder, Depends(holder)]

_CHANGES = (CartNotFound, CartCompleted)


class CartOpened(View):
    """A new cart. Keep the token: it is the only way in for a guest."""

    id: UUID
    token: str = Field(description="send it as Cart-Token", examples=["3vZ0yq4mQ2S1l0d8bYk0pA"])


class ChangeView(View):
    """Something is not as it was when it was put in; `was` and `now` are minor units, or units of stock."""

    kind: Literal["price_changed", "not_for_sale", "short"]
    says: str
    was: int | None
    now: int | None


class LineView(View):
    """One line of a cart at today's price."""

    id: UUID
    variant_id: UUID
    product_slug: str
    sku: str
    title: str
    variant_title: str
    quantity: int
    unit_price: Amount
    amount: Amount
    available: int | None = Field(description="units that may be promised now; null where stock is not counted")
    changes: list[ChangeView]

    @classmethod
    def of(cls, line: CartLineView) -> "LineView":
        """From the domain's view."""
        return cls.model_validate(line)


class CartView(View):
    """A cart. `subtotal` is before discount, shipping, and tax where that is on top: a quote tells those."""

    id: UUID
    state: Literal["open", "completed"]
    currency: Currency
    lines: list[LineView]
    units: int
    subtotal: Amount
    discount_code: str | None
    quote_id: UUID | None = Field(description="the quote that may be bought now, if any")

    @classmethod
    def of(cls, view: carts.CartView) -> "CartView":
        """From the domain's view."""
        return cls.model_validate(
            {
                "id": view.cart.id,
                "state": view.cart.state,
                "currency": view.cart.currency,
                "lines": [LineView.of(line) for line in view.lines],
                "units": view.units,
                "subtotal": view.subtotal,
                "discount_code": view.code,
                "quote_id": view.cart.quote_id,
            }
        )


class AddLine(Act):
    """Units of one variant."""

    variant_id: UUID
    quantity: int = Field(default=1, description=f"1 to {LARGEST_QUANTITY:,}", examples=[2])


class ChangeLine(Act):
    """How many."""

    quantity: int = Field(description=f"1 to {LARGEST_QUANTITY:,}", examples=[3])


class SetContact(Act):
    """Who it is for. What is left out is empty afterwards."""

    email: str = Field(examples=["ada@example.com"])
    phone: str = ""
    shipping: AddressAct | None = None
    billing: AddressAct | None = Field(default=None, description="where it differs from the delivery address")
    note: str = ""


class ContactView(View):
    """Who it is for, as far as it was said."""

    email: str
    phone: str
    name: str
    company: str
    line1: str
    line2: str
    city: str
    region: str
    postal_code: str
    country: str
    note: str


class ApplyCode(Act):
    """A discount code, however it is written."""

    code: str = Field(min_length=1, max_length=100, examples=["WELCOME5"])


class QuoteLineView(View):
    """What one line costs and why it adds up: `total = amount - discount`, plus tax where that is on top."""

    line: int
    variant_id: UUID
    sku: str
    title: str
    variant_title: str
    quantity: int
    unit_price: Amount
    amount: Amount
    discount: Amount
    tax: Amount
    total: Amount


class ExplanationView(View):
    """A rule that fired and what it gave."""

    rule: str
    amount: Amount
    says: str
    line_id: UUID | None


class QuoteView(View):
    """What the cart costs, for half an hour, unless the cart or a price changes."""

    id: UUID
    currency: Currency
    tax_included: bool
    subtotal: Amount
    discount: Amount
    shipping: Amount
    shipping_title: str
    tax: Amount
    total: Amount
    lines: list[QuoteLineView]
    explanation: list[ExplanationView]
    missing: list[str] = Field(description="what must be given before it can be bought: `email`, `shipping`")
    expires_at: str

    @classmethod
    def of(cls, quote: Quote) -> "QuoteView":
        """From the stored quote."""
        names = [name for name in cls.model_fields if name != "expires_at"]
        values: dict[str, Any] = {name: getattr(quote, name) for name in names}
        return cls.model_validate(values | {"expires_at": quote.expires_at.isoformat()})


def _cart_token(house: House, answer: dict[str, Any]) -> str:
    return carts.cart_token(house.secret_key, UUID(answer["id"]))


@router.post("/carts", status_code=201, summary="Begin a cart")
@rederives(token=_cart_token)
async def open_cart(tx: StoreTx, asking: Annotated[Asking, Depends(asking_of)]) -> CartOpened:
    """Begin a cart; it lives 30 days. A signed-in customer's cart is theirs, a guest's opens by its token."""
    cart = await carts.open_cart(tx, secret_key=asking.house.secret_key, customer_id=tx.actor.id)
    return CartOpened(id=cart.id, token=carts.cart_token(asking.house.secret_key, cart.id))


@router.get("/carts/{cart_id}", summary="Read a cart", responses=refusals(CartNotFound))
async def read_cart(cart_id: UUID, tx: StoreTx, who: CartHolder) -> CartView:
    """The cart at today's prices, with what has changed since things were put in."""
    return CartView.of(await carts.read_cart(tx, cart_id=cart_id, holder=who))


@router.post(
    "/carts/{cart_id}/lines",
    status_code=201,
    summary="Put units into a cart",
    responses=refusals(*_CHANGES, UnknownVariant, NotForSale, NotEnoughStock, BadQuantity, CartFull),
)
async def add_line(cart_id: UUID, body: AddLine, tx: StoreTx, who: CartHolder) -> CartView:
    """Units of a variant that is in the cart already join its line."""
    await carts.add_lines(tx, cart_id=cart_id, holder=who, wanted=[carts.Wanted(body.variant_id, body.quantity)])
    return CartView.of(await carts.read_cart(tx, cart_id=cart_id, holder=who))


@router.patch(
    "/carts/{cart_id}/lines/{line_id}",
    summary="Change how many",
    responses=refusals(*_CHANGES, CartLineNotFound, NotForSale, NotEnoughStock, BadQuantity),
)
async def change_line(cart_id: UUID, line_id: UUID, body: ChangeLine, tx: StoreTx, who: CartHolder) -> CartView:
    """Set the quantity of a line."""
    await carts.change_quantity(tx, cart_id=cart_id, holder=who, line_id=line_id, quantity=body.quantity)
    return CartView.of(await carts.read_cart(tx, cart_id=cart_id, holder=who))


@router.delete(
    "/carts/{cart_id}/lines/{line_id}", summary="Take a line out", responses=refusals(*_CHANGES, CartLineNotFound)
)
async def remove_line(cart_id: UUID, line_id: UUID, tx: StoreTx, who: CartHolder) -> CartView:
    """Take a line out of the cart."""
    await carts.remove_line(tx, cart_id=cart_id, holder=who, line_id=line_id)
    return CartView.of(await carts.read_cart(tx, cart_id=cart_id, holder=who))


@router.put(
    "/carts/{cart_id}/contact",
    summary="Say who it is for",
    status_code=204,
    responses=refusals(*_CHANGES, CountryNotServed),
)
async def set_contact(cart_id: UUID, body: SetContact, tx: StoreTx, who: CartHolder) -> None:
    """E-mail, delivery and billing address; replaces what was said before."""
    await carts.set_contact(
        tx,
        cart_id=cart_id,
        holder=who,
        email=body.email,
        phone=body.phone,
        note=body.note,
        shipping=body.shipping.address() if body.shipping else None,
        billing=body.billing.address() if body.billing else None,
    )


@router.get("/carts/{cart_id}/contact", summary="Read who it is for", responses=refusals(CartNotFound))
async def read_contact(cart_id: UUID, tx: StoreTx, who: CartHolder) -> ContactView | None:
    """What was said so far; null if nothing was."""
    contact = await carts.contact_of(tx, await carts.find_cart(tx, cart_id=cart_id, holder=who))
    return ContactView.model_validate(contact) if contact else None


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
    responses=refusals(*_CHANGES, CartEmpty, NotForSale, NotEnoughStock),
)
async def quote(cart_id: UUID, tx: StoreTx, who: CartHolder) -> QuoteView:
    """The whole price, line by line, with the reason of every figure. Buy it by completing the cart with its id."""
    return QuoteView.of(await carts.quote(tx, cart_id=cart_id, holder=who))

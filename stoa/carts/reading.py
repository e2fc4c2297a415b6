"""A cart as its shopper sees it, with what has changed since they last looked."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from stoa.carts.facts import VariantFacts
from stoa.carts.filled import Line
from stoa.carts.holding import Holder
from stoa.carts.standing import StandingCart, standing_cart
from stoa.db.calls import Calls
from stoa.inventory.reservations import Hold


@dataclass(frozen=True)
class Change:
    """Something that is not as it was when the shopper put it in; amounts in minor units."""

    kind: Literal["price_changed", "not_for_sale", "short"]
    says: str
    was: int | None = None
    now: int | None = None


@dataclass(frozen=True)
class CartLineView:
    """One line, at today's price; with `override_reason`, at what staff set for it. `later` of its units are promised
    beyond stock: as `beyond_stock` says, and sent on `ships_on` or when they are there."""

    id: UUID
    variant_id: UUID
    product_slug: str
    sku: str
    title: str
    variant_title: str
    quantity: int
    unit_price: int
    amount: int
    override_reason: str | None
    available: int | None
    later: int
    beyond_stock: str
    ships_on: date | None
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class CartView:
    """A cart and its lines, and what it holds. `subtotal` is before discount, shipping and tax on top: ask for a quote
    for those."""

    cart: StandingCart
    lines: tuple[CartLineView, ...]
    code: str | None
    subtotal: int
    units: int
    hold: Hold | None


async def read_cart(tx: Calls, *, cart_id: UUID, holder: Holder) -> CartView:
    """The cart now. Nothing is written: changes are told until the shopper acts on the cart.

    Raises CartNotFound.
    """
    return view_of(await standing_cart(tx, cart_id=cart_id, holder=holder))


def view_of(cart: StandingCart) -> CartView:
    """The cart as its shopper sees it."""
    asked: Counter[UUID] = Counter()
    for line in cart.lines:
        asked[line.variant_id] += line.quantity
    later = _later(cart)
    views = tuple(
        _line(line, cart.facts[line.variant_id], asked[line.variant_id], later[line.id]) for line in cart.lines
    )
    return CartView(
        cart=cart,
        lines=views,
        code=cart.code.code if cart.code else None,
        subtotal=sum(view.amount for view in views),
        units=sum(view.quantity for view in views),
        hold=cart.hold,
    )


def _later(cart: StandingCart) -> dict[UUID, int]:
    """How many units of each line are beyond what is in stock: its first lines get what is there."""
    left = {variant_id: known.in_stock for variant_id, known in cart.facts.items()}
    later = {}
    for line in cart.lines:
        known = cart.facts[line.variant_id]
        there = min(line.quantity, left[line.variant_id])
        left[line.variant_id] -= there
        later[line.id] = min(line.quantity - there, known.later) if known.tracks_stock else 0
    return later


def _line(line: Line, known: VariantFacts, asked: int, later: int) -> CartLineView:
    price = known.price if known.price is not None else line.seen_unit_price
    return CartLineView(
        id=line.id,
        variant_id=line.variant_id,
        product_slug=known.product_slug,
        sku=known.sku,
        title=known.title,
        variant_title=known.variant_title,
        quantity=line.quantity,
        unit_price=price,
        amount=price * line.quantity if line.override_amount is None else line.override_amount,
        override_reason=line.override_reason,
        available=known.available if known.tracks_stock else None,
        later=later,
        beyond_stock=known.beyond_stock,
        ships_on=known.ships_on,
        changes=tuple(_changes(line, known, asked)),
    )


def _changes(line: Line, known: VariantFacts, asked: int) -> list[Change]:
    changes = []
    if not known.is_sold:
        changes.append(Change("not_for_sale", "This is not sold at the moment."))
    elif line.override_amount is None and known.price != line.seen_unit_price:
        changes.append(
            Change("price_changed", "The price has changed since you put it in.", line.seen_unit_price, known.price)
        )
    if not known.can_serve(asked):
        changes.append(Change("short", f"Only {known.available} left.", asked, known.available))
    return changes

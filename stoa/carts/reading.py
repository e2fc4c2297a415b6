"""A cart as its shopper sees it, with what has changed since they last looked."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from stoa.budgets.models import DiscountCode
from stoa.carts.facts import VariantFacts, lines_of, variant_facts
from stoa.carts.holding import Holder, find_cart
from stoa.carts.holds import hold_of_cart
from stoa.carts.models import Cart, CartLine
from stoa.db.transaction import Tx
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
    """One line, at today's price."""

    id: UUID
    variant_id: UUID
    product_slug: str
    sku: str
    title: str
    variant_title: str
    quantity: int
    unit_price: int
    amount: int
    available: int | None
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class CartView:
    """A cart and its lines, and what it holds. `subtotal` is before discount, shipping and tax on top: ask for a quote
    for those."""

    cart: Cart
    lines: tuple[CartLineView, ...]
    code: str | None
    subtotal: int
    units: int
    hold: Hold | None


async def read_cart(tx: Tx, *, cart_id: UUID, holder: Holder) -> CartView:
    """The cart now. Nothing is written: changes are told until the shopper acts on the cart.

    Raises CartNotFound.
    """
    cart = await find_cart(tx, cart_id=cart_id, holder=holder)
    lines = await lines_of(tx, cart)
    hold = await hold_of_cart(tx, cart)
    variant_ids = {line.variant_id for line in lines}
    facts = await variant_facts(tx, variant_ids=variant_ids, currency=cart.currency, hold=hold)
    asked: Counter[UUID] = Counter()
    for line in lines:
        asked[line.variant_id] += line.quantity
    views = tuple(_line(line, facts[line.variant_id], asked[line.variant_id]) for line in lines)
    code = await tx.get(DiscountCode, cart.discount_code_id) if cart.discount_code_id else None
    return CartView(
        cart=cart,
        lines=views,
        code=code.code if code else None,
        subtotal=sum(view.amount for view in views),
        units=sum(view.quantity for view in views),
        # What ran out and was not given back yet is not told as held.
        hold=hold if hold and hold.expires_at > tx.now else None,
    )


def _line(line: CartLine, known: VariantFacts, asked: int) -> CartLineView:
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
        available=known.available if known.tracks_stock else None,
        changes=tuple(_changes(line, known, asked)),
    )


def _changes(line: CartLine, known: VariantFacts, asked: int) -> list[Change]:
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

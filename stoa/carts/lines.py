"""Putting things in a cart, changing how many, taking them out."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import func, select

from stoa.carts.deciding import decide
from stoa.carts.errors import (
    LARGEST_CART_LINES,
    BadOverride,
    BadQuantity,
    CartFull,
    CartLineNotFound,
    NotForSale,
    StaffPriced,
    UnknownVariant,
)
from stoa.carts.facts import VariantFacts
from stoa.carts.filled import Line, refuse_beyond_stock
from stoa.carts.holding import Holder
from stoa.carts.holds import keep_rest
from stoa.carts.models import LARGEST_QUANTITY, Cart, CartLine
from stoa.carts.reading import CartView, view_of
from stoa.carts.standing import StandingCart
from stoa.db.calls import Calls
from stoa.db.transaction import Actor, Tx
from stoa.kernel.money import LARGEST_AMOUNT


@dataclass(frozen=True)
class StaffPrice:
    """What staff ask for a whole line, in minor units, and why. It stands whatever the list says."""

    amount: int
    reason: str


@dataclass(frozen=True)
class Wanted:
    """Units of one variant to be put in; a line with a staff price stays a line of its own."""

    variant_id: UUID
    quantity: int
    staff_price: StaffPrice | None = None


async def add_lines(tx: Calls, *, cart_id: UUID, holder: Holder, wanted: Sequence[Wanted]) -> CartView:
    """Put units into a cart. Units of a variant that is in it already join its line.

    Two calls, however many lines; what a cart holds is held anew. Raises CartNotFound, CartCompleted, BadQuantity,
    UnknownVariant, NotForSale, NotEnoughStock, NotTogether, CartFull, BadOverride, CartBusy; then nothing has been put
    in.
    """
    cart = await decide(
        tx,
        cart_id=cart_id,
        holder=holder,
        also={one.variant_id for one in wanted},
        lines=lambda cart: with_wanted(cart.lines, wanted, cart.facts, by=tx.actor, new_id=lambda _: tx.new_id()),
    )
    return view_of(cart)


async def change_quantity(tx: Calls, *, cart_id: UUID, holder: Holder, line_id: UUID, quantity: int) -> CartView:
    """Set how many units a line has. A staff price is for the units it was set for: those stand, whoever asks.

    Raises CartNotFound, CartCompleted, CartLineNotFound, BadQuantity, StaffPriced, NotForSale, NotEnoughStock,
    NotTogether, CartBusy.
    """
    cart = await decide(tx, cart_id=cart_id, holder=holder, lines=lambda cart: _with_quantity(cart, line_id, quantity))
    return view_of(cart)


async def remove_line(tx: Calls, *, cart_id: UUID, holder: Holder, line_id: UUID) -> CartView:
    """Take a line out.

    Raises CartNotFound, CartCompleted, CartLineNotFound, CartBusy.
    """
    cart = await decide(
        tx, cart_id=cart_id, holder=holder, lines=lambda cart: _without(cart, line_id), in_step=keep_rest
    )
    return view_of(cart)


async def units_in(tx: Tx, cart: Cart) -> int:
    """How many units are in a cart, all lines together."""
    return int((await tx.one_or_none(select(func.sum(CartLine.quantity)).where(CartLine.cart_id == cart.id))) or 0)


def with_wanted(
    lines: Sequence[Line],
    wanted: Sequence[Wanted],
    facts: Mapping[UUID, VariantFacts],
    *,
    by: Actor,
    new_id: Callable[[int], UUID],
) -> list[Line]:
    """The lines with what is wanted among them; `new_id` gives the id of a line by its position.

    Raises BadQuantity, BadOverride, CartFull, UnknownVariant, NotForSale, NotEnoughStock.
    """
    for one in wanted:
        check_wanted(one)
    if len(lines) + len(wanted) > LARGEST_CART_LINES:
        raise CartFull()
    now = list(lines)
    joinable = {line.variant_id: at for at, line in enumerate(now) if line.override_amount is None}
    position = max((line.position for line in now), default=0)
    for one in wanted:
        known = for_sale(facts, one)
        at = joinable.get(one.variant_id) if one.staff_price is None else None
        if at is not None:
            together = check_quantity(now[at].quantity + one.quantity)
            now[at] = replace(now[at], quantity=together, seen_unit_price=known.price or 0)
            continue
        if one.staff_price is None:
            joinable[one.variant_id] = len(now)
        position += 1
        now.append(_line(new_id(position), position, one, known, by))
    _refuse_beyond_stock(now, facts, {one.variant_id for one in wanted})
    return now


def check_wanted(one: Wanted) -> None:
    """Refuse what nobody can buy, whatever the shop sells. Raises BadQuantity, BadOverride."""
    check_quantity(one.quantity)
    price = one.staff_price
    if price is not None and not (0 <= price.amount <= LARGEST_AMOUNT and price.reason):
        raise BadOverride(amount=price.amount, reason=price.reason)


def check_quantity(quantity: int) -> int:
    """The quantity itself. Raises BadQuantity."""
    if not 1 <= quantity <= LARGEST_QUANTITY:
        raise BadQuantity(quantity=quantity)
    return quantity


def for_sale(facts: Mapping[UUID, VariantFacts], one: Wanted) -> VariantFacts:
    """The facts of what is wanted. Raises UnknownVariant, NotForSale."""
    known = facts.get(one.variant_id)
    if known is None:
        raise UnknownVariant(variant_id=one.variant_id)
    if not known.is_sold:
        raise NotForSale(title=known.full_title)
    return known


def _with_quantity(cart: StandingCart, line_id: UUID, quantity: int) -> list[Line]:
    at = _place(cart, line_id)
    line = cart.lines[at]
    check_quantity(quantity)
    if line.override_amount is not None and quantity != line.quantity:
        raise StaffPriced(quantity=line.quantity)
    known = for_sale(cart.facts, Wanted(line.variant_id, quantity))
    lines = list(cart.lines)
    lines[at] = replace(line, quantity=quantity, seen_unit_price=known.price or 0)
    _refuse_beyond_stock(lines, cart.facts, {line.variant_id})
    return lines


def _without(cart: StandingCart, line_id: UUID) -> list[Line]:
    at = _place(cart, line_id)
    return [*cart.lines[:at], *cart.lines[at + 1 :]]


def _place(cart: StandingCart, line_id: UUID) -> int:
    for at, line in enumerate(cart.lines):
        if line.id == line_id:
            return at
    raise CartLineNotFound()


def _refuse_beyond_stock(lines: Sequence[Line], facts: Mapping[UUID, VariantFacts], changed: Collection[UUID]) -> None:
    """Refuse more than can be promised of what changed; the rest of the cart tells its changes when it is read."""
    asked: Counter[UUID] = Counter()
    for line in lines:
        asked[line.variant_id] += line.quantity
    for variant_id in changed:
        refuse_beyond_stock(facts[variant_id], asked[variant_id])


def _line(line_id: UUID, position: int, one: Wanted, known: VariantFacts, by: Actor) -> Line:
    price = one.staff_price
    return Line(
        id=line_id,
        position=position,
        variant_id=one.variant_id,
        quantity=one.quantity,
        seen_unit_price=known.price or 0,
        override_amount=price.amount if price else None,
        override_reason=price.reason if price else None,
        override_by=str(by) if price else None,
    )

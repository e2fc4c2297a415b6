"""Putting things in a cart, changing how many, taking them out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from stoa.carts.errors import (
    LARGEST_CART_LINES,
    BadOverride,
    BadQuantity,
    CartFull,
    CartLineNotFound,
    NotForSale,
    UnknownVariant,
)
from stoa.carts.facts import VariantFacts, lines_of, variant_facts
from stoa.carts.filled import refuse_beyond_stock
from stoa.carts.holding import Holder, lock_open_cart
from stoa.carts.holds import hold_of_cart, keep_in_step, keep_rest
from stoa.carts.models import LARGEST_QUANTITY, Cart, CartLine
from stoa.db.transaction import Tx
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


async def add_lines(tx: Tx, *, cart_id: UUID, holder: Holder, wanted: Sequence[Wanted]) -> Cart:
    """Put units into a cart. Units of a variant that is in it already join its line.

    As many statements as of one line, however many; what a cart holds is held anew. Raises CartNotFound, CartCompleted,
    BadQuantity, UnknownVariant, NotForSale, NotEnoughStock, NotTogether, CartFull, BadOverride; then nothing has been
    put in.
    """
    cart = await lock_open_cart(tx, cart_id=cart_id, holder=holder)
    for one in wanted:
        check_wanted(one)
    hold = await hold_of_cart(tx, cart)
    wanted_ids = {one.variant_id for one in wanted}
    facts = await variant_facts(tx, variant_ids=wanted_ids, currency=cart.currency, hold=hold)
    lines = await lines_of(tx, cart)
    if len(lines) + len(wanted) > LARGEST_CART_LINES:
        raise CartFull()
    joinable = {line.variant_id: line for line in lines if line.override_amount is None}
    position = max((line.position for line in lines), default=0)
    for one in wanted:
        known = for_sale(facts, one)
        line = joinable.get(one.variant_id) if one.staff_price is None else None
        if line is not None:
            line.quantity = check_quantity(line.quantity + one.quantity)
            line.seen_unit_price = known.price or 0
            continue
        position += 1
        line = tx.add(_line(tx, cart, one, known, position))
        lines.append(line)
        if one.staff_price is None:
            joinable[one.variant_id] = line
    _within_stock(lines, facts)
    await tx.flush()
    await keep_in_step(tx, cart)
    return cart


async def change_quantity(tx: Tx, *, cart_id: UUID, holder: Holder, line_id: UUID, quantity: int) -> Cart:
    """Set how many units a line has.

    Raises CartNotFound, CartCompleted, CartLineNotFound, BadQuantity, NotForSale, NotEnoughStock, NotTogether.
    """
    cart = await lock_open_cart(tx, cart_id=cart_id, holder=holder)
    lines = await lines_of(tx, cart)
    line = next((line for line in lines if line.id == line_id), None)
    if line is None:
        raise CartLineNotFound()
    line.quantity = check_quantity(quantity)
    hold = await hold_of_cart(tx, cart)
    facts = await variant_facts(tx, variant_ids={line.variant_id}, currency=cart.currency, hold=hold)
    known = for_sale(facts, Wanted(line.variant_id, quantity))
    line.seen_unit_price = known.price or 0
    _within_stock([other for other in lines if other.variant_id == line.variant_id], facts)
    await tx.flush()
    await keep_in_step(tx, cart)
    return cart


async def remove_line(tx: Tx, *, cart_id: UUID, holder: Holder, line_id: UUID) -> Cart:
    """Take a line out.

    Raises CartNotFound, CartCompleted, CartLineNotFound.
    """
    cart = await lock_open_cart(tx, cart_id=cart_id, holder=holder)
    line = await tx.one_or_none(select(CartLine).where(CartLine.id == line_id, CartLine.cart_id == cart.id))
    if line is None:
        raise CartLineNotFound()
    await tx.session.delete(line)
    await tx.flush()
    await keep_rest(tx, cart)
    return cart


async def units_in(tx: Tx, cart: Cart) -> int:
    """How many units are in a cart, all lines together."""
    return int((await tx.one_or_none(select(func.sum(CartLine.quantity)).where(CartLine.cart_id == cart.id))) or 0)


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


def _within_stock(lines: Sequence[CartLine], facts: dict[UUID, VariantFacts]) -> None:
    asked: Counter[UUID] = Counter()
    for line in lines:
        asked[line.variant_id] += line.quantity
    for variant_id, known in facts.items():
        refuse_beyond_stock(known, asked[variant_id])


def _line(tx: Tx, cart: Cart, one: Wanted, known: VariantFacts, position: int) -> CartLine:
    price = one.staff_price
    return CartLine(
        cart_id=cart.id,
        position=position,
        variant_id=one.variant_id,
        quantity=one.quantity,
        seen_unit_price=known.price or 0,
        override_amount=price.amount if price else None,
        override_reason=price.reason if price else None,
        override_by=str(tx.actor) if price else None,
    )

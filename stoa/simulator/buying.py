"""Shoppers buy: once, twice, at the same time, at an old price, in parts."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from stoa.checkout import Key, Placed
from stoa.checkout.errors import CheckoutUnavailable
from stoa.db.transaction import GUEST
from stoa.edge.paying import Standing, begin
from stoa.edge.submitting import Way, submit
from stoa.kernel.refusals import Refusal
from stoa.orders.charging import CardGiven
from stoa.simulator.acts import Doing, Scene, kind
from stoa.simulator.paying import a_card, reference_of
from stoa.simulator.shopping import holder_of
from stoa.simulator.store import SimulatedCart, SimulatedOrder
from stoa.stores.models import PaymentMethod

_ROUTE = "POST /carts/{cart_id}/complete"


@kind("buy", role="shopper", weight=14)
def buy(at: Scene) -> Doing | None:
    """Hand the cart in at the price that was seen, paid in one of the ways the store takes."""
    cart = at.cart(priced=True)
    if cart is None or cart.quote_id is None:
        return None
    return _doing(at, cart, cart.quote_id, [_part(at)], sent=[at.maybe(0.7)])


@kind("buy in parts", role="shopper", weight=3)
def buy_in_parts(at: Scene) -> Doing | None:
    """Several tenders for one order; now and then they do not add up."""
    cart = at.cart(priced=True)
    if cart is None or cart.quote_id is None or cart.seen < 3:
        return None
    first = at.dice.randrange(1, cart.seen - 1)
    parts = [_part(at, first), _part(at, None if at.maybe(0.5) else cart.seen - first)]
    if at.maybe(0.3) and cart.seen - first > 1:
        parts = [parts[0], _part(at, at.dice.randrange(1, cart.seen - first)), _part(at)]
    if at.maybe(0.1):
        parts[0] = _part(at, first + cart.seen)
    return _doing(at, cart, cart.quote_id, parts, sent=[True])


@kind("buy many times at once", role="shopper", weight=2)
def buy_many_times(at: Scene) -> Doing | None:
    """An impatient shopper: the same cart from several tabs, under one key, several, or none."""
    cart = at.cart(priced=True)
    if cart is None or cart.quote_id is None:
        return None
    sent = [at.maybe(0.6) for _ in range(at.dice.choice([2, 5, 9]))]
    return _doing(at, cart, cart.quote_id, [_part(at)], sent=sent)


@kind("buy at an old price", role="shopper", doomed=True)
def buy_at_an_old_price(at: Scene) -> Doing | None:
    """A quote that was replaced, or whose cart changed."""
    cart = at.cart()
    if cart is None or cart.older_quote_id is None:
        return None
    return _doing(at, cart, cart.older_quote_id, [_part(at)], sent=[True], seen=None)


@kind("buy again what is bought", role="shopper")
def buy_again(at: Scene) -> Doing | None:
    """The cart of an order is handed in once more, with a key or without."""
    order = at.order()
    if order is None:
        return None
    cart = SimulatedCart(order.cart_id, order.cart_token, quote_id=order.quote_id)
    return _doing(at, cart, order.quote_id, [_part(at)], sent=[at.maybe(0.5)], seen=None)


@dataclass(frozen=True)
class Part:
    """One tender as the shopper chose it; a card where the method asks a provider."""

    way: Way
    card: CardGiven | None = None


def _part(at: Scene, amount: int | None = None) -> Part:
    method = at.dice.choice(at.store.entry.settings.payment_methods)
    return Part((method, amount), a_card(at) if method == PaymentMethod.CARD else None)


def _doing(
    at: Scene, cart: SimulatedCart, quote_id: UUID, parts: Sequence[Part], *, sent: list[bool], seen: int | None = -1
) -> Doing:
    """Submit the cart once for each of `sent`, all at the same time; True goes under a key that depends on the cart.

    Where there are several, each is answered with the same order or refused.
    """
    expected = cart.seen if seen == -1 else seen
    ways = [part.way for part in parts]
    cards = {position: part.card for position, part in enumerate(parts, start=1) if part.card is not None}

    async def once(keyed: bool) -> tuple[Placed, Standing] | Refusal:
        key = Key(f"cart {cart.id}", _ROUTE, "once", _hash(f"{quote_id} {ways}")) if keyed else None
        try:
            placed = await submit(
                at.house, at.store.entry, cart_id=cart.id, quote_id=quote_id, holder=holder_of(cart), ways=ways,
                actor=GUEST, key=key,
            )  # fmt: skip
        except CheckoutUnavailable as nobody_knows:
            at.ledger.unanswered.add(cart.id)
            return nobody_knows
        except Refusal as refusal:
            return refusal
        at.ledger.told(at.store.id, cart.id, placed, seen=expected)
        if not cards:
            return placed, Standing(placed.state, placed.payment_state)
        return placed, await begin(at.house, at.store.id, placed.order_id, cards=cards, actor=GUEST)

    async def do() -> str:
        answers = await asyncio.gather(*(once(keyed) for keyed in sent))
        said = ""
        for answer in answers:
            if isinstance(answer, Refusal):
                continue
            placed, stands = answer
            said = f"{placed.order_id} {stands.state} {stands.payment_state}"
            if placed.anew:
                at.store.forget_cart(cart)
                at.store.remember(_order(cart, quote_id, placed, ways, reference_of(stands)))
        if not said:
            raise next(answer for answer in answers if isinstance(answer, Refusal))
        return said

    tokens = [card.token for card in cards.values()]
    return Doing(do, (cart.id, quote_id), {"ways": ways, "cards": tokens, "times": len(sent)})


def _order(
    cart: SimulatedCart, quote_id: UUID, placed: Placed, ways: Sequence[Way], waits_at: str | None
) -> SimulatedOrder:
    return SimulatedOrder(
        id=placed.order_id,
        cart_id=cart.id,
        cart_token=cart.token,
        quote_id=quote_id,
        number=placed.number,
        total=placed.total,
        methods=tuple(method for method, _ in ways),
        lines=max(len(cart.lines), 1),
        waits_at=waits_at,
    )


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()

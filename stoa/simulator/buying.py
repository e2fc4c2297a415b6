"""Shoppers buy: once, twice, at the same time, at an old price, in parts."""

import asyncio
import hashlib
from collections.abc import Sequence
from uuid import UUID

from stoa.checkout import Key, Placed
from stoa.db.transaction import GUEST
from stoa.edge.submitting import Way, submit
from stoa.kernel.refusals import Refusal
from stoa.simulator.acts import Doing, Scene, kind
from stoa.simulator.shopping import holder_of
from stoa.simulator.store import SimulatedCart, SimulatedOrder

_ROUTE = "POST /carts/{cart_id}/complete"


@kind("buy", role="shopper", weight=14)
def buy(at: Scene) -> Doing | None:
    """Hand the cart in at the price that was seen, paid in one of the ways the store takes."""
    cart = at.cart(priced=True)
    if cart is None or cart.quote_id is None:
        return None
    ways = [(_method(at), None)]
    return _doing(at, cart, cart.quote_id, ways, sent=[at.maybe(0.7)])


@kind("buy in parts", role="shopper", weight=3)
def buy_in_parts(at: Scene) -> Doing | None:
    """Several tenders for one order; now and then they do not add up."""
    cart = at.cart(priced=True)
    if cart is None or cart.quote_id is None or cart.seen < 3:
        return None
    first = at.dice.randrange(1, cart.seen - 1)
    rest = None if at.maybe(0.5) else cart.seen - first
    ways: list[Way] = [(_method(at), first), (_method(at), rest)]
    if at.maybe(0.3) and cart.seen - first > 1:
        part = at.dice.randrange(1, cart.seen - first)
        ways = [ways[0], (_method(at), part), (_method(at), None)]
    if at.maybe(0.1):
        ways[0] = (ways[0][0], first + cart.seen)
    return _doing(at, cart, cart.quote_id, ways, sent=[True])


@kind("buy many times at once", role="shopper", weight=2)
def buy_many_times(at: Scene) -> Doing | None:
    """An impatient shopper: the same cart from several tabs, under one key, several, or none."""
    cart = at.cart(priced=True)
    if cart is None or cart.quote_id is None:
        return None
    sent = [at.maybe(0.6) for _ in range(at.dice.choice([2, 5, 9]))]
    return _doing(at, cart, cart.quote_id, [(_method(at), None)], sent=sent)


@kind("buy at an old price", role="shopper")
def buy_at_an_old_price(at: Scene) -> Doing | None:
    """A quote that was replaced, or whose cart changed."""
    cart = at.cart()
    if cart is None or cart.older_quote_id is None:
        return None
    return _doing(at, cart, cart.older_quote_id, [(_method(at), None)], sent=[True], seen=None)


@kind("buy again what is bought", role="shopper")
def buy_again(at: Scene) -> Doing | None:
    """The cart of an order is handed in once more, with a key or without."""
    order = at.order()
    if order is None:
        return None
    cart = SimulatedCart(order.cart_id, order.cart_token, quote_id=order.quote_id)
    return _doing(at, cart, order.quote_id, [(_method(at), None)], sent=[at.maybe(0.5)], seen=None)


def _doing(
    at: Scene, cart: SimulatedCart, quote_id: UUID, ways: Sequence[Way], *, sent: list[bool], seen: int | None = -1
) -> Doing:
    """Submit the cart once for each of `sent`, all at the same time; True goes under a key that depends on the cart.

    Where there are several, each is answered with the same order or refused.
    """
    expected = cart.seen if seen == -1 else seen

    async def once(keyed: bool) -> Placed | Refusal:
        key = None
        if keyed:
            asked = hashlib.sha256(f"{quote_id} {ways}".encode()).digest()
            key = Key(f"cart {cart.id}", _ROUTE, "once", asked)
        try:
            return await submit(
                at.house, at.store.entry, cart_id=cart.id, quote_id=quote_id, holder=holder_of(cart), ways=ways,
                actor=GUEST, key=key,
            )  # fmt: skip
        except Refusal as refusal:
            return refusal

    async def do() -> str:
        answers = await asyncio.gather(*(once(keyed) for keyed in sent))
        placed = [answer for answer in answers if isinstance(answer, Placed)]
        for answer in placed:
            at.ledger.told(at.store.id, cart.id, answer, seen=expected)
            if answer.anew:
                at.store.forget_cart(cart)
                at.store.remember(_order(cart, quote_id, answer, ways))
        if not placed:
            raise next(answer for answer in answers if isinstance(answer, Refusal))
        return f"{placed[0].order_id} {placed[0].state} {placed[0].payment_state}"

    details = {"ways": list(ways), "times": len(sent)}
    return Doing(do, (cart.id, quote_id), details)


def _order(cart: SimulatedCart, quote_id: UUID, placed: Placed, ways: Sequence[Way]) -> SimulatedOrder:
    return SimulatedOrder(
        id=placed.order_id,
        cart_id=cart.id,
        cart_token=cart.token,
        quote_id=quote_id,
        number=placed.number,
        total=placed.total,
        methods=tuple(method for method, _ in ways),
        lines=max(len(cart.lines), 1),
    )


def _method(at: Scene) -> str:
    return at.dice.choice(at.store.entry.settings.payment_methods)

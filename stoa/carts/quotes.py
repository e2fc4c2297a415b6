"""What a cart costs now, thought through before the sale and kept with every reason."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import orjson

from stoa.carts.deciding import TRIES
from stoa.carts.errors import CartBusy, CartEmpty
from stoa.carts.filled import FilledCart, quote_of
from stoa.carts.holding import Holder
from stoa.carts.models import Quote
from stoa.carts.standing import StandingCart, refuse_completed, standing_cart
from stoa.db.calls import Calls
from stoa.db.sets import insert_quietly
from stoa.db.transaction import Tx


async def quote(tx: Calls, *, cart_id: UUID, holder: Holder) -> Quote:
    """Price the cart and keep the result in place of the quote it had; it can be bought for 30 minutes, unless the cart
    or a price changes before.

    What is still missing for buying stands in `missing`. Raises CartNotFound, CartCompleted, CartEmpty, NotForSale,
    NotEnoughStock, CartTooDear, CartBusy.
    """
    for _ in range(TRIES):
        cart = await standing_cart(tx, cart_id=cart_id, holder=holder, priced=True)
        refuse_completed(cart)
        thought = _quote_of(cart, tx.now)
        thought.store_id = tx.store_id
        if await _keep(tx, cart, thought):
            return thought
    raise CartBusy()


async def preview(tx: Calls, *, cart_id: UUID, holder: Holder) -> Quote:
    """What the cart costs, to be looked at: nothing is written, so it cannot be bought, and no quote is replaced.

    Raises CartNotFound, CartEmpty, NotForSale, NotEnoughStock, CartTooDear.
    """
    return _quote_of(await standing_cart(tx, cart_id=cart_id, holder=holder, priced=True), tx.now)


async def keep_quotes(tx: Tx, quotes: Sequence[Quote]) -> None:
    """Store quotes of carts that are there, in one statement."""
    for each in quotes:
        each.store_id = tx.store_id
    names = [name for name in _COLUMNS if name != "store_id"]
    await insert_quietly(tx, Quote, {name: [getattr(each, name) for each in quotes] for name in names})


async def _keep(tx: Calls, cart: StandingCart, thought: Quote) -> bool:
    """Keep the quote as the cart's, unless somebody changed the cart since it was looked at."""
    row = orjson.dumps({name: getattr(thought, name) for name in _COLUMNS}, default=str).decode()
    dearer = [
        (line.id, now) for line in cart.lines if (now := cart.facts[line.variant_id].price or 0) != line.seen_unit_price
    ]
    seen = [[line for line, _ in dearer], [price for _, price in dearer]]
    [answer] = await tx.call("quote_cart", cart.id, cart.revision, row, *seen)
    return bool(answer["kept"])


def _quote_of(cart: StandingCart, now: datetime) -> Quote:
    """A quote is a promise: a code that ends after it is honoured as long as the quote stands, as its price would be.

    Whether uses of the code are left is decided when the order is placed.
    """
    if not cart.lines:
        raise CartEmpty()
    assert cart.terms is not None, "the cart was read to be priced"
    filled = FilledCart(
        cart_id=cart.id,
        currency=cart.currency,
        at=now,
        lines=cart.lines,
        shipping_override=cart.shipping_override,
        code=cart.code if cart.code is not None and cart.code.runs_at(now) else None,
        terms=cart.terms,
        email=cart.email,
        country=cart.country,
    )
    return quote_of(filled, cart.facts)


_COLUMNS = tuple(column.name for column in Quote.__table__.columns)

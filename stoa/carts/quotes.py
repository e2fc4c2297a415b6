"""What a cart costs now, thought through before the sale and kept with every reason."""

from collections.abc import Sequence
from uuid import UUID

from stoa.budgets.codes import is_running
from stoa.budgets.models import DiscountCode
from stoa.carts.contact import contact_of
from stoa.carts.errors import CartEmpty
from stoa.carts.facts import VariantFacts, lines_of, variant_facts
from stoa.carts.filled import FilledCart, FilledLine, quote_of
from stoa.carts.holding import Holder, find_cart, lock_open_cart
from stoa.carts.holds import hold_of_cart
from stoa.carts.models import Cart, CartLine, Quote
from stoa.db.sets import insert_quietly
from stoa.db.transaction import Tx
from stoa.stores.settings import settings_of


async def quote(tx: Tx, *, cart_id: UUID, holder: Holder) -> Quote:
    """Price the cart and keep the result; it can be bought for 30 minutes, unless the cart or a price changes before.

    What is still missing for buying stands in `missing`. Raises CartNotFound, CartCompleted, CartEmpty, NotForSale,
    NotEnoughStock, CartTooDear.
    """
    cart = await lock_open_cart(tx, cart_id=cart_id, holder=holder)
    lines = await lines_of(tx, cart)
    if not lines:
        raise CartEmpty()
    facts = await _facts(tx, cart, lines)
    kept = quote_of(await _filled(tx, cart, lines), facts, await settings_of(tx))
    await keep_quotes(tx, [kept])
    cart.quote_id = kept.id
    for line in lines:
        line.seen_unit_price = facts[line.variant_id].price or 0
    await tx.flush()
    return kept


async def preview(tx: Tx, *, cart_id: UUID, holder: Holder) -> Quote:
    """What the cart costs, to be looked at: nothing is written, so it cannot be bought, and no quote is replaced.

    Raises CartNotFound, CartEmpty, NotForSale, NotEnoughStock, CartTooDear.
    """
    cart = await find_cart(tx, cart_id=cart_id, holder=holder)
    lines = await lines_of(tx, cart)
    if not lines:
        raise CartEmpty()
    facts = await _facts(tx, cart, lines)
    return quote_of(await _filled(tx, cart, lines), facts, await settings_of(tx))


async def keep_quotes(tx: Tx, quotes: Sequence[Quote]) -> None:
    """Store quotes of carts that are there, in one statement."""
    for each in quotes:
        each.store_id = tx.store_id
    names = [column.name for column in Quote.__table__.columns if column.name != "store_id"]
    await insert_quietly(tx, Quote, {name: [getattr(each, name) for each in quotes] for name in names})


async def _facts(tx: Tx, cart: Cart, lines: Sequence[CartLine]) -> dict[UUID, VariantFacts]:
    hold = await hold_of_cart(tx, cart)
    return await variant_facts(tx, variant_ids={line.variant_id for line in lines}, currency=cart.currency, hold=hold)


async def _filled(tx: Tx, cart: Cart, lines: Sequence[CartLine]) -> FilledCart:
    contact = await contact_of(tx, cart)
    return FilledCart(
        cart_id=cart.id,
        currency=cart.currency,
        at=tx.now,
        lines=[
            FilledLine(line.id, line.variant_id, line.quantity, line.override_amount, line.override_reason)
            for line in lines
        ],
        shipping_override=cart.shipping_override,
        code=await _code(tx, cart),
        email=contact.email if contact else "",
        country=contact.country if contact else "",
    )


async def _code(tx: Tx, cart: Cart) -> DiscountCode | None:
    """The cart's code while its time lasts; whether uses are left is decided when the order is placed.

    A quote is a promise: a code that ends after it is honoured as long as the quote stands, as its price would be.
    """
    code = await tx.get(DiscountCode, cart.discount_code_id) if cart.discount_code_id else None
    return code if code is not None and is_running(code, tx.now) else None

"""A price or a quantity that is a mistake is refused in words before it is more than the database counts."""

from sqlalchemy import func, select

from stoa import carts
from stoa.carts.errors import CartTooDear
from stoa.carts.holding import STAFF
from stoa.carts.models import LARGEST_QUANTITY, Quote
from stoa.db.transaction import Tx
from stoa.kernel.money import LARGEST_AMOUNT
from tests.conftest import SECRET_KEY
from tests.make.selling import sellable
from tests.promises import refused


async def test_a_cart_that_costs_more_than_is_counted_gets_no_quote(tx: Tx) -> None:
    gold = await sellable(tx, price=LARGEST_AMOUNT, tracks_stock=False)
    cart = await carts.open_cart(tx, secret_key=SECRET_KEY)
    await tx.flush()
    wanted = [carts.Wanted(gold, LARGEST_QUANTITY)]
    await carts.add_lines(tx, cart_id=cart.id, holder=STAFF, wanted=wanted)

    for costs in (carts.preview, carts.quote):
        with refused(CartTooDear):
            await costs(tx, cart_id=cart.id, holder=STAFF)

    assert (await carts.read_cart(tx, cart_id=cart.id, holder=STAFF)).subtotal == LARGEST_AMOUNT * LARGEST_QUANTITY
    assert await tx.one_or_none(select(func.count(Quote.id)).where(Quote.cart_id == cart.id)) == 0

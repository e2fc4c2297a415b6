"""A cart has one quote at most: the next takes the place of the former, and an order keeps the one it was bought at."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from stoa import carts
from stoa.carts.models import Quote
from stoa.checkout.errors import QuoteChanged
from stoa.checkout.placing import Placed
from stoa.db.transaction import Database, Tx
from stoa.orders.models import Order
from tests.make import MadeStore
from tests.make.selling import ReadyCart, ready_cart, sellable, submit
from tests.promises import statements


async def quotes_of(tx: Tx, cart_id: UUID) -> list[UUID]:
    """Every quote that is kept of this cart."""
    return list(await tx.scalars(select(Quote.id).where(Quote.cart_id == cart_id)))


def whose(ready: ReadyCart) -> dict[str, Any]:
    """The arguments of every operation on this cart."""
    return {"cart_id": ready.cart_id, "holder": ready.holder}


async def test_a_new_quote_takes_the_place_of_the_former(database: Database, store: MadeStore) -> None:
    async with database.store(store.id) as tx:
        mug = await sellable(tx, stock=9)
    ready, other = [await ready_cart(database, store, wanted={mug: 1}) for _ in range(2)]

    async with database.store(store.id) as tx:
        for _ in range(20):
            asked = await carts.quote(tx, **whose(ready))
        assert await quotes_of(tx, ready.cart_id) == [asked.id]
        assert await quotes_of(tx, other.cart_id) == [other.quote_id]
    async with database.store(store.id) as tx:
        # What a change took the validity from goes too.
        await carts.add_lines(tx, **whose(ready), wanted=[carts.Wanted(mug, 1)])
        anew = await carts.quote(tx, **whose(ready))
        assert await quotes_of(tx, ready.cart_id) == [anew.id]


async def test_a_quote_that_was_replaced_buys_nothing_and_the_next_one_does(
    database: Database, store: MadeStore
) -> None:
    async with database.store(store.id) as tx:
        mug = await sellable(tx, stock=9)
    ready = await ready_cart(database, store, wanted={mug: 1})
    async with database.store(store.id) as tx:
        anew = await carts.quote(tx, **whose(ready))

    [(_, refusal)] = await submit(database, store, ready)
    now = ReadyCart(ready.cart_id, anew.id, ready.token, anew.total)
    [(_, outcome)] = await submit(database, store, now)
    [(_, again)] = await submit(database, store, ready)

    assert isinstance(refusal, QuoteChanged)
    assert isinstance(outcome, Placed)
    assert isinstance(again, Placed)
    assert again.order_id == outcome.order_id
    async with database.store(store.id) as tx:
        (order,) = await tx.scalars(select(Order))
        assert order.quote_id == anew.id
        assert await quotes_of(tx, ready.cart_id) == [anew.id]


async def test_replacing_a_quote_costs_no_statement_more(database: Database, store: MadeStore) -> None:
    async with database.store(store.id) as tx:
        mug = await sellable(tx, stock=9)
    ready = await ready_cart(database, store, wanted={mug: 1})

    async with database.store(store.id) as tx:
        await carts.quote(tx, **whose(ready))
        with statements(database) as seen:
            await carts.quote(tx, **whose(ready))

    assert ["quote_cart" in sql for sql, _ in seen.sent] == [False, True]

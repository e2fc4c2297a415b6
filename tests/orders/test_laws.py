"""The laws hold after real sales of every kind."""

import asyncpg
import pytest

from stoa import budgets, orders
from stoa.db.engine import connect
from stoa.db.transaction import Database
from stoa.db.urls import Urls
from stoa.laws import Law, laws
from stoa.stores.models import PaymentMethod
from tests.conftest import open_a_store
from tests.make import MadeStore
from tests.make.selling import placed_order, ready_cart, sellable
from tests.orders.money import TEST, no, of, order_by_card, providers_answer
from tests.orders.taken_back import cancel

OF_SALES = [law for law in laws() if law.domain in ("budgets", "carts", "checkout", "inventory", "orders", "payments")]


@pytest.fixture(scope="module")
async def traded(database: Database) -> MadeStore:
    """A store that has seen everything."""
    store = await open_a_store(database)
    await trade(database, store)
    return store


@pytest.mark.parametrize("law", OF_SALES, ids=lambda law: law.name)
async def test_the_law_holds_after_sales_of_every_kind(urls: Urls, traded: MadeStore, law: Law) -> None:
    reader = await connect(urls.reader)

    assert await broken(reader, law, traded) == []
    await reader.close()


async def trade(database: Database, store: MadeStore) -> None:
    """A little of everything: paid at once, later, on delivery, in parts, by card, a free thing, a thing nobody counts,
    a cart left; some of it taken back, and money given back."""
    async with database.store(store.id) as tx:
        advice = await sellable(tx, price=0, tracks_stock=False, requires_shipping=False)
        mug = await sellable(tx, price=333)
        await budgets.create_code(tx, code="SPRING", amount=100, uses=9)
    await placed_order(database, store)
    await placed_order(database, store, wanted={advice: 3})
    await placed_order(database, store, method=PaymentMethod.CASH_ON_DELIVERY)
    by_transfer = await placed_order(database, store, method=PaymentMethod.BANK_TRANSFER)
    async with database.store(store.id) as tx:
        await orders.record_payment(tx, order_id=by_transfer.id)
    await ready_cart(database, store)
    for units in ({1: 2}, {1: 3}, None):
        in_parts = await placed_order(
            database, store, wanted={mug: 3}, code="SPRING", tenders=[of(400, TEST), of(300, TEST), TEST]
        )
        await cancel(database, store, in_parts, units)
    by_card = await order_by_card(database, store)
    async with database.store(store.id) as tx:
        await orders.refund(tx, order_id=by_card.id, amount=100)
    await providers_answer(database, store, by_card, no)
    async with database.store(store.id) as tx:
        await orders.refund(tx, order_id=by_card.id, amount=200)
        await orders.refund(tx, order_id=by_transfer.id, amount=300)
    await cancel(database, store, by_card, {1: 1})
    await cancel(database, store, await order_by_card(database, store, answers=False))
    await cancel(database, store, await placed_order(database, store, wanted={advice: 2}))


async def broken(
    connection: "asyncpg.Connection[asyncpg.Record]", law: Law, store: MadeStore
) -> list[dict[str, object]]:
    """The rows of this store that break the law."""
    rows = await connection.fetch(f"SELECT * FROM ({law.query}) broken WHERE store_id = $1", store.id)
    return [dict(row) for row in rows]

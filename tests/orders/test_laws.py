"""The laws hold after real sales of every kind."""

import asyncpg
import pytest

from stoa import orders
from stoa.db.engine import connect
from stoa.db.transaction import Database
from stoa.db.urls import Urls
from stoa.orders.laws import LAWS
from stoa.stores.models import PaymentMethod
from tests.make import MadeStore
from tests.make.selling import placed_order, ready_cart, sellable


@pytest.mark.parametrize("law", LAWS)
async def test_the_law_holds_after_sales_of_every_kind(
    urls: Urls, database: Database, store: MadeStore, law: str
) -> None:
    await trade(database, store)

    reader = await connect(urls.reader)

    assert await broken(reader, law, store) == 0
    await reader.close()


async def trade(database: Database, store: MadeStore) -> None:
    """A little of everything: paid at once, later, on delivery, a free thing, a thing nobody counts, a cart left."""
    async with database.store(store.id) as tx:
        advice = await sellable(tx, price=0, tracks_stock=False, requires_shipping=False)
    await placed_order(database, store)
    await placed_order(database, store, wanted={advice: 3})
    await placed_order(database, store, method=PaymentMethod.CASH_ON_DELIVERY)
    by_transfer = await placed_order(database, store, method=PaymentMethod.BANK_TRANSFER)
    async with database.store(store.id) as tx:
        await orders.record_payment(tx, order_id=by_transfer.id)
    await ready_cart(database, store)


async def broken(connection: "asyncpg.Connection[asyncpg.Record]", law: str, store: MadeStore) -> int:
    """How many rows of this store break the law."""
    return int(
        await connection.fetchval(f"SELECT count(*) FROM ({LAWS[law]}) broken WHERE store_id = $1", store.id) or 0
    )

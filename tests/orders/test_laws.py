"""The laws hold after real sales, and each of them finds what breaks it."""

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from stoa import orders
from stoa.db.engine import connect
from stoa.db.transaction import Database
from stoa.db.urls import Urls
from stoa.orders.laws import LAWS
from stoa.stores.models import PaymentMethod
from tests.make import MadeStore
from tests.make.selling import placed_order, ready_cart, sellable

# What a bug would have to do to break each law; $1 is the store. Triggers and keys are put aside for it.
BREAKS = {
    "an order has lines, and its totals equal theirs": "DELETE FROM order_lines WHERE store_id = $1",
    "a line adds up": "UPDATE order_lines SET amount = amount + 1 WHERE store_id = $1",
    "what an order is paid equals the payments that came in": (
        "UPDATE payments SET status = 'pending' WHERE store_id = $1"
    ),
    "an order is called paid when it is": "UPDATE orders SET payment_state = 'pending' WHERE store_id = $1",
    "a cart became one order, and only where it is completed": "UPDATE carts SET state = 'open' WHERE store_id = $1",
    "an order was bought at its cart's quote": "UPDATE quotes SET total = total + 1 WHERE store_id = $1",
    "an order's quote and contact are there": "DELETE FROM order_contacts WHERE store_id = $1",
    "a line's variant is there": "DELETE FROM variants WHERE store_id = $1",
    "every order was told, as long as events are kept": "DELETE FROM events WHERE store_id = $1",
    "an order's history ends in the states it has": "UPDATE order_history SET state = 'pending' WHERE store_id = $1",
    "a line's stock is committed whole": (
        "UPDATE stock_movements SET committed = committed + 1 WHERE store_id = $1 AND kind = 'commit'"
    ),
    "a line of a counted variant has its stock committed": (
        "DELETE FROM stock_movements WHERE store_id = $1 AND kind = 'commit'"
    ),
}


@pytest.mark.parametrize("law", LAWS)
async def test_the_law_holds_after_sales_of_every_kind(
    urls: Urls, database: Database, store: MadeStore, law: str
) -> None:
    await trade(database, store)

    reader = await connect(urls.reader)

    assert await broken(reader, law, store) == 0
    await reader.close()


@pytest.mark.parametrize("law", LAWS)
async def test_the_law_finds_what_breaks_it(urls: Urls, database: Database, store: MadeStore, law: str) -> None:
    assert urls.admin is not None
    await placed_order(database, store)
    admin = await connect(with_database(urls.admin, urls.server))

    transaction = admin.transaction()
    await transaction.start()
    await admin.execute("SET LOCAL session_replication_role = replica")
    await admin.execute(BREAKS[law], store.id)
    found = await broken(admin, law, store)
    await transaction.rollback()

    assert found == 1
    await admin.close()


def with_database(admin_url: str, url: str) -> str:
    """The administrator's URL, for the database that another URL names."""
    named = make_url(admin_url).set(database=make_url(url).database)
    return named.render_as_string(hide_password=False)


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

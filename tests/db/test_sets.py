"""Many rows of one table in one statement, each value as it was given; and keys that are found without statistics."""

import psycopg

from stoa.customers.models import Customer
from stoa.db.sets import insert_quietly, insert_set
from stoa.db.transaction import Database, Tx
from stoa.db.urls import Urls
from stoa.kernel.ids import uuid7
from stoa.stores.models import StoreSettings
from stoa.stores.settings import settings_of
from tests.conftest import open_a_store


def people(tx: Tx, *emails: str) -> dict[str, list[object]]:
    """Customers, column by column."""
    return {
        "id": [uuid7(tx.now) for _ in emails],
        "email": [*emails],
        "email_folded": [*emails],
        "name": ['O\'Neil, "Ann" {é}\n'] * len(emails),
        "phone": [""] * len(emails),
        "password_hash": [None] * len(emails),
        "created_at": [tx.now] * len(emails),
    }


async def test_rows_go_in_as_they_were_given_and_those_there_stay(tx: Tx):
    rows = people(tx, "a@example.com", "b@example.com")

    first = await insert_set(tx, Customer, rows)
    again = await insert_set(tx, Customer, rows | {"name": ["other", "other"]})
    await insert_quietly(tx, Customer, rows | {"name": ["other", "other"]})

    assert (first, again) == (set(rows["id"]), set())
    names = [await tx.get(Customer, row_id) for row_id in rows["id"]]  # type: ignore[arg-type]
    assert [one and one.name for one in names] == ['O\'Neil, "Ann" {é}\n'] * 2


async def test_nothing_is_inserted_of_nothing(tx: Tx):
    assert await insert_set(tx, Customer, people(tx)) == set()


async def test_lists_and_documents_cross_over_whole(tx: Tx):
    words = ['a "b", {c}', "d\\e", "", "NULL", "é,f"]
    settings = await settings_of(tx)
    columns = {column.name: [getattr(settings, column.name)] for column in StoreSettings.__table__.columns}
    columns |= {"ships_to": [words], "cors_origins": [[]]}
    del columns["store_id"]
    await tx.session.delete(settings)
    await tx.flush()

    await insert_quietly(tx, StoreSettings, columns)

    tx.session.expunge_all()
    kept = await settings_of(tx)
    assert (kept.ships_to, kept.cors_origins) == (words, [])


async def test_a_row_of_another_store_cannot_be_named(database: Database, tx: Tx):
    other = await open_a_store(database)
    rows = people(tx, "c@example.com")
    await insert_set(tx, Customer, rows)

    async with database.store(other.id) as elsewhere:
        assert await elsewhere.get(Customer, rows["id"][0]) is None  # type: ignore[arg-type]


def test_a_table_that_was_never_analysed_is_read_by_its_key(urls: Urls):
    with psycopg.connect(urls.reader) as connection:
        for table in ("orders", "variants", "products", "carts"):
            sql = f"EXPLAIN (GENERIC_PLAN) SELECT FROM ONLY {table} WHERE store_id = $1 AND id = $2"
            plan = " ".join(line for (line,) in connection.execute(sql.encode()))
            assert f"{table}_pkey" in plan, plan

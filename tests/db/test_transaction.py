"""A transaction is in one store, and sees that store alone."""

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import DBAPIError

from stoa.db.transaction import Database, Tx
from stoa.stores.models import StoreSettings
from tests.make import MadeStore


async def test_a_store_sees_only_its_own_rows(database: Database, store: MadeStore, other_store: MadeStore) -> None:
    async with database.store(store.id) as tx:
        rows = (await tx.execute(text("SELECT store_id FROM store_settings"))).scalars().all()

    assert rows == [store.id]


async def test_without_a_store_a_query_fails_instead_of_seeing_all(database: Database, store: MadeStore) -> None:
    async with database.platform() as tx:
        with pytest.raises(DBAPIError, match=r"stoa\.store_id|invalid input syntax for type uuid"):
            await tx.execute(text("SELECT * FROM store_settings"))


async def test_every_orm_statement_names_its_store(tx: Tx, database: Database) -> None:
    seen: list[str] = []
    event.listen(database.server.sync_engine, "before_cursor_execute", lambda *call: seen.append(call[2]))

    await tx.scalars(select(StoreSettings))

    assert "WHERE store_settings.store_id = $1" in seen[-1].replace("::UUID", "").replace("\n", "")


async def test_an_error_that_may_be_logged_does_not_repeat_what_was_sent(database: Database, store: MadeStore) -> None:
    with pytest.raises(DBAPIError) as failed:
        async with database.store(store.id) as tx:
            await tx.execute(text("SELECT CAST(:email AS text), 1 / 0"), {"email": "ada@example.com"})

    assert "division by zero" in str(failed.value)
    assert "ada@example.com" not in str(failed.value)

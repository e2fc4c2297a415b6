"""Every night the laws are looked at, and a broken one is not passed over in silence."""

from datetime import UTC, datetime
from typing import Any

import pytest
from procrastinate import JobContext
from procrastinate.jobs import Job
from sqlalchemy import text

from stoa.db.transaction import Database
from stoa.db.urls import Urls
from stoa.jobs.app import app
from stoa.laws.jobs import LawBroken, check_laws
from tests.conftest import open_a_store
from tests.make import MadeStore
from tests.make.selling import sellable


def context(database: Database) -> JobContext:
    """What the worker gives to a job."""
    job = Job(id=1, queue="default", lock=None, queueing_lock=None, task_name="laws.check")
    return JobContext(
        app=app, job=job, start_timestamp=datetime.now(UTC).timestamp(), additional_context={"database": database},
        abort_reason=lambda: None,
    )  # fmt: skip


async def look(database: Database) -> Any:
    """One run of the job."""
    return await check_laws(context(database), timestamp=0)


async def test_a_broken_law_fails_the_nightly_job_by_its_name(fresh_database: Database) -> None:
    database = fresh_database
    store = await open_a_store(database)
    async with database.store(store.id) as tx:
        await sellable(tx, stock=5)
    await look(database)

    await put_in_silence(database, store, 1)
    with pytest.raises(LawBroken) as broken:
        await look(database)

    assert str(broken.value) == "inventory: a level is the sum of its movements"
    await put_in_silence(database, store, -1)
    await look(database)


async def test_without_the_readers_address_nothing_is_looked_at(urls: Urls) -> None:
    database = Database(urls.server)
    await look(database)
    await database.close()


async def put_in_silence(database: Database, store: MadeStore, units: int) -> None:
    """Change what is on hand without a movement, as only a bug would."""
    async with database.store(store.id) as tx:
        values = {"store": store.id, "by": units}
        await tx.execute(text("UPDATE stock_levels SET on_hand = on_hand + :by WHERE store_id = :store"), values)

"""What every test stands on: a real PostgreSQL, one database a test process, one new store a test.

Set `STOA_TEST_ADMIN_URL` to a superuser's URL to run against a server of your own; without it the embedded one starts.
Tests are kept apart as tenants are: each has a store of its own, so nothing has to be cleaned away between them.
"""

import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import psycopg
import pytest

from stoa.db.migrate import migrate
from stoa.db.transaction import Database, Tx
from stoa.db.urls import Urls
from stoa.kernel.clock import utc_now
from tests.browser import pytest_terminal_summary
from tests.make import MadeStore, Make
from tests.server import urls_for_tests

__all__ = ["pytest_terminal_summary"]

SECRET_KEY = b"a secret of the tests"


@pytest.fixture(scope="session")
def urls() -> Iterator[Urls]:
    """A migrated database of this test process alone."""
    with urls_for_tests(os.environ.get("PYTEST_XDIST_WORKER", "main")) as urls:
        migrate(urls.owner)
        yield urls


@pytest.fixture(scope="session")
async def database(urls: Urls) -> AsyncIterator[Database]:
    """The engines a server process would have."""
    database = Database(urls.server, urls.reader)
    yield database
    await database.close()


@pytest.fixture
async def fresh_database() -> AsyncIterator[Database]:
    """The engines of a new database that no other test has seen, and that no autovacuum looks into."""
    with urls_for_tests(f"fresh{os.environ.get('PYTEST_XDIST_WORKER', 'main')}") as urls:
        migrate(urls.owner)
        with psycopg.connect(urls.owner) as owner:
            tables = owner.execute(
                "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relowner = user::regrole"
            )
            for (table,) in tables.fetchall():
                owner.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)".encode())
        database = Database(urls.server, urls.reader)
        yield database
        await database.close()


@pytest.fixture
async def store(database: Database) -> MadeStore:
    """A new store: pounds, London, no tax, shipping for 3.95, every payment method."""
    return await open_a_store(database)


@pytest.fixture
async def other_store(database: Database) -> MadeStore:
    """Another tenant, to be kept out."""
    return await open_a_store(database)


async def open_a_store(database: Database, **settings: object) -> MadeStore:
    """A new store with a slug of its own, its one warehouse included."""
    async with database.platform() as tx:
        return await Make(tx).store(**settings)


@pytest.fixture
async def tx(database: Database, store: MadeStore) -> AsyncIterator[Tx]:
    """A transaction in the test's store, rolled back at the end."""
    try:
        async with database.store(store.id, now=utc_now()) as tx:
            yield tx
            raise _RollBack
    except _RollBack:
        pass


@pytest.fixture
def make(tx: Tx) -> Make:
    """Builds the smallest valid thing of each kind in the test's transaction."""
    return Make(tx)


@pytest.fixture
def noon() -> datetime:
    """An instant to hold the clock at."""
    return datetime(2026, 5, 4, 12, tzinfo=UTC)


class _RollBack(Exception):
    """Ends a test's transaction without keeping anything."""

"""Workers are killed in the middle of delivering, and PostgreSQL cuts their connections: nothing is lost."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from stoa import webhooks
from stoa.config import Config, MailSettings, WebhookSettings
from stoa.db.engine import connect
from stoa.db.migrate import migrate
from stoa.db.transaction import Database
from stoa.db.urls import Urls
from stoa.events.bell import RelayBell
from stoa.kernel.clock import utc_now
from stoa.kernel.ids import uuid7
from stoa.laws import check
from tests import server
from tests.conftest import SECRET_KEY, open_a_store
from tests.webhooks.post import Post
from tests.webhooks.receiver import Receiver

ROOT = Path(__file__).resolve().parents[2]

THINGS = 16
EACH = 8


@pytest.fixture
async def urls() -> AsyncIterator[Urls]:
    """A database of our own: its worker takes nobody else's work."""
    with server.urls_for_tests(f"hooks{os.environ.get('PYTEST_XDIST_WORKER', '')}") as urls:
        migrate(urls.owner)
        yield urls


@pytest.fixture
async def post(urls: Urls) -> AsyncIterator[Post]:
    """A store in it."""
    database = Database(urls.server, urls.reader)
    yield Post(database, await open_a_store(database))
    await database.close()


async def test_workers_that_are_killed_again_and_again_lose_nothing(
    post: Post, urls: Urls, receiver: Receiver, tmp_path: Path
) -> None:
    """128 events about 16 things; a worker is killed as soon as it has sent 20 more, and the last one sends the rest.

    What one had on its way comes again from the next: the first arrivals of each thing's events are in order still.
    """
    endpoint = await post.endpoint(receiver.url)
    things = [uuid7(post.now) for _ in range(THINGS)]
    told = await _tell(post, things)
    bell = RelayBell(urls.server)

    for sent in (20, 40, 60):
        with worker(urls, tmp_path) as process:
            bell.ring(post.store.id)
            await receiver.until(sent)
            process.kill()
            process.wait()
    with worker(urls, tmp_path):
        await _until_nothing_waits(post)
    await bell.close()

    assert set(receiver.ids) == {event for events in told.values() for event in events}
    firsts = list(dict.fromkeys(receiver.ids))
    for events in told.values():
        assert [event for event in firsts if event in events] == events
    # At least once: what was on its way when a worker died, eight messages at most each time, may have come twice.
    assert len(receiver.ids) <= THINGS * EACH + 3 * 8
    assert set(await post.states()) == {"delivered"}
    assert (await post.seen(endpoint.id)).failures == 0
    secret = webhooks.secret_of(SECRET_KEY, endpoint.id, 1)
    assert {got.verified(secret)["id"] for got in receiver.got} == set(receiver.ids)
    await _laws_hold(urls)


async def test_when_postgresql_cuts_its_connections_the_courier_goes_on(
    post: Post, urls: Urls, receiver: Receiver, tmp_path: Path
) -> None:
    await post.endpoint(receiver.url)
    told = await _tell(post, [uuid7(post.now) for _ in range(THINGS)])
    bell = RelayBell(urls.server)

    with worker(urls, tmp_path):
        bell.ring(post.store.id)
        for sent in (20, 60):
            await receiver.until(sent)
            await _cut_connections(urls)
        await _until_nothing_waits(post)
    with suppress(OSError):
        await bell.close()

    assert set(receiver.ids) == {event for events in told.values() for event in events}
    await _laws_hold(urls)


@contextmanager
def worker(urls: Urls, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker's process, whose leases are short; killed at the end."""
    config = Config(
        server_url=urls.server,
        reader_url=urls.reader,
        secret_key=SECRET_KEY,
        mail=MailSettings(folder=folder),
        webhooks=WebhookSettings(reach_private=True, timeout_seconds=1.5),
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "stoa.jobs.worker"], cwd=ROOT, env={**os.environ, **config.environment()}
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def _tell(post: Post, things: list[UUID]) -> dict[UUID, list[str]]:
    """Events about each of these, each in a transaction of its own; by thing, in the order in which they were told."""
    ids = iter(await post.tell("stock.received", *things * EACH))
    told: dict[UUID, list[str]] = {thing: [] for thing in things}
    for thing in things * EACH:
        told[thing].append(next(ids))
    return told


async def _until_nothing_waits(post: Post) -> None:
    """Return once everything that was told has been relayed and settled; fail after two minutes."""
    for _ in range(600):
        if not await _open(post):
            return
        await asyncio.sleep(0.2)
    raise AssertionError(await post.states())


async def _open(post: Post) -> int:
    """Events that are not relayed, and deliveries that wait."""
    with suppress(Exception):
        async with post.database.store(post.store.id, now=utc_now()) as tx:
            return int((await tx.execute(_OPEN, {"store": tx.store_id})).scalar_one())
    return 1


async def _cut_connections(urls: Urls) -> None:
    assert urls.admin is not None
    name = psycopg.conninfo.conninfo_to_dict(urls.server)["dbname"]
    elsewhere = psycopg.conninfo.make_conninfo(urls.admin, dbname="postgres")
    async with await psycopg.AsyncConnection.connect(elsewhere, autocommit=True) as admin:
        await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])


async def _laws_hold(urls: Urls) -> None:
    reader = await connect(urls.reader)
    try:
        assert [each.law.name async for each in check(reader) if not each.holds] == []
    finally:
        await reader.close()


_OPEN = text("""
    SELECT (SELECT count(*) FROM events WHERE store_id = :store AND relayed_at IS NULL)
         + (SELECT count(*) FROM webhook_deliveries WHERE store_id = :store AND state = 'waiting')
""")

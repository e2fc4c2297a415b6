"""The worker's process: told of an order it sends the mail, told to stop it stops, and it outlives its database."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
from procrastinate.exceptions import AlreadyEnqueued
from psycopg import sql
from sqlalchemy import text

from stoa.adapters.mail import FolderMailer
from stoa.config import Config, MailSettings
from stoa.db.migrate import migrate
from stoa.db.transaction import Database
from stoa.db.urls import Urls
from stoa.events.bell import RelayBell
from stoa.jobs.app import app, connector
from stoa.jobs.queue import take_up_stalled
from stoa.jobs.running import run_waiting_jobs
from stoa.notices import Letterhead
from tests import server
from tests.conftest import SECRET_KEY, open_a_store
from tests.make import MadeStore
from tests.make.selling import placed_order
from tests.notices.mail_server import mail_server

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class Shop:
    """A database that a worker has to itself, and one store in it."""

    urls: Urls
    database: Database
    store: MadeStore


@pytest.fixture(scope="module")
async def shop() -> AsyncIterator[Shop]:
    """A database of our own: its worker takes nobody else's jobs, and its connections can be cut."""
    with server.urls_for_tests(f"jobs{os.environ.get('PYTEST_XDIST_WORKER', '')}") as urls:
        migrate(urls.owner)
        database = Database(urls.server, urls.reader)
        yield Shop(urls, database, await open_a_store(database))
        await database.close()


async def test_it_hears_the_bell_and_outlives_its_database_and_stops_when_told(shop: Shop, tmp_path: Path) -> None:
    bell = RelayBell(shop.urls.server)
    with worker(shop, MailSettings(folder=tmp_path)) as process:
        await placed_order(shop.database, shop.store)
        bell.ring(shop.store.id)
        await until(lambda: len(mails(tmp_path)) == 1, "the first mail")

        await cut_all_connections(shop)
        await placed_order(shop.database, shop.store)
        bell.ring(shop.store.id)
        await until(lambda: len(mails(tmp_path)) == 2, "the mail after the database came back")

        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, PATIENCE_SECONDS) == 0
    await bell.close()
    assert len(mails(tmp_path)) == 2


async def test_what_a_killed_worker_was_at_is_done_by_the_next(shop: Shop, tmp_path: Path) -> None:
    order = await placed_order(shop.database, shop.store)
    with mail_server(holding=True) as post, worker(shop, MailSettings(smtp_url=post.url)) as process:
        await until(lambda: post.held == 1, "the worker to be at it")
        process.kill()
        process.wait()
        post.let_go()
    assert post.messages == []

    # It is known to be dead when it was silent for a while, and its claim on the message runs out: not awaited here.
    async with shop.database.store(shop.store.id) as tx:
        await tx.execute(text("UPDATE notices SET claimed_at = NULL WHERE store_id = :store"), {"store": tx.store_id})
    with app.replace_connector(connector(shop.urls.server, connections=2)):
        async with app.open_async():
            assert await take_up_stalled(app, silent_seconds=0) >= 1  # what runs by the clock may have been begun too
    letterhead = Letterhead(SECRET_KEY, "shop@example.com")
    surroundings = {"database": shop.database, "mailer": FolderMailer(tmp_path), "letterhead": letterhead}
    await run_waiting_jobs(shop.urls.server, surroundings)

    [mail] = mails(tmp_path)
    assert f"Your order {order.number} " in mail.read_text()


async def test_what_runs_by_the_clock_goes_on_after_a_kill_though_its_next_turn_was_queued(
    shop: Shop, tmp_path: Path
) -> None:
    await rows(shop, "DELETE FROM procrastinate_periodic_defers")  # as if none had run in this minute yet
    async with holding_stores(shop):
        with worker(shop, MailSettings(folder=tmp_path)) as process:
            begun = "SELECT FROM procrastinate_jobs WHERE status = 'doing' AND task_name = 'orders.expire'"
            await until_rows(shop, begun, "a job to be at it")
            process.kill()
            process.wait()
    async with jobs_of(shop):
        for name, task in app.tasks.items():
            if task.queueing_lock == name:
                with suppress(AlreadyEnqueued):
                    await task.defer_async(timestamp=0)
    interrupted = await rows(
        shop, "SELECT id, task_name FROM procrastinate_jobs WHERE status = 'doing' AND queueing_lock <> ''"
    )
    await rows(shop, "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")

    with worker(shop, MailSettings(folder=tmp_path)):
        await until_rows(
            shop,
            "SELECT WHERE NOT EXISTS (SELECT FROM procrastinate_jobs"
            " WHERE status = 'doing' OR status = 'todo' AND scheduled_at IS NULL)",
            "every job to be done",
        )

    ended = await rows(shop, "SELECT id, task_name FROM procrastinate_jobs WHERE status = 'failed'")
    assert interrupted != []
    assert set(interrupted) <= set(ended)  # the others that failed waited for the stores too long


async def test_a_stalled_job_whose_successor_waits_is_over_and_hides_none_of_the_others(shop: Shop) -> None:
    await rows(shop, "DELETE FROM procrastinate_jobs")
    async with jobs_of(shop):
        for name in ("orders.expire", "inventory.serve_waiting", "carts.clear_expired"):
            await app.tasks[name].defer_async(timestamp=1)
        await rows(shop, "UPDATE procrastinate_jobs SET status = 'doing'")
        for name in ("orders.expire", "inventory.serve_waiting"):
            await app.tasks[name].defer_async(timestamp=2)

        assert await take_up_stalled(app) == 3
        assert await take_up_stalled(app) == 0

    assert await rows(
        shop, "SELECT task_name, args->>'timestamp', status::text FROM procrastinate_jobs ORDER BY 1, 2"
    ) == [
        ("carts.clear_expired", "1", "todo"),
        ("inventory.serve_waiting", "1", "failed"),
        ("inventory.serve_waiting", "2", "todo"),
        ("orders.expire", "1", "failed"),
        ("orders.expire", "2", "todo"),
    ]


def test_without_its_settings_it_says_which_is_missing() -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STOA_")}

    ended = subprocess.run(
        [sys.executable, "-m", "stoa.jobs.worker"], cwd=ROOT, env=kept, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 1
    assert ended.stderr.startswith("STOA_DATABASE_URL is not set")
    assert "Traceback" not in ended.stderr


@contextmanager
def worker(shop: Shop, mail: MailSettings) -> Iterator[subprocess.Popen[bytes]]:
    """A worker's process; killed at the end if it still runs."""
    config = Config(
        server_url=shop.urls.server, reader_url=shop.urls.reader, secret_key=SECRET_KEY, mail=mail, public_port=8000
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "stoa.jobs.worker"], cwd=ROOT, env={**os.environ, **config.environment()}
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def until(done: Callable[[], bool], what: str) -> None:
    """Return once it is so; fail after a while."""
    for _ in range(PATIENCE_SECONDS * 20):
        if done():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"waited in vain for {what}")


@asynccontextmanager
async def jobs_of(shop: Shop) -> AsyncIterator[None]:
    """The app, at the shop's queue."""
    app.perform_import_paths()
    with app.replace_connector(connector(shop.urls.server, connections=2)):
        async with app.open_async():
            yield


@asynccontextmanager
async def holding_stores(shop: Shop) -> AsyncIterator[None]:
    """Whoever wants to know which stores there are waits."""
    async with await psycopg.AsyncConnection.connect(shop.urls.owner) as holder:
        await holder.execute("LOCK TABLE stores IN ACCESS EXCLUSIVE MODE")
        yield
        await holder.rollback()


async def rows(shop: Shop, query: LiteralString) -> list[tuple[Any, ...]]:
    """What the statement answers, as the role of the jobs."""
    async with await psycopg.AsyncConnection.connect(shop.urls.server, autocommit=True) as connection:
        await connection.execute("SET search_path = jobs")
        answered = await connection.execute(query)
        return await answered.fetchall() if answered.description is not None else []


async def until_rows(shop: Shop, query: LiteralString, what: str) -> None:
    """Return once the query has a row; fail after a while."""
    for _ in range(PATIENCE_SECONDS * 10):
        if await rows(shop, query):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"waited in vain for {what}")


async def cut_all_connections(shop: Shop) -> None:
    """What everybody connected sees when PostgreSQL is restarted: the connection ends, and for a moment no other."""
    assert shop.urls.admin is not None
    name = psycopg.conninfo.conninfo_to_dict(shop.urls.server)["dbname"]
    elsewhere = psycopg.conninfo.make_conninfo(shop.urls.admin, dbname="postgres")
    await shop.database.server.dispose()
    async with await psycopg.AsyncConnection.connect(elsewhere, autocommit=True) as admin:
        closed = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        await admin.execute(closed.format(sql.Identifier(str(name)), sql.SQL("false")))
        await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        await asyncio.sleep(0.5)
        await admin.execute(closed.format(sql.Identifier(str(name)), sql.SQL("true")))


def mails(folder: Path) -> list[Path]:
    """The messages in the folder."""
    return sorted(folder.glob("*.eml"))

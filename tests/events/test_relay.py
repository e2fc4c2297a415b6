"""Every event becomes its jobs exactly once, whatever dies and however many relays run."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import select

from stoa.db.engine import connect
from stoa.db.outbox import Event
from stoa.db.transaction import Database
from stoa.events.relay import relay_all, relay_store
from stoa.events.subscriptions import JOBS_OF
from stoa.jobs.app import app
from tests.make import MadeStore
from tests.make.selling import placed_order

Connection = Any  # asyncpg.Connection is generic to the type checker alone


@pytest.fixture
async def connection(database: Database) -> AsyncIterator[Connection]:
    """A relay's connection."""
    connection = await connect(database.server_url)
    yield connection
    await connection.close()


async def test_a_placed_order_becomes_its_jobs_with_ids_alone(
    database: Database, store: MadeStore, connection: Connection
) -> None:
    order = await placed_order(database, store)

    relayed = await relay_store(connection, store.id)

    [event] = await events_of(database, store)
    assert relayed == 1
    assert event.relayed_at is not None
    assert await jobs_of(connection, store) == [
        (
            "notices.send_order_confirmation",
            {"store_id": str(store.id), "subject_id": str(order.id), "event_id": str(event.id)},
        )
    ]


async def test_what_was_relayed_is_not_relayed_again(
    database: Database, store: MadeStore, connection: Connection
) -> None:
    await placed_order(database, store)
    await relay_store(connection, store.id)

    again = await relay_store(connection, store.id)

    assert again == 0
    assert len(await jobs_of(connection, store)) == 1


async def test_an_event_nobody_asked_for_is_done_with(
    database: Database, store: MadeStore, connection: Connection
) -> None:
    await tell(database, store, "weather.changed", 1)

    assert await relay_store(connection, store.id) == 1

    assert await jobs_of(connection, store) == []
    assert await relay_store(connection, store.id) == 0


async def test_a_relay_sees_one_store_at_a_time_and_a_sweep_sees_all(
    database: Database, store: MadeStore, other_store: MadeStore, connection: Connection
) -> None:
    await tell(database, store, "order.placed", 2)
    await tell(database, other_store, "order.placed", 3)

    await relay_store(connection, store.id)
    assert (len(await jobs_of(connection, store)), len(await jobs_of(connection, other_store))) == (2, 0)

    await relay_all(connection)
    assert (len(await jobs_of(connection, store)), len(await jobs_of(connection, other_store))) == (2, 3)


async def test_a_relay_that_dies_before_its_commit_loses_nothing(
    database: Database, store: MadeStore, connection: Connection
) -> None:
    await tell(database, store, "order.placed", 3)
    dying = await connect(database.server_url)

    # The queue is shut for a moment, so that the relay has claimed the events and waits; then it is killed.
    async with connection.transaction():
        await connection.execute("LOCK TABLE jobs.procrastinate_jobs IN EXCLUSIVE MODE")
        relaying = asyncio.create_task(relay_store(dying, store.id))
        await waits_for_a_lock(connection, dying.get_server_pid())
        await connection.execute("SELECT pg_terminate_backend($1)", dying.get_server_pid())
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await relaying

    assert await jobs_of(connection, store) == []
    assert [event.relayed_at for event in await events_of(database, store)] == [None] * 3
    assert await relay_store(connection, store.id) == 3
    assert len(await jobs_of(connection, store)) == 3


async def test_two_relays_at_once_defer_each_event_once(database: Database, store: MadeStore) -> None:
    await tell(database, store, "order.placed", 60)
    relays = [await connect(database.server_url) for _ in range(2)]

    async def work_off(relay: Connection) -> int:
        done = 0
        while count := await relay_store(relay, store.id, batch=7):
            done += count
        return done

    shares = await asyncio.gather(*map(work_off, relays))

    # Whoever met only rows the other was at work on may have stopped early: nothing is left all the same.
    assert sum(shares) + await relay_store(relays[0], store.id) == 60
    deferred = Counter(arguments["event_id"] for _, arguments in await jobs_of(relays[0], store))
    assert deferred == {str(event.id): 1 for event in await events_of(database, store)}
    for relay in relays:
        await relay.close()


def test_every_job_that_is_subscribed_exists() -> None:
    app.perform_import_paths()

    assert {name for names in JOBS_OF.values() for name in names} - set(app.tasks) == set()


async def test_mails_let_money_and_holds_go_first(connection: Connection, database: Database, store: MadeStore):
    for kind in ("order.placed", "payment.attempt_opened", "order.placed"):
        await tell(database, store, kind, 1)

    await relay_store(connection, store.id)

    rows = await connection.fetch(
        "SELECT task_name FROM jobs.procrastinate_jobs WHERE args ->> 'store_id' = $1 ORDER BY priority DESC, id",
        str(store.id),
    )
    mail, money = "notices.send_order_confirmation", "payments.talk_to_provider"
    assert [row["task_name"] for row in rows] == [money, mail, mail]


async def tell(database: Database, store: MadeStore, kind: str, times: int) -> None:
    """Events about nothing in particular."""
    async with database.store(store.id) as tx:
        for _ in range(times):
            tx.emit(kind, tx.new_id())


async def events_of(database: Database, store: MadeStore) -> list[Event]:
    """The store's events, oldest first."""
    async with database.store(store.id) as tx:
        return list(await tx.scalars(select(Event).order_by(Event.id)))


async def jobs_of(connection: Connection, store: MadeStore) -> list[tuple[str, dict[str, str]]]:
    """Names and arguments of the store's jobs, in the order they were deferred."""
    rows = await connection.fetch(
        "SELECT task_name, args FROM jobs.procrastinate_jobs WHERE args ->> 'store_id' = $1 ORDER BY id", str(store.id)
    )
    return [(row["task_name"], row["args"]) for row in rows]


async def waits_for_a_lock(connection: Connection, pid: int) -> None:
    """Return once the backend waits for a lock; fail after ten seconds."""
    for _ in range(500):
        if await connection.fetchval("SELECT wait_event_type FROM pg_stat_activity WHERE pid = $1", pid) == "Lock":
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the backend never came to wait")

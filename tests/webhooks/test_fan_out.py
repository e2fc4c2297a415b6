"""An event and its deliveries are one thing: whatever happens to the relay, there are both or neither, in order."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from stoa.db.engine import connect
from stoa.events.relay import relay_all, relay_store
from stoa.kernel.ids import uuid7
from tests.webhooks.post import Post
from tests.webhooks.receiver import Receiver

Connection = Any  # asyncpg.Connection is generic to the type checker alone

URL = "https://example.com/hooks"


@pytest.fixture
async def connection(post: Post) -> AsyncIterator[Connection]:
    """A relay's connection."""
    connection = await connect(post.database.server_url)
    yield connection
    await connection.close()


async def test_a_relay_that_dies_before_its_commit_leaves_neither(post: Post, connection: Connection) -> None:
    await post.endpoint(URL)
    await post.tell("order.placed")
    dying = await connect(post.database.server_url)

    # The queue is shut for a moment, so that the relay has written the delivery and waits; then it is killed.
    async with connection.transaction():
        await connection.execute("LOCK TABLE jobs.procrastinate_jobs IN EXCLUSIVE MODE")
        relaying = asyncio.create_task(relay_store(dying, post.store.id, clock=post.clock))
        await _waits(connection, dying.get_server_pid())
        await connection.execute("SELECT pg_terminate_backend($1)", dying.get_server_pid())
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
            await relaying

    assert await post.deliveries() == []
    assert await relay_store(connection, post.store.id, clock=post.clock) == 1
    assert await post.states() == ["waiting"]


async def test_two_relays_at_once_write_each_delivery_once_and_in_order(
    post: Post, connection: Connection, receiver: Receiver
) -> None:
    await post.endpoint(receiver.url)
    thing = uuid7(post.now)
    told = await post.tell("stock.received", *[thing] * 60)
    relays = [await connect(post.database.server_url) for _ in range(2)]

    async def work_off(relay: Connection) -> int:
        done = 0
        while count := await relay_store(relay, post.store.id, clock=post.clock, batch=7):
            done += count
        return done

    shares = await asyncio.gather(*map(work_off, relays))
    for relay in relays:
        await relay.close()
    assert sum(shares) == 60
    assert await post.states() == ["waiting"] * 60

    await post.deliver()

    assert receiver.ids == told


async def test_a_relay_passes_by_a_store_whose_endpoint_is_held_and_goes_on_with_others(
    post: Post, other_store: Any, connection: Connection
) -> None:
    endpoint = await post.endpoint(URL)
    elsewhere = Post(post.database, other_store, post.now)
    await post.tell("order.placed")
    await elsewhere.tell("order.placed")
    await connection.execute("SET lock_timeout = '50ms'")

    async with post.database.store(post.store.id) as tx:
        await tx.session.refresh(await tx.session.merge(endpoint), with_for_update=True)
        assert await relay_all(connection, [post.store.id, other_store.id]) == 1

    assert await relay_all(connection, [post.store.id, other_store.id]) == 1
    assert await post.states() == ["waiting"]


async def test_whoever_wants_to_know_is_told_which_store_has_something_to_send(
    post: Post, other_store: Any, connection: Connection
) -> None:
    await post.endpoint(URL)
    await post.tell("order.placed")
    await Post(post.database, other_store, post.now).tell("order.placed")
    told: list[object] = []

    await relay_all(connection, [post.store.id, other_store.id], told=told.append)

    assert told == [post.store.id]


async def test_a_store_without_endpoints_costs_one_statement_more(post: Post, connection: Connection) -> None:
    await post.tell("weather.changed")
    sent: list[str] = []
    connection.add_query_logger(lambda record: sent.append(record.query))

    await relay_store(connection, post.store.id, clock=post.clock)

    about_webhooks = [query for query in sent if "webhook" in query]
    assert len(about_webhooks) == 1
    assert about_webhooks[0].startswith("SELECT id, kinds, is_active FROM webhook_endpoints WHERE store_id = $1 AND ")


async def test_a_look_that_finds_nothing_costs_what_it_did_and_holds_nobody(post: Post, connection: Connection) -> None:
    endpoint = await post.endpoint(URL)
    sent: list[str] = []
    connection.add_query_logger(lambda record: sent.append(record.query))

    async with post.database.store(post.store.id) as tx:
        await tx.session.refresh(await tx.session.merge(endpoint), with_for_update=True)
        assert await relay_store(connection, post.store.id, clock=post.clock) == 0

    assert [query.split(" ")[0] for query in sent if "store_id" in query] == ["SELECT"]


async def _waits(connection: Connection, pid: int) -> None:
    """Return once the backend waits for a lock; fail after a while."""
    for _ in range(1500):
        if await connection.fetchval("SELECT wait_event_type FROM pg_stat_activity WHERE pid = $1", pid) == "Lock":
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the backend never came to wait")

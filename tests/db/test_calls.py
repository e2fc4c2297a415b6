"""Calls that are transactions of their own: committed when they answer, and a lost connection is nobody's for long."""

import asyncio
from collections.abc import Callable

import asyncpg
import pytest

from stoa.db.calls import Calls, Lines, NeedsRows
from stoa.db.transaction import Database
from stoa.db.urls import Urls
from stoa.kernel.refusals import NotFound
from tests.make import MadeStore

ONE = "SELECT 1 AS one"


async def begun(database: Database, store: MadeStore) -> int:
    """How many carts there are."""
    async with database.lines.transaction() as connection:
        await connection.execute("SELECT stoa.enter_store($1)", store.id)
        count: int = await connection.fetchval("SELECT count(*) FROM carts WHERE store_id = $1", store.id)
    return count


async def begin(calls: Calls, token: bytes | None) -> None:
    """Begin a cart; without a token it is refused."""
    await calls.call("open_cart", calls.new_id(), token, None, "shop", None, calls.now, calls.now)


async def until(condition: Callable[[], bool]) -> None:
    """Wait, not for ever, until it is so."""
    for _ in range(1_000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never was so")


async def test_a_call_alone_is_committed_and_one_in_a_transaction_that_fails_is_not(
    database: Database, store: MadeStore
):
    await begin(database.alone(store.id), b"1")

    async def fail() -> None:
        async with database.bare(store.id) as bare:
            await begin(bare, b"2")
            raise NotFound

    with pytest.raises(NotFound):
        await fail()
    async with database.bare(store.id) as bare:
        await begin(bare, b"3")

    assert await begun(database, store) == 2
    assert not any(line.is_in_transaction() for line in database.lines.idle)


async def test_what_a_call_refuses_changes_nothing_and_the_connection_serves_on(database: Database, store: MadeStore):
    calls = database.alone(store.id)
    await begin(calls, b"1")

    idle = len(database.lines.idle)

    with pytest.raises(asyncpg.NotNullViolationError):
        await begin(calls, None)

    assert await begun(database, store) == 1
    assert len(database.lines.idle) == idle


async def test_connections_that_died_while_idle_cost_nobody_an_answer(urls: Urls):
    lines = Lines(urls.server, most=3)
    await asyncio.gather(*(lines.fetch("SELECT pg_sleep(0.05)") for _ in range(3)))
    dead = [line.get_server_pid() for line in lines.idle]
    other = await asyncpg.connect(urls.server)
    await other.execute("SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid", dead)
    await other.close()
    await until(lambda: all(line.is_closed() for line in lines.idle))

    rows = await asyncio.gather(*(lines.fetch(ONE) for _ in range(6)))

    assert [row["one"] for [row] in rows] == [1] * 6
    assert not {line.get_server_pid() for line in lines.idle} & set(dead)
    await lines.close()


async def test_a_session_that_was_told_to_end_serves_nobody_more(urls: Urls):
    lines = Lines(urls.server, most=1)

    with pytest.raises(asyncpg.ConnectionDoesNotExistError):
        await lines.fetch("SELECT pg_terminate_backend(pg_backend_pid())")

    [row] = await lines.fetch(ONE)
    assert row["one"] == 1
    await lines.close()


async def test_a_session_that_ends_in_the_middle_of_a_transaction_is_told_as_that(urls: Urls):
    lines = Lines(urls.server, most=1)

    async def end() -> None:
        async with lines.transaction() as connection:
            await connection.fetch("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
        await end()

    [row] = await lines.fetch(ONE)
    assert row["one"] == 1
    await lines.close()


async def test_a_caller_who_goes_away_leaves_no_connection_behind_that_is_at_work(urls: Urls):
    lines = Lines(urls.server, most=1)
    await lines.fetch(ONE)
    waiting = asyncio.create_task(lines.fetch("SELECT pg_sleep(30)"))
    await until(lambda: not lines.idle)

    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    [row] = await asyncio.wait_for(lines.fetch(ONE), 5)
    assert row["one"] == 1
    await lines.close()


async def test_what_needs_rows_says_so_and_nothing_is_kept(database: Database, store: MadeStore):
    async def need() -> None:
        async with database.bare(store.id) as bare:
            await begin(bare, b"1")
            bare.together()

    with pytest.raises(NeedsRows):
        await need()

    assert await begun(database, store) == 0


async def test_a_call_is_in_its_own_store_alone(database: Database, store: MadeStore, other_store: MadeStore):
    await begin(database.alone(store.id), b"1")
    await begin(database.alone(other_store.id), b"2")

    assert (await begun(database, store), await begun(database, other_store)) == (1, 1)


async def test_plans_that_are_made_once_look_up_by_key_however_few_rows_there_were_then(urls: Urls):
    lines = Lines(urls.server, most=1)

    found = await lines.fetch(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'stoa'::regnamespace"
        " AND 'plan_cache_mode=force_generic_plan' = ANY (proconfig) AND NOT 'enable_seqscan=off' = ANY (proconfig)"
    )

    assert [row["proname"] for row in found] == []
    await lines.close()

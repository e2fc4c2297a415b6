"""Where PostgreSQL has no room for more connections, those that there are serve; and none is kept that nobody uses."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import asyncpg
import psycopg
import pytest

from stoa.db import calls
from stoa.db.calls import Lines
from stoa.db.engine import connect
from stoa.db.urls import Urls, with_login

SLEEP = "SELECT pg_sleep(0.1)"
ONE = "SELECT 1 AS one"


@asynccontextmanager
async def few(urls: Urls, most: int) -> AsyncIterator[Lines]:
    """Four lines, as a role that PostgreSQL lets in so many times."""
    assert urls.admin is not None
    role, password = f"few_{secrets.token_hex(8)}", secrets.token_hex(16)
    database = str(psycopg.conninfo.conninfo_to_dict(urls.server)["dbname"])
    admin = await asyncpg.connect(urls.admin)
    await admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{password}' IN ROLE stoa_server CONNECTION LIMIT {most}")
    lines = Lines(with_login(urls.server, role=role, password=password, database=database), most=4)
    try:
        yield lines
    finally:
        await lines.close()
        await admin.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{role}'")
        await admin.execute(f"DROP ROLE {role}")
        await admin.close()


async def more(urls: Urls, lines: Lines, most: int) -> None:
    """PostgreSQL lets that role in so many times from now on."""
    assert urls.admin is not None
    admin = await asyncpg.connect(urls.admin)
    await admin.execute(f"ALTER ROLE {psycopg.conninfo.conninfo_to_dict(lines._url)['user']} CONNECTION LIMIT {most}")
    await admin.close()


async def test_whoever_gets_no_connection_of_their_own_waits_for_one_of_ours(urls: Urls) -> None:
    async with few(urls, 2) as lines:
        answers = await asyncio.gather(*(lines.fetch(SLEEP) for _ in range(2)))
        answers += await asyncio.gather(*(lines.fetch(SLEEP) for _ in range(12)))
        assert [len(answer) for answer in answers] == [1] * 14
        assert len(lines.idle) == 2

        await more(urls, lines, 4)
        await asyncio.gather(*(lines.fetch(SLEEP) for _ in range(4)))
        assert len(lines.idle) == 4


async def test_where_there_is_none_to_wait_for_it_is_said_at_once(urls: Urls) -> None:
    async with few(urls, 0) as lines:
        answers = await asyncio.gather(*(lines.fetch(ONE) for _ in range(8)), return_exceptions=True)
        assert {type(answer) for answer in answers} == {asyncpg.TooManyConnectionsError}

        await more(urls, lines, 1)
        assert [row["one"] for row in await lines.fetch(ONE)] == [1]


async def test_who_waits_for_a_connection_that_is_lost_meanwhile_gets_another(urls: Urls) -> None:
    async with few(urls, 1) as lines:
        await lines.fetch(ONE)
        ends = lines.fetch("SELECT pg_sleep(0.1), pg_terminate_backend(pg_backend_pid())")

        lost, *others = await asyncio.gather(ends, lines.fetch(ONE), return_exceptions=True)
        assert isinstance(lost, asyncpg.ConnectionDoesNotExistError)
        # PostgreSQL may count the lost one for a moment longer.
        [other] = others
        assert isinstance(other, list | asyncpg.TooManyConnectionsError)

        await more(urls, lines, 2)
        assert [row["one"] for row in await lines.fetch(ONE)] == [1]


async def test_who_goes_away_while_waiting_takes_no_connection_along(urls: Urls) -> None:
    async with few(urls, 1) as lines:
        await lines.fetch(ONE)
        busy = asyncio.create_task(lines.fetch("SELECT pg_sleep(0.5)"))
        await asyncio.sleep(0)
        waiting = asyncio.create_task(lines.fetch(ONE))
        await until(lambda: len(lines._refused) == 1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await busy

        assert len(lines.idle) == 1
        assert [row["one"] for row in await lines.fetch(ONE)] == [1]


async def until(is_so: Callable[[], bool]) -> None:
    """Wait, not for ever, until it is so."""
    for _ in range(1_000):
        if is_so():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never was so")


async def test_connections_that_nobody_used_for_a_while_are_closed(urls: Urls, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = Lines(urls.server, most=4)
    monkeypatch.setattr(calls, "_IDLE_SECONDS", 0.2)
    await asyncio.gather(*(lines.fetch(SLEEP) for _ in range(4)))
    theirs = [line.get_server_pid() for line in lines.idle]
    assert len(theirs) == 4

    for _ in range(100):
        if len(lines.idle) == 1:
            break
        await lines.fetch(ONE)
        await asyncio.sleep(0.02)
    assert [line.get_server_pid() for line in lines.idle] == theirs[-1:]

    for _ in range(100):
        if not lines.idle:
            break
        await asyncio.sleep(0.02)
    assert lines.idle == []
    other = await connect(urls.server)
    for _ in range(100):
        left = await other.fetchval("SELECT count(*) FROM pg_stat_activity WHERE pid = ANY ($1::int[])", theirs)
        if left == 0:
            break
        await asyncio.sleep(0.02)
    await other.close()
    assert left == 0
    assert [row["one"] for row in await lines.fetch(ONE)] == [1]
    await lines.close()

"""Where PostgreSQL has no room for more connections, those that there are serve; and none is kept that nobody uses."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from stoa.db import calls
from stoa.db.calls import Lines
from stoa.db.engine import connect
from stoa.db.urls import Urls

SLEEP = "SELECT pg_sleep(0.1)"
ONE = "SELECT 1 AS one"


@pytest.fixture
async def lines(urls: Urls) -> AsyncIterator[Lines]:
    lines = Lines(urls.server, most=4)
    yield lines
    await lines.close()


@asynccontextmanager
async def refusing(error: type[asyncpg.PostgresError], patch: pytest.MonkeyPatch) -> AsyncIterator[list[str]]:
    """As if PostgreSQL had no room: no new connection is made. (Each who asked for one.)"""
    asked: list[str] = []

    async def refuse(url: str, **_options: object) -> None:
        asked.append(url)
        await asyncio.sleep(0)
        raise error("sorry, too many clients already")

    with patch.context() as patched:
        patched.setattr(calls, "connect", refuse)
        yield asked


@pytest.mark.parametrize("error", [asyncpg.TooManyConnectionsError, asyncpg.CannotConnectNowError])
async def test_whoever_gets_no_connection_of_their_own_waits_for_one_of_ours(
    lines: Lines, error: type[asyncpg.PostgresError], monkeypatch: pytest.MonkeyPatch
) -> None:
    await asyncio.gather(lines.fetch(SLEEP), lines.fetch(SLEEP))

    async with refusing(error, monkeypatch) as asked:
        answers = await asyncio.gather(*(lines.fetch(SLEEP) for _ in range(12)))

    assert len(answers) == 12
    assert asked
    assert len(lines.idle) == 2
    assert [len(each) for each in await asyncio.gather(*(lines.fetch(SLEEP) for _ in range(4)))] == [1] * 4
    assert len(lines.idle) == 4


async def test_where_there_is_none_to_wait_for_it_is_said_at_once(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with refusing(asyncpg.TooManyConnectionsError, monkeypatch):
        answers = await asyncio.gather(*(lines.fetch(ONE) for _ in range(8)), return_exceptions=True)

    assert {type(answer) for answer in answers} == {asyncpg.TooManyConnectionsError}
    assert [row["one"] for row in await lines.fetch(ONE)] == [1]


async def test_who_waits_for_a_connection_that_is_lost_meanwhile_tries_for_their_own(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lines.fetch(ONE)

    async with refusing(asyncpg.TooManyConnectionsError, monkeypatch):
        lost = asyncio.create_task(lines.fetch("SELECT pg_sleep(0.05), pg_terminate_backend(pg_backend_pid())"))
        await asyncio.sleep(0)
        answers = await asyncio.gather(lost, lines.fetch(ONE), lines.fetch(ONE), return_exceptions=True)

    assert [type(answer) for answer in answers] == [
        asyncpg.ConnectionDoesNotExistError,
        asyncpg.TooManyConnectionsError,
        asyncpg.TooManyConnectionsError,
    ]
    assert [row["one"] for row in await lines.fetch(ONE)] == [1]


async def test_who_goes_away_while_waiting_takes_no_connection_along(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lines.fetch(ONE)

    async with refusing(asyncpg.TooManyConnectionsError, monkeypatch) as asked:
        busy = asyncio.create_task(lines.fetch(SLEEP))
        await asyncio.sleep(0)
        waiting = asyncio.create_task(lines.fetch(ONE))
        await asyncio.sleep(0.01)
        assert len(asked) == 1
        waiting.cancel()
        await busy
        assert [row["one"] for row in await lines.fetch(ONE)] == [1]
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert len(lines.idle) == 1


async def test_connections_that_nobody_used_for_a_while_are_closed(
    lines: Lines, urls: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
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

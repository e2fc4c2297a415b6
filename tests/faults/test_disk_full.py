"""The disk of PostgreSQL is full: it cannot grow its tables, or cannot even write its log and stops."""

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest

from tests.faults.disks import fill, small_disk
from tests.faults.installation import Installation
from tests.faults.servers import Servers
from tests.faults.settled import assert_settled
from tests.faults.shoppers import Crowd
from tests.faults.waiting import until
from tests.folders import open_folder

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """One on a disk of its own."""
    with open_folder() as folder, small_disk(folder, megabytes=500) as disk, Installation.on(disk / "data") as made:
        yield made


@pytest.fixture(scope="module")
def servers(installation: Installation) -> Iterator[Servers]:
    """One web server and one worker for both tests."""
    with Servers.over(installation.config()) as servers:
        yield servers


async def test_tables_cannot_grow_for_a_while(installation: Installation, servers: Servers):
    store_id, crowd = await installation.crowd(servers.url)
    before = await servers.whole()

    async with crowd.buying():
        await crowd.buys(40)
        filler = fill(installation.postgres.data_dir.parent)
        await until(lambda: _turned_away(crowd) >= 20, f"nobody was turned away: {crowd.seen}")
        filler.unlink()
        await crowd.buys(40)

    await assert_settled(installation.urls, store_id, crowd)
    assert await servers.whole() == before


async def test_postgresql_stops_for_want_of_room_and_is_back_when_there_is_some(
    installation: Installation, servers: Servers
):
    store_id, crowd = await installation.crowd(servers.url)
    before = await servers.whole()
    said = len(installation.said)

    async with crowd.buying():
        await crowd.buys(40)
        admin = await asyncpg.connect(installation.urls.admin)
        filler = fill(installation.postgres.data_dir.parent)
        await _use_up_the_log(admin)
        await until(lambda: _turned_away(crowd) >= 20, f"nobody was turned away: {crowd.seen}")
        await asyncio.sleep(1)
        filler.unlink()
        await crowd.buys(40)

    await assert_settled(installation.urls, store_id, crowd)
    assert await servers.whole() == before
    # It stopped altogether, and its keeper said why, until there was room again.
    assert any("is full" in sentence for sentence in installation.said[said:])
    assert installation.said[-1] == "PostgreSQL is back."


def _turned_away(crowd: Crowd) -> int:
    return sum(times for what, times in crowd.seen.items() if what.startswith("503"))


async def _use_up_the_log(admin: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Begin one file of PostgreSQL's log after another, until it finds no room for the next and stops."""
    try:
        for _ in range(200):
            await admin.execute("SELECT pg_logical_emit_message(true, 'stoa', 'full'), pg_switch_wal()")
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        return
    raise AssertionError("there was room for two hundred files")

"""The connections between the servers and PostgreSQL: cut anywhere, cut at a commit, silent, forgotten."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from tests.faults.installation import Installation
from tests.faults.servers import Servers
from tests.faults.settled import assert_settled
from tests.faults.wire import WHERE, Where, Wire

pytestmark = pytest.mark.faults


@dataclass
class Far:
    """Servers that reach their PostgreSQL over a wire."""

    wire: Wire
    servers: Servers


@pytest.fixture(scope="module")
async def far(installation: Installation) -> AsyncIterator[Far]:
    """One web server and one worker for all tests here."""
    async with Wire.to(installation.urls.server) as wire:
        async with asyncio.timeout(60):
            entering = Servers.over(installation.config(wire.url))
            servers = await asyncio.to_thread(entering.__enter__)
        try:
            yield Far(wire, servers)
        finally:
            await asyncio.to_thread(entering.__exit__, None, None, None)


async def test_every_connection_is_cut_again_and_again(installation: Installation, far: Far):
    store_id, crowd = await installation.crowd(far.servers.url)
    before = await far.servers.whole()

    async with crowd.buying():
        for _ in range(6):
            await crowd.buys(15)
            far.wire.cut()
        await crowd.buys(40)

    await assert_settled(installation.urls, store_id, crowd)
    assert await far.servers.whole() == before


@pytest.mark.parametrize("where", WHERE)
async def test_connections_are_cut_at_a_commit(installation: Installation, far: Far, where: Where):
    store_id, crowd = await installation.crowd(far.servers.url)
    before = await far.servers.whole()
    cuts = far.wire.cuts[where]

    # Whoever fills a cart commits five times for one order.
    async with crowd.buying(shoppers=8, in_a_hurry=4):
        for _ in range(8):
            await crowd.buys(8)
            far.wire.cut_at_commit(where)
        await crowd.buys(40)

    assert far.wire.cuts[where] == cuts + 8
    await assert_settled(installation.urls, store_id, crowd)
    assert await far.servers.whole() == before


async def test_postgresql_cannot_be_reached_for_a_while(installation: Installation, far: Far):
    store_id, crowd = await installation.crowd(far.servers.url)
    before = await far.servers.whole()

    async with crowd.buying():
        await crowd.buys(40)
        far.wire.is_down = True
        far.wire.cut()
        await asyncio.sleep(3)
        far.wire.is_down = False
        await crowd.buys(40)

    await assert_settled(installation.urls, store_id, crowd)
    assert await far.servers.whole() == before


async def test_nobody_is_heard_for_a_while(installation: Installation, far: Far):
    store_id, crowd = await installation.crowd(far.servers.url)
    before = await far.servers.whole()

    async with crowd.buying():
        await crowd.buys(40)
        far.wire.fall_silent()
        await asyncio.sleep(3)
        far.wire.speak()
        await crowd.buys(40)

    await assert_settled(installation.urls, store_id, crowd)
    assert await far.servers.whole() == before


async def test_connections_are_forgotten(installation: Installation, far: Far):
    """As behind a router that was restarted: new connections work, and the old ones never say anything again."""
    store_id, crowd = await installation.crowd(far.servers.url)
    before = await far.servers.whole()

    async with crowd.buying():
        await crowd.buys(40)
        far.wire.fall_silent()
        await asyncio.sleep(1)
        far.wire.forget()
        await crowd.buys(40)

    await assert_settled(installation.urls, store_id, crowd)
    assert await far.servers.whole() == before

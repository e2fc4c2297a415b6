"""The provider of payments is slow, down, answers twice, too late or never, while servers are killed.

Law 6: who paid gets the order or the money back, whatever crashes in between.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

import pytest

from stoa.db.engine import connect
from tests.faults.installation import Installation
from tests.faults.moved import VARIABLE
from tests.faults.servers import Servers
from tests.faults.settled import assert_money_settled
from tests.faults.waiting import until

pytestmark = pytest.mark.faults

# How each behaves stands in `stoa/adapters/payment_test.py`. Late by a minute is after the holds have run out.
MOODS = [
    *("test_ok", "test_ok", "test_slow:300", "test_flaky", "test_lost", "test_twice", "test_late:300"),
    *("test_late_declined:300", "test_late:60000", "test_declined", "test_3ds", "test_down", "test_void_fails"),
]
HALF_AN_HOUR = 30 * 60


async def test_the_provider_in_every_mood_while_servers_are_killed(installation: Installation, tmp_path: Path):
    clock = tmp_path / "clock"
    clock.write_text("0")
    with Servers.over(
        installation.config(),
        app="tests.faults.moved:create_app",
        jobs="tests.faults.moved",
        environment={VARIABLE: str(clock)},
    ) as servers:
        store_id, crowd = await installation.crowd(servers.url, payment_methods=["card"], card_provider="test")
        crowd.cards = MOODS
        async with crowd.buying(shoppers=2, in_a_hurry=14):
            await crowd.buys(60)
            servers.kill("web")
            await crowd.buys(40)
            servers.kill("jobs")
            await crowd.buys(40)
        await servers.whole()

        # The holds run out: what was not paid by now is given up, and money that comes all the same goes back.
        clock.write_text(str(HALF_AN_HOUR))
        await _repeat(installation, "orders.expire", lambda: _none(installation, store_id, _PENDING))
        servers.kill("web")
        await _repeat(installation, "payments.look_again", lambda: _none(installation, store_id, _UNSETTLED))
        await servers.whole()

        await assert_money_settled(installation.urls, store_id, crowd)


_PENDING = "SELECT 1 FROM orders WHERE store_id = $1 AND state = 'pending' LIMIT 1"
_UNSETTLED = "SELECT 1 FROM payment_attempts WHERE store_id = $1 AND settled_at IS NULL LIMIT 1"


async def _repeat(installation: Installation, job: str, done: Callable[[], Awaitable[bool]]) -> None:
    """Have the job run again and again until it is done."""

    async def once_more() -> bool:
        if await done():
            return True
        await asyncio.to_thread(installation.run_now, job)
        return False

    await until(once_more, job, every_seconds=1)


async def _none(installation: Installation, store_id: UUID, query: str) -> bool:
    reader = await connect(installation.urls.reader)
    try:
        return not await reader.fetch(query, store_id)
    finally:
        await reader.close()

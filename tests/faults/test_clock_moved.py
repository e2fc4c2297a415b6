"""The clock is set, forward and back, while the shop sells."""

from pathlib import Path

import pytest

from stoa.db.engine import connect
from tests.faults.installation import Installation
from tests.faults.moved import VARIABLE
from tests.faults.servers import Servers
from tests.faults.settled import assert_settled

pytestmark = pytest.mark.faults

DAY = 24 * 60 * 60


async def test_the_clock_goes_forward_and_back(installation: Installation, tmp_path: Path):
    clock = tmp_path / "clock"
    clock.write_text("0")

    def move(seconds: int) -> None:
        (tmp_path / "next").write_text(str(seconds))
        (tmp_path / "next").rename(clock)

    with Servers.over(
        installation.config(),
        app="tests.faults.moved:create_app",
        jobs="tests.faults.moved",
        environment={VARIABLE: str(clock)},
    ) as servers:
        store_id, crowd = await installation.crowd(servers.url)
        before = await servers.whole()

        async with crowd.buying():
            for seconds in (0, 2 * DAY, -DAY, 3600, -3600, 0):
                move(seconds)
                await crowd.buys(40)

        await assert_settled(installation.urls, store_id, crowd)
        assert await servers.whole() == before

    # What was quoted before the clock went forward was not sold at a price that had run out.
    assert crowd.seen["quoted again"] > 0
    reader = await connect(installation.urls.reader)
    days = await reader.fetchval("SELECT count(DISTINCT placed_at::date) FROM orders WHERE store_id = $1", store_id)
    await reader.close()
    assert days >= 3

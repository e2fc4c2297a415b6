"""Somebody keeps a row locked, as a session that was forgotten does: others are served meanwhile."""

import psycopg
import pytest

from tests.faults.installation import Installation
from tests.faults.servers import Servers
from tests.faults.settled import assert_settled
from tests.faults.waiting import until

pytestmark = pytest.mark.faults


async def test_whoever_wants_the_row_is_turned_away_and_others_are_served(installation: Installation):
    with Servers.over(installation.config()) as servers:
        store_id, crowd = await installation.crowd(servers.url)
        elsewhere_id, elsewhere = await installation.crowd(servers.url)
        before = await servers.whole()
        assert installation.urls.admin is not None

        async with crowd.buying(shoppers=2, in_a_hurry=14), elsewhere.buying(shoppers=2, in_a_hurry=6):
            await crowd.buys(20)
            async with await psycopg.AsyncConnection.connect(installation.urls.admin) as forgotten:
                lock = "SELECT FROM stock_levels WHERE store_id = %s AND variant_id = %s FOR UPDATE"
                # Some of those who fill a cart want it; of the carts that are ready none holds it.
                await forgotten.execute(lock, [store_id, crowd.variants[4]])
                await crowd.buys(40)
                await elsewhere.buys(100)
                await until(lambda: crowd.seen["503 checkout.unavailable"] > 0, f"nobody was turned away: {crowd.seen}")
                await elsewhere.buys(20)
                await forgotten.rollback()
            await crowd.buys(40)

        await assert_settled(installation.urls, store_id, crowd)
        await assert_settled(installation.urls, elsewhere_id, elsewhere)
        assert await servers.whole() == before

"""kill -9 of everything at once, in the middle of load. The one fault that `bin/test` tries too."""

import os
import signal

from tests.faults.installation import Installation
from tests.faults.servers import Servers
from tests.faults.settled import assert_settled


async def test_everything_is_killed_at_once_and_sells_on(installation: Installation):
    with Servers.over(installation.config()) as servers:
        store_id, crowd = await installation.crowd(servers.url, ready=300)
        postgres = installation.postgres.pid
        assert postgres is not None

        async with crowd.buying(shoppers=2, in_a_hurry=14):
            await crowd.buys(40)
            servers.kill("web")
            servers.kill("jobs")
            os.kill(postgres, signal.SIGKILL)
            await crowd.buys(20)

        await assert_settled(installation.urls, store_id, crowd)

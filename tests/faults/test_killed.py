"""kill -9 in the middle of load: of each process alone, and of PostgreSQL."""

import os
import signal
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.faults.installation import Installation
from tests.faults.servers import Servers
from tests.faults.settled import assert_settled
from tests.faults.waiting import until

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def servers(installation: Installation) -> Iterator[Servers]:
    """One web server and one worker for all tests here: what is killed in one must be well again for the next."""
    with Servers.over(installation.config()) as servers:
        yield servers


@pytest.mark.parametrize("who", ["web", "jobs"])
async def test_a_process_is_killed(installation: Installation, servers: Servers, who: str):
    store_id, crowd = await installation.crowd(servers.url)
    before = await servers.whole()

    async with crowd.buying():
        await crowd.buys(60)
        servers.kill(who)
        await crowd.buys(60)
        after = await servers.whole()

    await assert_settled(installation.urls, store_id, crowd)
    # Nobody was started again but who was killed.
    assert {name for name in before if before[name] != after[name]} == {who}


async def test_one_of_several_web_processes_is_killed(installation: Installation):
    with Servers.over(installation.config(), workers=2) as servers:
        store_id, crowd = await installation.crowd(servers.url)
        before = await servers.whole()

        async with crowd.buying():
            await crowd.buys(60)
            servers.kill("web 1")
            await crowd.buys(60)
            after = await servers.whole()

        await assert_settled(installation.urls, store_id, crowd)
        assert (after["web"], after["jobs"]) == (before["web"], before["jobs"])
        assert set(after.values()) != set(before.values())


@pytest.mark.parametrize("who", ["the postmaster", "one of its processes"])
async def test_postgresql_is_killed(installation: Installation, servers: Servers, who: str):
    store_id, crowd = await installation.crowd(servers.url)
    before = await servers.whole()

    async with crowd.buying():
        await crowd.buys(60)
        os.kill(_one_of(installation, who), signal.SIGKILL)
        await crowd.buys(60)

    await assert_settled(installation.urls, store_id, crowd)
    assert await servers.whole() == before


async def test_postgresql_is_restarted_in_order(installation: Installation, servers: Servers):
    store_id, crowd = await installation.crowd(servers.url)
    before = await servers.whole()

    async with crowd.buying():
        await crowd.buys(60)
        assert installation.postgres.pid is not None
        os.kill(installation.postgres.pid, signal.SIGINT)
        await crowd.buys(60)

    await assert_settled(installation.urls, store_id, crowd)
    assert await servers.whole() == before


async def test_stored_answers_survive_a_restart_of_everything(installation: Installation, servers: Servers):
    _, crowd = await installation.crowd(servers.url, ready=6)
    line = {"variant_id": str(crowd.variants[0]), "quantity": 3}
    async with crowd.client() as client:
        opening = {"idempotency-key": uuid4().hex}
        opened = await client.post("/carts", headers=opening)
        cart, token = f"/carts/{opened.json()['id']}", {"cart-token": opened.json()["token"]}
        filled = await client.post(f"{cart}/lines", json=line, headers={**token, "idempotency-key": "fill"})
        ready = crowd.ready[0]
        buying = {"cart-token": ready.token, "idempotency-key": "buy"}
        bought = await client.post(ready.path, json=ready.body(), headers=buying)
        before = await servers.whole()

        os.kill(_one_of(installation, "the postmaster"), signal.SIGKILL)
        servers.kill("web")
        await until(lambda: "web" not in servers.pids() or servers.pids()["web"] != before["web"], "it is gone")
        await servers.whole()

        async def again(path: str, **request: Any) -> tuple[int, Any]:
            return await crowd.answer(client, "POST", path, **request)

        assert await again("/carts", headers=opening) == (201, opened.json())
        refilled = await again(f"{cart}/lines", body=line, headers={**token, "idempotency-key": "fill"})
        assert refilled == (201, filled.json())
        assert (await again(ready.path, body=ready.body(), headers=buying)) == (200, bought.json())
        now = await client.get(cart, headers=token)
        assert now.json()["units"] == 3


def _one_of(installation: Installation, who: str) -> int:
    """The number of a process of PostgreSQL's: the first, or one that is at work for us."""
    if who == "the postmaster":
        assert installation.postgres.pid is not None
        return installation.postgres.pid
    assert installation.urls.admin is not None
    with psycopg.connect(installation.urls.admin) as admin:
        found = admin.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'stoa' LIMIT 1").fetchone()
    assert found is not None
    return int(found[0])

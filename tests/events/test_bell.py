"""The bell rings seldom, however often it is pulled, and nobody notices where it cannot be heard."""

import asyncio

from stoa.db.engine import connect
from stoa.db.transaction import Database
from stoa.events.bell import CHANNEL, EVERYWHERE, RelayBell, payload_of, stores_in
from stoa.kernel.clock import utc_now
from stoa.kernel.ids import uuid7


async def test_many_rings_at_once_are_few_notices_that_name_every_store(database: Database) -> None:
    heard: list[str] = []
    listener = await connect(database.server_url)
    await listener.add_listener(CHANNEL, lambda *call: heard.append(str(call[-1])))
    bell = RelayBell(database.server_url)
    stores = [uuid7(utc_now()) for _ in range(20)]

    for store_id in stores * 5:
        bell.ring(store_id)
    await bell.close()
    await listener.execute("SELECT 1")

    ours = [payload for payload in heard if any(str(store_id) in payload for store_id in stores)]
    assert len(ours) == 1
    assert stores_in(ours[0]) == set(stores)
    await listener.close()


async def test_a_bell_that_nobody_can_hear_holds_nobody_up() -> None:
    bell = RelayBell("postgresql://nobody@127.0.0.1:1/nowhere")

    bell.ring(uuid7(utc_now()))
    await asyncio.sleep(0)

    await bell.close()


def test_rung_for_no_store_in_particular_it_means_all() -> None:
    one = uuid7(utc_now())

    assert payload_of({one, None}) == EVERYWHERE
    assert stores_in(EVERYWHERE) is None
    assert payload_of({one}) == str(one)


def test_more_stores_than_fit_means_all() -> None:
    assert payload_of({uuid7(utc_now()) for _ in range(101)}) == EVERYWHERE


def test_what_cannot_be_read_means_all() -> None:
    assert stores_in("nonsense") is None

"""The courier as it runs: woken it sends, told to stop it settles what is on its way, and it looks by itself."""

import asyncio
from contextlib import suppress

import pytest

from stoa.db.engine import connect
from stoa.db.urls import Urls
from tests.webhooks.post import Post
from tests.webhooks.receiver import Receiver, answer


@pytest.fixture(autouse=True)
async def nobody_elses(urls: Urls) -> None:
    """At its start it looks after every store's: those of other tests, too, whose receivers are gone."""
    assert urls.admin is not None
    admin = await connect(urls.admin)
    await admin.execute("DELETE FROM webhook_deliveries")
    await admin.close()


async def test_woken_it_sends_and_told_to_stop_it_settles_what_is_on_its_way(post: Post, receiver: Receiver) -> None:
    await post.endpoint(receiver.url)
    courier = post.courier()
    running = asyncio.create_task(courier.run())
    first = await post.tell("order.placed")
    await post.relay()
    courier.wake(post.store.id)
    await receiver.until(1)
    receiver.pause_seconds = 0.5
    second = await post.tell("order.placed")
    await post.relay()
    courier.wake(post.store.id)
    await receiver.until(2)

    running.cancel()
    with suppress(asyncio.CancelledError):
        await running

    assert receiver.ids == first + second
    assert await post.states() == ["delivered", "delivered"]


async def test_at_its_start_it_finds_what_another_left_and_comes_again_when_it_is_time(
    post: Post, receiver: Receiver
) -> None:
    """Nobody wakes it: the first attempt fails, and the second comes by an alarm of its own."""
    await post.endpoint(receiver.url)
    [event] = await post.tell("order.placed")
    await post.relay()
    receiver.answers = lambda got: answer(200 if len(receiver.got) > 1 else 500)

    courier = post.courier()
    running = asyncio.create_task(courier.run())
    await receiver.until(1)
    async with asyncio.timeout(60):
        while not courier._timers:  # noqa: ASYNC110 - it has no reason to tell anybody
            await asyncio.sleep(0.01)
    post.later(seconds=5)
    await receiver.until(2)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running

    assert receiver.ids == [event, event]
    assert await post.states() == ["delivered"]

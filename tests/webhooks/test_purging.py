"""What is kept of deliveries, and for how long."""

from datetime import timedelta

from sqlalchemy import select

from stoa import webhooks
from stoa.jobs.purging import purge_events
from stoa.kernel.clock import utc_now
from stoa.kernel.ids import uuid7
from stoa.webhooks.models import WebhookEndpoint
from stoa.webhooks.purging import purge_deliveries
from tests.webhooks.post import Post
from tests.webhooks.receiver import Receiver


async def test_old_deliveries_and_removed_endpoints_are_purged(post: Post, receiver: Receiver) -> None:
    post.now = utc_now() - timedelta(days=40)
    kept = await post.endpoint(receiver.url)
    removed = await post.endpoint(receiver.url)
    receiver.answers = lambda got: None
    thing = uuid7(post.now)
    await post.tell("order.placed", thing)
    await post.deliver()
    post.now = utc_now()
    [late] = await post.tell("order.paid", thing)
    await post.relay()
    async with post.database.store(post.store.id, now=post.now) as tx:
        await webhooks.remove_endpoint(tx, endpoint_id=removed.id)
    async with post.database.store(post.store.id, now=post.now) as tx:
        # Those of the removed one and itself. As long as the old event is there, its delivery to the other tells of it.
        assert await purge_deliveries(tx, 500) == 3
        assert await purge_events(tx, 500) == 1
        assert await purge_deliveries(tx, 500) == 1
        assert await purge_deliveries(tx, 500) == 0
        assert [each.id for each in await tx.scalars(select(WebhookEndpoint))] == [kept.id]

    # What came after the one that was purged has the turn now.
    [delivery] = await post.deliveries()
    assert (str(delivery.event_id), delivery.is_next) == (late, True)

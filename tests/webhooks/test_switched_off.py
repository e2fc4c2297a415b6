"""An endpoint that we switch off: not rashly, not in silence, and what happens meanwhile is kept for it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from stoa import webhooks
from stoa.adapters.mail import SmtpMailer
from stoa.db.engine import connect
from stoa.jobs.running import run_waiting_jobs
from stoa.kernel.ids import uuid7
from stoa.notices import Letterhead
from stoa.webhooks.laws import LAWS
from stoa.webhooks.models import WebhookDelivery
from tests.conftest import SECRET_KEY
from tests.make.people import member
from tests.notices.mail_server import mail_server
from tests.webhooks.post import Post
from tests.webhooks.receiver import Receiver, answer


async def switched_off(post: Post, receiver: Receiver) -> Any:
    """An endpoint that took nothing for five days, and was switched off on the sixth."""
    endpoint = await post.endpoint(receiver.url)
    receiver.answers = lambda got: answer(500)
    for _ in range(6):
        await post.tell("order.placed")
        await post.deliver()
        post.later(days=1)
    seen = await post.seen(endpoint.id)
    assert (seen.is_active, seen.disabled_reason) == (False, "failing")
    return seen


async def switch_on(post: Post, endpoint: Any) -> None:
    """As its merchant does."""
    async with post.database.store(post.store.id, now=post.now) as tx:
        await webhooks.change_endpoint(tx, endpoint_id=endpoint.id, change=webhooks.EndpointChange(is_active=True))


async def broken(post: Post, law: str) -> list[Any]:
    """Rows of this store that break a law of webhooks."""
    connection = await connect(post.database.reader_url or "")
    found = await connection.fetch(LAWS[law])
    await connection.close()
    return [row for row in found if row["store_id"] == post.store.id]


async def test_a_failure_after_days_of_silence_is_the_first_again(post: Post, receiver: Receiver) -> None:
    endpoint = await post.endpoint(receiver.url)
    await post.tell("order.placed")
    receiver.answers = lambda got: answer(503)
    await post.deliver()
    begun = post.now
    assert (await post.seen(endpoint.id)).failing_since == begun
    async with post.database.store(post.store.id, now=post.now) as tx:  # what would be tried again is cleared away
        await tx.execute(text("DELETE FROM webhook_deliveries WHERE store_id = :store"), {"store": tx.store_id})

    post.later(days=6)
    await post.tell("order.placed")
    await post.deliver()

    seen = await post.seen(endpoint.id)
    assert (seen.is_active, seen.disabled_reason) == (True, None)
    assert seen.failing_since == post.now
    assert seen.failures == 2


async def test_one_that_is_asked_in_every_pause_and_never_takes_anything_is_switched_off_after_five_days(
    post: Post, receiver: Receiver
) -> None:
    endpoint = await post.endpoint(receiver.url)
    receiver.answers = lambda got: answer(503)
    begun = post.now
    for _ in range(5):
        await post.tell("order.placed")
        await post.deliver()
        seen = await post.seen(endpoint.id)
        assert (seen.is_active, seen.failing_since) == (True, begun)
        post.later(hours=28)
    await post.deliver()

    assert not (await post.seen(endpoint.id)).is_active


async def test_what_happens_while_it_is_off_is_kept_and_sent_when_it_is_asked_for(
    post: Post, receiver: Receiver
) -> None:
    endpoint = await switched_off(post, receiver)
    before, sent = await post.states(), len(receiver.got)
    thing = uuid7(post.now)
    off_at = post.now
    missed = [*await post.tell("order.placed", thing), *await post.tell("order.paid", thing)]
    await post.deliver()

    kept = [one for one in await post.deliveries() if str(one.event_id) in missed]
    assert [(one.state, one.is_next, one.attempts) for one in kept] == [("dead", False, 0)] * 2
    assert len(receiver.got) == sent
    assert await broken(post, "every relayed event has a delivery to each endpoint that listened") == []

    receiver.answers = lambda got: answer(200)
    post.later(hours=1)
    await switch_on(post, endpoint)
    later = await post.tell("order.cancelled", thing)
    await post.deliver()
    assert [got for got in receiver.ids[sent:] if got in missed] == []
    post.later(seconds=1)
    async with post.database.store(post.store.id, now=post.now) as tx:
        assert await webhooks.replay_dead(tx, endpoint_id=endpoint.id, since=off_at - timedelta(minutes=1)) == 2
    for law in LAWS:
        assert await broken(post, law) == []
    await post.deliver()

    assert [got for got in receiver.ids[sent:] if got in missed] == missed
    assert later[0] in receiver.ids
    assert set(await post.states()) == {"delivered"}
    assert len(await post.states()) == len(before) + 3


@pytest.mark.parametrize("how", ["gone", "by hand", "removed"])
async def test_nothing_is_kept_for_one_that_does_not_want_to_hear(post: Post, receiver: Receiver, how: str) -> None:
    endpoint = await switched_off(post, receiver) if how == "removed" else await post.endpoint(receiver.url)
    if how == "gone":
        await post.tell("order.placed")
        receiver.answers = lambda got: answer(410)
        await post.deliver()
    async with post.database.store(post.store.id, now=post.now) as tx:
        if how == "by hand":
            change = webhooks.EndpointChange(is_active=False)
            await webhooks.change_endpoint(tx, endpoint_id=endpoint.id, change=change)
        elif how == "removed":
            await webhooks.remove_endpoint(tx, endpoint_id=endpoint.id)
    known: list[WebhookDelivery] = [*await post.deliveries()]

    await post.tell("order.placed")
    await post.deliver()

    assert [one.id for one in await post.deliveries()] == [one.id for one in known]


async def test_who_may_manage_webhooks_is_told_by_mail_once_each(post: Post, receiver: Receiver) -> None:
    addresses = []
    async with post.database.store(post.store.id) as tx:
        for role in ("owner", "manager", "staff", "analyst"):
            addresses.append((await member(tx, role)).email)
    endpoint = await switched_off(post, receiver)

    with mail_server() as office:
        surroundings = {
            "database": post.database,
            "mailer": SmtpMailer(office.url),
            "letterhead": Letterhead(SECRET_KEY, "shop@example.com"),
        }
        for _ in range(2):
            async with post.database.store(post.store.id, now=post.now) as tx:
                again = (
                    "UPDATE events SET relayed_at = NULL WHERE kind = 'webhook.endpoint_disabled' AND store_id = :store"
                )
                await tx.execute(text(again), {"store": tx.store_id})
            await post.relay()
            await run_waiting_jobs(post.database.server_url, surroundings)
        ours = [mail for mail in office.messages if endpoint.url in mail["Subject"] or "webhooks" in mail["Subject"]]

    assert sorted(str(mail["To"]).partition("<")[2].rstrip(">") for mail in ours) == sorted(addresses[:2])
    for mail in ours:
        for kind in ("plain", "html"):
            body = mail.get_body((kind,))
            assert body is not None
            words = " ".join(body.get_content().split())
            assert endpoint.url in words
            assert f"/api/admin/v1/webhook-endpoints/{endpoint.id}/replay" in words

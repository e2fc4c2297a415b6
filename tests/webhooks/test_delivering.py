"""What happens is told to whoever listens: signed, once it is taken, in order for each thing, and patiently."""

import asyncio
from datetime import timedelta

import pytest
from standardwebhooks import WebhookVerificationError

from stoa import webhooks
from stoa.kernel.ids import uuid7
from stoa.webhooks.delivering import MOST_ATTEMPTS, RETRY_SECONDS
from tests.conftest import SECRET_KEY
from tests.webhooks.post import Post
from tests.webhooks.receiver import Receiver, answer, receiving


async def test_an_event_arrives_signed_with_ids_alone(post: Post, receiver: Receiver) -> None:
    endpoint = await post.endpoint(receiver.url)
    variant = uuid7(post.now)
    [event] = await post.tell("stock.received", variant, units=5)

    await post.deliver()

    [got] = receiver.got
    assert got.verified(webhooks.secret_of(SECRET_KEY, endpoint.id, 1)) == {
        "id": event,
        "type": "stock.received",
        "timestamp": post.now.isoformat().replace("+00:00", "Z"),
        "store_id": str(post.store.id),
        "data": {"variant_id": str(variant), "units": 5},
    }
    assert (got.path, got.id) == ("/hooks", event)
    assert got.headers["content-type"] == "application/json"
    assert got.headers["webhook-timestamp"] == str(int(post.now.timestamp()))
    [delivery] = await post.deliveries()
    assert (delivery.state, delivery.attempts, delivery.delivered_at) == ("delivered", 1, post.now)
    assert (delivery.last_status, delivery.last_reason, delivery.is_next) == (200, None, False)


async def test_another_secret_does_not_verify_it(post: Post, receiver: Receiver) -> None:
    endpoint = await post.endpoint(receiver.url)
    other = await post.endpoint(receiver.url, "order.placed")
    await post.tell("stock.received")

    await post.deliver()

    for wrong in (
        webhooks.secret_of(SECRET_KEY, endpoint.id, 2),
        webhooks.secret_of(SECRET_KEY, other.id, 1),
        webhooks.secret_of(bytes(32), endpoint.id, 1),
    ):
        with pytest.raises(WebhookVerificationError):
            receiver.got[0].verified(wrong)


async def test_after_a_rotation_both_secrets_verify_for_a_day(post: Post, receiver: Receiver) -> None:
    endpoint = await post.endpoint(receiver.url)
    async with post.database.store(post.store.id, now=post.now) as tx:
        await webhooks.rotate_secret(tx, endpoint_id=endpoint.id)
    await post.tell("stock.received")
    await post.deliver()
    for number in (1, 2):
        receiver.got[-1].verified(webhooks.secret_of(SECRET_KEY, endpoint.id, number))

    # A day later, and the instant of the message is put back to now for the library, which looks at it.
    async with post.database.store(post.store.id, now=post.now - timedelta(hours=25)) as tx:
        await webhooks.rotate_secret(tx, endpoint_id=endpoint.id)
    await post.tell("stock.received")
    await post.deliver()

    receiver.got[-1].verified(webhooks.secret_of(SECRET_KEY, endpoint.id, 3))
    with pytest.raises(WebhookVerificationError):
        receiver.got[-1].verified(webhooks.secret_of(SECRET_KEY, endpoint.id, 2))


async def test_each_hears_what_it_listens_to(post: Post, receiver: Receiver) -> None:
    async with receiving() as chosen:
        await post.endpoint(receiver.url)
        await post.endpoint(chosen.url, "order.placed", "order.paid")
        for kind in ("order.placed", "stock.short", "key.created", "webhook.replayed", "weather.changed", "order.paid"):
            await post.tell(kind)

        await post.deliver()

    assert sorted(got.said["type"] for got in receiver.got) == ["order.paid", "order.placed", "stock.short"]
    assert sorted(got.said["type"] for got in chosen.got) == ["order.paid", "order.placed"]


async def test_a_store_hears_of_itself_alone(post: Post, other_store: object, receiver: Receiver) -> None:
    await post.endpoint(receiver.url)
    elsewhere = Post(post.database, other_store, post.now)  # type: ignore[arg-type]
    await elsewhere.tell("order.placed")

    await elsewhere.deliver()
    await post.deliver()

    assert receiver.got == []
    assert await elsewhere.deliveries() == []


async def test_what_was_relayed_before_is_not_told(post: Post, receiver: Receiver) -> None:
    await post.tell("order.placed")
    await post.relay()
    await post.endpoint(receiver.url)
    [later] = await post.tell("order.placed")

    await post.deliver()

    assert receiver.ids == [later]


async def test_a_ping_goes_to_the_endpoint_it_is_for(post: Post, receiver: Receiver) -> None:
    async with receiving() as other:
        endpoint = await post.endpoint(receiver.url, "order.placed")
        await post.endpoint(other.url)
        async with post.database.store(post.store.id, now=post.now) as tx:
            await webhooks.ping_endpoint(tx, endpoint_id=endpoint.id)

        await post.deliver()

    assert [got.said["type"] for got in receiver.got] == ["webhook.ping"]
    assert receiver.got[0].said["data"] == {"endpoint_id": str(endpoint.id)}
    assert other.got == []


async def test_what_happens_to_one_thing_arrives_in_order(post: Post, receiver: Receiver) -> None:
    """Also while other things are on their way beside it; and the first is answered slowest."""
    await post.endpoint(receiver.url)
    things = [uuid7(post.now) for _ in range(4)]
    told = [await post.tell("stock.received", *things, units=n) for n in range(5)]
    receiver.pause_seconds = 0.02

    await post.deliver()

    for which in range(4):
        of_one = [events[which] for events in told]
        assert [event for event in receiver.ids if event in of_one] == of_one
    assert receiver.most_at_once == 4
    assert receiver.connections <= 8


async def test_the_order_is_that_of_who_had_the_thing_and_not_of_the_clock(post: Post, receiver: Receiver) -> None:
    await post.endpoint(receiver.url)
    thing = uuid7(post.now)
    [first] = await post.tell("order.placed", thing)
    post.later(seconds=-5)  # the next transaction began before the first, and came to the thing after it
    [second] = await post.tell("order.paid", thing)
    post.later(seconds=5)
    assert second < first

    await post.deliver()

    assert receiver.ids == [first, second]


async def test_several_of_one_transaction_keep_their_order(post: Post, receiver: Receiver) -> None:
    await post.endpoint(receiver.url)
    thing = uuid7(post.now)
    async with post.database.store(post.store.id, now=post.now) as tx:
        for n in range(20):
            tx.emit("stock.received", thing, n=n)

    await post.deliver()

    assert [got.said["data"]["n"] for got in receiver.got] == list(range(20))


async def test_one_that_is_not_taken_holds_up_what_follows_about_the_same_thing_alone(
    post: Post, receiver: Receiver
) -> None:
    await post.endpoint(receiver.url)
    sick, well = uuid7(post.now), uuid7(post.now)
    first, also = await post.tell("order.placed", sick, well)
    second, too = await post.tell("order.paid", sick, well)
    receiver.answers = lambda got: answer(500 if got.id == first else 200)

    await post.deliver()

    assert receiver.ids.count(first) == 1
    assert second not in receiver.ids
    assert {also, too} <= set(receiver.ids)
    assert await post.states() == ["waiting", "delivered", "waiting", "delivered"]

    receiver.answers = lambda got: answer(204)
    post.later(seconds=RETRY_SECONDS[0])
    await post.deliver()

    assert receiver.ids[-2:] == [first, second]
    assert await post.states() == ["delivered"] * 4


async def test_it_is_tried_again_by_the_table_and_then_it_is_dead(post: Post, receiver: Receiver) -> None:
    """Between two attempts nothing is sent; what fails for three days is a dead letter, and lets the next one pass."""
    endpoint = await post.endpoint(receiver.url)
    thing = uuid7(post.now)
    [event] = await post.tell("order.placed", thing)
    [next_one] = await post.tell("order.paid", thing)
    receiver.answers = lambda got: answer(503 if got.id == event else 200)
    began = post.now

    await post.deliver()
    for n, seconds in enumerate(RETRY_SECONDS, start=1):
        assert receiver.ids == [event] * n
        post.later(seconds=seconds - 0.001)
        await post.deliver()
        assert receiver.ids == [event] * n
        post.later(seconds=0.001 + 700)  # and whatever rest the endpoint is given
        await post.deliver()

    assert receiver.ids == [event] * MOST_ATTEMPTS
    post.later(seconds=700)
    await post.deliver()
    assert receiver.ids[MOST_ATTEMPTS:] == [next_one]
    assert timedelta(days=3) < post.now - began < timedelta(days=4)
    dead, delivered = await post.deliveries()
    assert (dead.state, dead.attempts, dead.last_status, dead.last_reason) == ("dead", 12, 503, "status")
    assert delivered.state == "delivered"
    assert (await post.seen(endpoint.id)).failures == 0


async def test_a_receiver_may_say_when_to_come_again(post: Post, receiver: Receiver) -> None:
    await post.endpoint(receiver.url)
    await post.tell("order.placed")
    receiver.answers = lambda got: answer(429, retry_after="40")
    await post.deliver()

    await post.tell("order.placed")  # the rest is for the endpoint, not for the one message
    post.later(seconds=39)
    await post.deliver()
    assert len(receiver.got) == 1

    receiver.answers = lambda got: answer(200)
    post.later(seconds=1)
    await post.deliver()
    assert await post.states() == ["delivered", "delivered"]


async def test_one_that_is_down_is_left_alone_and_then_asked_with_one_message(post: Post, receiver: Receiver) -> None:
    endpoint = await post.endpoint(receiver.url)
    for _ in range(20):
        await post.tell("order.placed")
    receiver.answers = lambda got: None

    await post.deliver()
    tried = len(receiver.got)
    seen = await post.seen(endpoint.id)
    assert tried <= 12
    assert seen.failures == tried
    assert seen.failing_since == post.now
    assert seen.quiet_until is not None
    assert seen.quiet_until > post.now
    assert {delivery.last_reason for delivery in await post.deliveries()} == {"connection", None}

    post.later(seconds=1300)
    await post.deliver()
    assert len(receiver.got) == tried + 1

    receiver.answers = lambda got: answer(200)
    post.later(seconds=1300)
    await post.deliver()
    assert await post.states() == ["delivered"] * 20
    seen = await post.seen(endpoint.id)
    assert (seen.failures, seen.failing_since, seen.quiet_until) == (0, None, None)


async def test_one_that_is_gone_is_switched_off(post: Post, receiver: Receiver) -> None:
    endpoint = await post.endpoint(receiver.url)
    await post.tell("order.placed")
    receiver.answers = lambda got: answer(410)
    await post.deliver()
    seen = await post.seen(endpoint.id)
    assert (seen.is_active, seen.disabled_reason) == (False, "gone")

    await post.tell("order.placed")
    post.later(days=1)
    await post.deliver()
    assert len(receiver.got) == 1
    assert await post.states() == ["waiting"]

    # Switched on again it gets what has waited, and not what happened meanwhile.
    receiver.answers = lambda got: answer(200)
    async with post.database.store(post.store.id, now=post.now) as tx:
        change = webhooks.EndpointChange(is_active=True)
        await webhooks.change_endpoint(tx, endpoint_id=endpoint.id, change=change)
    await post.deliver()
    assert await post.states() == ["delivered"]


async def test_one_that_took_nothing_for_five_days_is_switched_off(post: Post, receiver: Receiver) -> None:
    endpoint = await post.endpoint(receiver.url)
    receiver.answers = lambda got: answer(500)
    for _ in range(5):
        await post.tell("order.placed")
        await post.deliver()
        assert (await post.seen(endpoint.id)).is_active
        post.later(days=1)

    await post.deliver()

    seen = await post.seen(endpoint.id)
    assert (seen.is_active, seen.disabled_reason) == (False, "failing")


async def test_a_redirect_is_not_followed(post: Post, receiver: Receiver) -> None:
    async with receiving() as inside:
        await post.endpoint(receiver.url)
        await post.tell("order.placed")
        receiver.answers = lambda got: answer(307, location=inside.url)

        await post.deliver()

    assert inside.got == []
    [delivery] = await post.deliveries()
    assert (delivery.state, delivery.last_status, delivery.last_reason) == ("waiting", 307, "redirect")


async def test_a_hanging_receiver_is_given_up_and_holds_up_nobody_else(post: Post, receiver: Receiver) -> None:
    post.settings = type(post.settings)(reach_private=True, timeout_seconds=0.3)
    async with receiving() as slow:
        slow.pause_seconds = 5
        await post.endpoint(slow.url)
        await post.endpoint(receiver.url)
        await post.tell("order.placed")

        await post.deliver()

    by_state = {delivery.state: delivery for delivery in await post.deliveries()}
    assert by_state["delivered"].last_reason is None
    assert (by_state["waiting"].last_status, by_state["waiting"].last_reason) == (None, "timeout")


async def test_an_answer_without_an_end_is_no_trap(post: Post, receiver: Receiver) -> None:
    await post.endpoint(receiver.url)
    await post.tell("order.placed")
    receiver.answers = lambda got: b"HTTP/1.1 200 OK\r\ncontent-length: 900000000\r\n\r\n" + bytes(100_000)

    await post.deliver()

    assert await post.states() == ["delivered"]


async def test_what_a_killed_sender_had_claimed_is_due_when_its_lease_is_over(post: Post, receiver: Receiver) -> None:
    await post.endpoint(receiver.url)
    [event] = await post.tell("order.placed")
    receiver.pause_seconds = 60
    courier = post.courier()
    await post.relay()
    await courier._look(post.store.id)
    [lane] = courier._lanes.values()
    await receiver.until(1)
    lane.cancel()  # as death would

    receiver.pause_seconds = 0
    await post.deliver()
    assert receiver.ids == [event]
    post.later(seconds=2 * post.settings.timeout_seconds)
    await post.deliver()

    assert receiver.ids == [event, event]
    [delivery] = await post.deliveries()
    assert (delivery.state, delivery.attempts) == ("delivered", 2)


async def test_two_couriers_share_the_work_and_keep_the_order(post: Post, receiver: Receiver) -> None:
    await post.endpoint(receiver.url)
    things = [uuid7(post.now) for _ in range(10)]
    told = [await post.tell("stock.received", *things) for _ in range(3)]
    receiver.pause_seconds = 0.005
    await post.relay()

    await asyncio.gather(*(post.courier().deliver_due(post.store.id) for _ in range(2)))
    await post.deliver()

    assert len(receiver.got) == 30
    for which in range(10):
        of_one = [events[which] for events in told]
        assert [event for event in receiver.ids if event in of_one] == of_one

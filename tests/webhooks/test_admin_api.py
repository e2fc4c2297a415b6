"""A merchant's programmer sets up an endpoint, sees what it was sent, and has it sent again."""

import base64
from collections.abc import AsyncIterator

import pytest
from starlette.types import ASGIApp

from stoa import webhooks
from stoa.app import serve_house
from stoa.config import Config, WebhookSettings
from stoa.db.transaction import Database
from stoa.db.urls import Urls
from stoa.edge.house import House
from stoa.events.kinds import PUBLIC
from stoa.kernel.clock import utc_now
from stoa.kernel.ids import uuid7
from tests.api.calls import ADMIN_API, Caller, in_process, staff_session
from tests.api.rows import nothing_changes
from tests.conftest import SECRET_KEY
from tests.make import MadeStore
from tests.webhooks.post import Post
from tests.webhooks.receiver import Receiver, answer


@pytest.fixture(scope="module")
async def app(urls: Urls) -> AsyncIterator[ASGIApp]:
    """An installation for development: its receivers are on this machine."""
    settings = WebhookSettings(reach_private=True)
    house = House.open(Config(server_url=urls.server, secret_key=SECRET_KEY, webhooks=settings))
    yield serve_house(house)
    await house.close()


@pytest.fixture
async def owner(app: ASGIApp, database: Database, store: MadeStore) -> AsyncIterator[Caller]:
    """The store's owner, signed in."""
    async with in_process(app, store.host) as client:
        yield Caller(client, ADMIN_API).as_(authorization=await staff_session(database, store))


async def test_an_endpoint_is_added_and_its_secret_told_once(owner: Caller, post: Post, receiver: Receiver) -> None:
    body = {"url": receiver.url, "kinds": ["order.placed"], "description": "The warehouse"}
    first = await owner.ask("POST", "/webhook-endpoints", json=body, headers={"idempotency-key": "k"})
    again = await owner.ask("POST", "/webhook-endpoints", json=body, headers={"idempotency-key": "k"})
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    made = first.json()

    await post.tell("order.placed")
    await post.deliver()

    assert receiver.got[0].verified(made["secret"])["type"] == "order.placed"
    [seen] = (await owner.get("/webhook-endpoints"))["items"]
    assert seen == await owner.get(f"/webhook-endpoints/{made['id']}")
    assert (seen["url"], seen["kinds"], seen["is_active"]) == (receiver.url, ["order.placed"], True)
    assert "secret" not in seen


async def test_a_new_secret_is_told_once_and_signs_at_once(owner: Caller, post: Post, receiver: Receiver) -> None:
    made = await owner.do("POST", "/webhook-endpoints", {"url": receiver.url})
    rotated = await owner.do("POST", f"/webhook-endpoints/{made['id']}/rotate-secret")
    assert rotated["secret"] != made["secret"]

    await owner.do("POST", f"/webhook-endpoints/{made['id']}/ping")
    await post.deliver()

    for each in (made, rotated):
        assert receiver.got[0].verified(each["secret"])["data"] == {"endpoint_id": made["id"]}


async def test_what_it_was_sent_is_listed_by_state_page_by_page(owner: Caller, post: Post, receiver: Receiver) -> None:
    made = await owner.do("POST", "/webhook-endpoints", {"url": receiver.url})
    sick = uuid7(post.now)
    receiver.answers = lambda got: answer(500 if got.said["data"].get("order_id") == str(sick) else 200)
    told = []
    for subject in (uuid7(post.now), sick, uuid7(post.now), uuid7(post.now)):
        post.later(seconds=1)
        told += await post.tell("order.placed", subject)
    await post.deliver()
    path = f"/webhook-endpoints/{made['id']}/deliveries"

    first = await owner.get(path, limit=3)
    second = await owner.get(path, limit=3, cursor=first["next"])

    assert [each["event_id"] for each in first["items"] + second["items"]] == told[::-1]
    assert second["next"] is None
    [waiting] = (await owner.get(path, state="waiting"))["items"]
    assert (waiting["subject_id"], waiting["last_status"], waiting["attempts"]) == (str(sick), 500, 1)
    assert waiting["next_attempt_at"] is not None
    delivered = (await owner.get(path, state="delivered"))["items"]
    assert [each["next_attempt_at"] for each in delivered] == [None] * 3
    assert (await owner.get(path, state="dead"))["items"] == []
    await owner.refused(422, "GET", f"{path}?state=lost")
    await owner.refused(422, "GET", f"{path}?cursor=x")


async def test_what_was_delivered_is_sent_again_under_its_id(owner: Caller, post: Post, receiver: Receiver) -> None:
    made = await owner.do("POST", "/webhook-endpoints", {"url": receiver.url})
    [event] = await post.tell("order.placed")
    await post.deliver()
    [delivery] = (await owner.get(f"/webhook-endpoints/{made['id']}/deliveries"))["items"]

    await owner.do("POST", f"/webhook-deliveries/{delivery['id']}/replay")
    problem = await owner.refused(409, "POST", f"/webhook-deliveries/{delivery['id']}/replay")
    assert problem["code"] == "webhooks.still_waiting"
    post.now = utc_now()
    await post.deliver()

    assert receiver.ids == [event, event]
    assert receiver.got[0].body == receiver.got[1].body
    assert await post.states() == ["delivered"]


async def test_dead_letters_since_a_time_are_sent_again_in_order(owner: Caller, post: Post, receiver: Receiver) -> None:
    made = await owner.do("POST", "/webhook-endpoints", {"url": receiver.url})
    receiver.answers = lambda got: answer(500 if got.said["type"] == "order.placed" else 200)
    order = uuid7(post.now)
    [old] = await post.tell("order.placed", order)
    post.later(minutes=1)
    [first] = await post.tell("order.placed", order)
    since = post.now.isoformat()
    [second] = await post.tell("order.placed", order)
    await _until_dead(post, 3)
    receiver.got.clear()
    receiver.answers = lambda got: answer(200)
    replay = f"/webhook-endpoints/{made['id']}/replay"

    assert await owner.do("POST", replay, {"since": since}) == {"replayed": 2, "more": False}
    await post.deliver()
    assert receiver.ids == [first, second]

    assert await owner.do("POST", replay, {"since": "2020-01-01T00:00:00Z"}) == {"replayed": 1, "more": False}
    await post.deliver()
    assert receiver.ids == [first, second, old]
    assert await owner.do("POST", replay, {"since": "2020-01-01T00:00:00Z"}) == {"replayed": 0, "more": False}


async def test_one_that_is_switched_off_hears_nothing(owner: Caller, post: Post, receiver: Receiver) -> None:
    made = await owner.do("POST", "/webhook-endpoints", {"url": receiver.url})
    path = f"/webhook-endpoints/{made['id']}"
    await owner.do("PATCH", path, {"is_active": False})
    await post.tell("order.placed")
    await post.deliver()
    assert receiver.got == []
    for act, body in (("ping", None), ("replay", {"since": "2020-01-01T00:00:00Z"})):
        assert (await owner.refused(409, "POST", f"{path}/{act}", body))["code"] == "webhooks.inactive"

    await owner.do("PATCH", path, {"is_active": True, "kinds": ["order.paid"]})
    await post.tell("order.placed")
    [paid] = await post.tell("order.paid")
    await post.deliver()

    assert receiver.ids == [paid]


async def test_one_that_is_removed_is_gone(owner: Caller, post: Post, receiver: Receiver) -> None:
    made = await owner.do("POST", "/webhook-endpoints", {"url": receiver.url})
    await post.tell("order.placed")
    await post.relay()
    await owner.do("DELETE", f"/webhook-endpoints/{made['id']}")

    await post.deliver()

    assert receiver.got == []
    assert (await owner.get("/webhook-endpoints"))["items"] == []
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/deliveries"), ("POST", "/ping")):
        problem = await owner.refused(404, method, f"/webhook-endpoints/{made['id']}{path}")
        assert problem["code"] == "webhooks.unknown_endpoint"


async def test_what_cannot_be_meant_is_refused_and_changes_nothing(
    owner: Caller, database: Database, store: MadeStore
) -> None:
    fine = "https://example.com/hooks"
    made = await owner.do("POST", "/webhook-endpoints", {"url": fine})
    async with nothing_changes(database, store.id):
        for body, code in (
            ({"url": "example.com"}, "webhooks.bad_url"),
            ({"url": "https://me:secret@example.com/"}, "webhooks.bad_url"),
            ({"url": fine, "kinds": ["order.eaten"]}, "webhooks.unknown_kind"),
            ({"url": fine, "kinds": ["key.created"]}, "webhooks.unknown_kind"),
        ):
            assert (await owner.refused(422, "POST", "/webhook-endpoints", body))["code"] == code
            assert (await owner.refused(422, "PATCH", f"/webhook-endpoints/{made['id']}", body))["code"] == code
        nobody = uuid7(utc_now())
        await owner.refused(404, "POST", f"/webhook-deliveries/{nobody}/replay")


async def test_a_store_has_so_many_endpoints_and_no_more(owner: Caller) -> None:
    for n in range(20):
        made = await owner.do("POST", "/webhook-endpoints", {"url": f"https://example.com/{n}"})
    problem = await owner.refused(409, "POST", "/webhook-endpoints", {"url": "https://example.com/more"})
    assert problem["code"] == "webhooks.too_many"

    await owner.do("DELETE", f"/webhook-endpoints/{made['id']}")
    await owner.do("POST", "/webhook-endpoints", {"url": "https://example.com/more"})


async def test_in_production_nothing_inside_may_be_named(
    urls: Urls, database: Database, store: MadeStore, receiver: Receiver
) -> None:
    house = House.open(Config(server_url=urls.server, secret_key=SECRET_KEY))
    async with in_process(serve_house(house), store.host) as client:
        owner = Caller(client, ADMIN_API).as_(authorization=await staff_session(database, store))
        for url in (receiver.url, "https://169.254.169.254/latest", "https://localhost/", "http://example.com/"):
            problem = await owner.refused(422, "POST", "/webhook-endpoints", {"url": url})
            assert problem["code"] == "webhooks.bad_url"
    await house.close()


async def test_what_can_be_listened_to_is_told(owner: Caller) -> None:
    kinds = (await owner.get("/webhook-kinds"))["items"]

    assert {each["kind"] for each in kinds} == PUBLIC
    assert {"kind": "order.placed", "subject": "order", "says": "An order came in."} in kinds


def test_secrets_are_those_of_the_scheme() -> None:
    secret = webhooks.secret_of(SECRET_KEY, uuid7(utc_now()), 1)

    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret[6:])) == 32


async def _until_dead(post: Post, how_many: int) -> None:
    """Until so many are dead letters. Something else is taken now and then: the receiver itself is well."""
    for _ in range(20 * how_many):
        await post.tell("price.changed")
        await post.deliver()
        if (await post.states()).count("dead") == how_many:
            return
        post.later(hours=30)
    raise AssertionError(await post.states())

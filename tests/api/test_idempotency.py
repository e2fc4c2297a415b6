"""The same act asked for twice happens once; and a key is its sender's alone."""

import asyncio
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from stoa import customers, people
from stoa.checkout.placing import Key
from stoa.db.idempotency import IdempotencyKey
from stoa.db.transaction import Database
from stoa.edge.idempotency import claim
from stoa.kernel.ids import hash_token
from stoa.orders.models import Order
from tests.api.calls import Caller, an_address, customer_session, open_cart, ready_cart
from tests.api.rows import nothing_changes
from tests.make import MadeStore, Make


@pytest.fixture
async def mug(database: Database, store: MadeStore) -> UUID:
    """A mug, of which there are plenty."""
    async with database.store(store.id) as tx:
        return (await Make(tx).variant(stock=50)).id


async def test_an_act_sent_again_gives_the_same_answer_and_does_nothing(
    shop: Caller, database: Database, store: MadeStore, mug: UUID
):
    cart, guest = await open_cart(shop)
    body = {"variant_id": str(mug), "quantity": 2}
    first = await guest.as_(idempotency_key="a-1").ask("POST", f"{cart}/lines", json=body)

    async with nothing_changes(database, store.id):
        again = await guest.as_(idempotency_key="a-1").ask("POST", f"{cart}/lines", json=body)

    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert (await guest.get(cart))["units"] == 2


async def test_an_act_without_an_answer_is_repeated_without_one(shop: Caller, mug: UUID):
    cart, guest = await open_cart(shop, (mug, 1))
    contact = {"email": "ada@example.com"}
    await guest.do("PUT", f"{cart}/contact", contact, idempotency_key="c-1")

    again = await guest.as_(idempotency_key="c-1").ask("PUT", f"{cart}/contact", json=contact)

    assert (again.status_code, again.content) == (204, b"")
    assert again.headers["idempotent-replayed"] == "true"


async def test_a_key_with_another_body_or_path_is_refused(
    shop: Caller, database: Database, store: MadeStore, mug: UUID
):
    cart, guest = await open_cart(shop)
    await guest.do("POST", f"{cart}/lines", {"variant_id": str(mug), "quantity": 2}, idempotency_key="a-1")

    async with nothing_changes(database, store.id):
        body = {"variant_id": str(mug), "quantity": 3}
        refusal = await guest.refused(422, "POST", f"{cart}/lines", body, idempotency_key="a-1")

    assert refusal["code"] == "idempotency.key_reused"


@pytest.mark.parametrize("key", ["", " ", "two words", "é", "x" * 256])
async def test_a_key_that_is_none_is_refused(shop: Caller, key: str):
    answer = await shop.ask("POST", "/carts", headers={"idempotency-key": key.encode("latin-1")})

    assert (answer.status_code, answer.json()["code"]) == (422, "request.bad_header")


async def test_a_token_is_derived_again_and_not_kept(shop: Caller, database: Database, store: MadeStore):
    key = uuid4().hex
    first = await shop.do("POST", "/carts", idempotency_key=key)
    again = await shop.do("POST", "/carts", idempotency_key=key)

    async with database.store(store.id) as tx:
        kept = await tx.one_or_none(select(IdempotencyKey.answer))
    assert again == first
    assert kept == {"id": first["id"]}


async def test_an_api_key_is_shown_again_to_who_made_it_and_not_kept(
    owner: Caller, database: Database, store: MadeStore
):
    body = {"name": "The till", "scopes": ["orders.read"]}
    first = await owner.do("POST", "/keys", body, idempotency_key="k-1")
    again = await owner.do("POST", "/keys", body, idempotency_key="k-1")

    async with database.store(store.id) as tx:
        kept = await tx.one_or_none(select(IdempotencyKey.answer))
        keys = await people.keys_of_store(tx)
    assert again == first
    assert first["key"].startswith("stoa_")
    assert kept == {"id": first["id"]}
    assert len(keys) == 1


async def test_another_actors_key_shows_nothing_and_does_what_was_asked(
    shop: Caller, database: Database, store: MadeStore, mug: UUID
):
    ada_cart, ada = await open_cart(shop)
    eve_cart, eve = await open_cart(shop)
    body = {"variant_id": str(mug), "quantity": 2}
    await ada.do("POST", f"{ada_cart}/lines", body, idempotency_key="the-same")

    async with nothing_changes(database, store.id):
        adas = await eve.refused(404, "POST", f"{ada_cart}/lines", body, idempotency_key="the-same")
    her_own = await eve.as_(idempotency_key="the-same").ask("POST", f"{eve_cart}/lines", json=body)

    assert her_own.status_code == 201
    assert "idempotent-replayed" not in her_own.headers
    assert her_own.json()["id"] in eve_cart
    assert adas["code"] == "carts.not_found"


async def test_another_actors_key_at_buying_shows_no_order(
    shop: Caller, database: Database, store: MadeStore, mug: UUID
):
    cart, ada, quote = await ready_cart(shop, (mug, 1))
    body = {"quote_id": quote["id"], "payment_method": "test"}
    await ada.do("POST", f"{cart}/complete", body, idempotency_key="the-same")
    _, eve = await open_cart(shop)

    signed_in = shop.as_(authorization=await customer_session(database, store))

    async with nothing_changes(database, store.id):
        for caller in (eve, shop, signed_in):
            refusal = await caller.refused(404, "POST", f"{cart}/complete", body, idempotency_key="the-same")
            assert refusal["code"] == "carts.not_found"


async def test_guests_of_two_addresses_do_not_share_a_key(shop: Caller):
    key = uuid4().hex
    first = await shop.do("POST", "/carts", idempotency_key=key)
    second = await shop.as_(x_forwarded_for=an_address()).do("POST", "/carts", idempotency_key=key)

    assert first["id"] != second["id"]


GUESSABLE = [
    "1",
    "open-cart",
    "2026-11-20T17:31:28.123456",
    "0" * 36,
    "00000000-0000-0000-0000-000000000000",
    "ab" * 50,
]
UNGUESSABLE = [
    "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "7C9E6679742540DE944BE07FC1F90AE7",
    "3vZ0yq4mQ2S1l0d8bYk0pA",
    "01JD4Z7W3M9KX2V8Q5RT6N1BCP",
    "3vZ0yq4mQ2S1l0d8bYk0pA==",
]


@pytest.mark.parametrize("key", GUESSABLE)
async def test_no_guest_is_given_the_cart_of_another_who_sent_the_same_simple_key(
    shop: Caller, database: Database, store: MadeStore, key: str
):
    for guest in (shop, shop.as_(cart_token=""), shop.as_(cart_token="undefined"), shop.as_(order_token="null")):
        async with nothing_changes(database, store.id):
            refusal = await guest.refused(422, "POST", "/carts", idempotency_key=key)
        assert refusal["code"] == "idempotency.key_guessable"


@pytest.mark.parametrize("key", UNGUESSABLE)
async def test_a_guests_cart_is_begun_once_under_a_key_that_nobody_guesses(shop: Caller, key: str):
    first = await shop.do("POST", "/carts", idempotency_key=key)

    assert await shop.do("POST", "/carts", idempotency_key=key) == first


async def test_whoever_shows_who_they_are_may_send_any_key(shop: Caller, database: Database, store: MadeStore):
    _, ada = await open_cart(shop)
    _, eve = await open_cart(shop)
    ben = shop.as_(authorization=await customer_session(database, store))

    begun = [await who.do("POST", "/carts", idempotency_key="1") for who in (ada, eve, ben) for _ in range(2)]

    assert [each["id"] for each in begun[::2]] == [each["id"] for each in begun[1::2]]
    assert len({each["id"] for each in begun}) == 3


async def test_a_refused_act_keeps_no_answer_and_may_be_tried_again(
    shop: Caller, database: Database, store: MadeStore, mug: UUID
):
    cart, guest = await open_cart(shop)
    async with nothing_changes(database, store.id):
        refusal = await guest.refused(
            409, "POST", f"{cart}/lines", {"variant_id": str(mug), "quantity": 51}, idempotency_key="a-1"
        )
    assert refusal["code"] == "inventory.out_of_stock"

    cart_now = await guest.do("POST", f"{cart}/lines", {"variant_id": str(mug), "quantity": 5}, idempotency_key="a-1")

    assert cart_now["units"] == 5


async def test_buying_again_gives_the_same_order(shop: Caller, database: Database, store: MadeStore, mug: UUID):
    cart, guest, quote = await ready_cart(shop, (mug, 1))
    body = {"quote_id": quote["id"], "payment_method": "test"}
    first = await guest.as_(idempotency_key="buy").ask("POST", f"{cart}/complete", json=body)

    async with nothing_changes(database, store.id):
        same_key = await guest.as_(idempotency_key="buy").ask("POST", f"{cart}/complete", json=body)
        no_key = await guest.ask("POST", f"{cart}/complete", json=body)
        other = body | {"payment_method": "bank_transfer"}
        other_body = await guest.refused(422, "POST", f"{cart}/complete", other, idempotency_key="buy")

    assert (first.status_code, same_key.status_code, no_key.status_code) == (201, 200, 200)
    assert first.json() == same_key.json() == no_key.json()
    assert other_body["code"] == "idempotency.key_reused"


async def test_a_duplicate_waits_for_the_first_and_answers_the_same(shop: Caller, mug: UUID):
    cart, guest = await open_cart(shop)
    keyed = guest.as_(idempotency_key="at-once")
    body = {"variant_id": str(mug), "quantity": 1}

    answers = await asyncio.gather(*(keyed.ask("POST", f"{cart}/lines", json=body) for _ in range(5)))

    assert {answer.status_code for answer in answers} == {201}
    assert [answer.headers.get("idempotent-replayed") for answer in answers].count("true") == 4
    assert len({answer.content for answer in answers}) <= 2  # a stored answer is written without the first one's spaces
    assert (await guest.get(cart))["units"] == 1


async def test_a_duplicate_of_what_takes_long_is_told_to_ask_again(
    shop: Caller, database: Database, store: MadeStore, mug: UUID
):
    cart, guest = await open_cart(shop)
    owner = f"token:{hash_token(guest.headers['cart-token']).hex()}"
    key = Key(owner=owner, route="POST /carts/{cart_id}/lines", key="slow", request_hash=b"x" * 32)
    async with database.store(store.id) as first:
        assert await claim(first, key) is None

        answer = await guest.as_(idempotency_key="slow").ask("POST", f"{cart}/lines", json={"variant_id": str(mug)})

    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency.in_progress")
    assert answer.headers["retry-after"] == "1"
    assert (await guest.get(cart))["units"] == 0


async def test_the_same_submission_many_times_at_once_is_one_order(
    shop: Caller, database: Database, store: MadeStore, mug: UUID
):
    cart, guest, quote = await ready_cart(shop, (mug, 1))
    body = {"quote_id": quote["id"], "payment_method": "test"}

    answers = await asyncio.gather(
        *(guest.as_(idempotency_key="buy").ask("POST", f"{cart}/complete", json=body) for _ in range(8)),
        *(guest.ask("POST", f"{cart}/complete", json=body) for _ in range(8)),
    )

    assert sorted(answer.status_code for answer in answers) == [200] * 15 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    async with database.store(store.id) as tx:
        assert await tx.one_or_none(select(func.count()).select_from(Order).where(Order.store_id == store.id)) == 1


async def test_signing_in_heeds_no_key(shop: Caller, database: Database, store: MadeStore):
    await customers.register(
        database, store_id=store.id, email="ada@example.com", password="correct horse", address=an_address()
    )
    body = {"email": "ada@example.com", "password": "correct horse"}

    first = await shop.do("POST", "/sessions", body, idempotency_key="s-1")
    second = await shop.do("POST", "/sessions", body, idempotency_key="s-1")

    assert first["token"] != second["token"]

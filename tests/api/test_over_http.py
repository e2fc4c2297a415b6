"""What only a real connection shows: bodies that are too large, clients at once, clients that go away."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select

from stoa.db.transaction import Database
from stoa.orders.models import Order
from tests.api.calls import STORE_API, Caller, an_address, open_cart, problem_of, ready_cart
from tests.api.rows import nothing_changes
from tests.make import MadeStore, Make
from tests.serving import Served


@pytest.fixture
async def shop(served: Served, store: MadeStore) -> AsyncIterator[Caller]:
    """A guest of the store, over real HTTP."""
    headers = {"host": store.host, "x-forwarded-for": an_address()}
    async with httpx.AsyncClient(base_url=served.url, headers=headers) as client:
        yield Caller(client, STORE_API)


@pytest.fixture
async def mug(database: Database, store: MadeStore) -> UUID:
    """A mug, of which there are plenty."""
    async with database.store(store.id) as tx:
        return (await Make(tx).variant(stock=50)).id


TWO_MEGABYTES = b'{"email": "ada@example.com", "note": "' + b"x" * 2_000_000 + b'"}'


async def test_a_body_of_two_megabytes_is_refused_by_its_length(
    shop: Caller, database: Database, store: MadeStore, mug: UUID
):
    cart, guest = await open_cart(shop, (mug, 1))

    async with nothing_changes(database, store.id):
        answer = await guest.ask("PUT", f"{cart}/contact", content=TWO_MEGABYTES)

    assert answer.status_code == 413
    problem = problem_of(answer)
    assert problem["code"] == "request.too_large"
    assert problem["detail"] == "A request may carry at most 1,000,000 bytes; send less, or in parts."


async def test_a_body_that_does_not_say_its_length_is_read_up_to_the_limit(
    shop: Caller, database: Database, store: MadeStore, mug: UUID
):
    cart, guest = await open_cart(shop, (mug, 1))

    async def in_chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(TWO_MEGABYTES), 65_536):
            yield TWO_MEGABYTES[start : start + 65_536]

    async with nothing_changes(database, store.id):
        answer = await guest.ask(
            "PUT", f"{cart}/contact", content=in_chunks(), headers={"content-type": "application/json"}
        )

    assert answer.status_code == 413
    assert problem_of(answer)["code"] == "request.too_large"


async def test_a_small_body_in_chunks_is_read(shop: Caller, mug: UUID):
    cart, guest = await open_cart(shop)

    async def in_chunks() -> AsyncIterator[bytes]:
        yield b'{"variant_id": '
        yield f'"{mug}"'.encode()
        yield b"}"

    answer = await guest.ask("POST", f"{cart}/lines", content=in_chunks(), headers={"content-type": "application/json"})

    assert answer.status_code == 201
    assert answer.json()["units"] == 1


async def test_the_same_submission_twice_at_once_is_one_order(
    shop: Caller, database: Database, store: MadeStore, mug: UUID
):
    cart, guest, quote = await ready_cart(shop, (mug, 1))
    body = {"quote_id": quote["id"], "payment_method": "test"}

    async with httpx.AsyncClient(base_url=shop.client.base_url, headers=shop.client.headers) as another_connection:
        elsewhere = Caller(another_connection, guest.base, guest.headers)
        answers = await asyncio.gather(
            guest.as_(idempotency_key="buy").ask("POST", f"{cart}/complete", json=body),
            elsewhere.as_(idempotency_key="buy").ask("POST", f"{cart}/complete", json=body),
        )

    assert sorted(answer.status_code for answer in answers) == [200, 201]
    assert answers[0].json() == answers[1].json()
    async with database.store(store.id) as tx:
        assert await tx.one_or_none(select(func.count()).select_from(Order).where(Order.store_id == store.id)) == 1


async def test_a_client_that_goes_away_loses_no_order(shop: Caller, database: Database, store: MadeStore, mug: UUID):
    cart, guest, quote = await ready_cart(shop, (mug, 1))
    body = {"quote_id": quote["id"], "payment_method": "test"}
    impatient = asyncio.create_task(guest.as_(idempotency_key="buy").ask("POST", f"{cart}/complete", json=body))
    await asyncio.sleep(0)
    impatient.cancel()

    again = await guest.as_(idempotency_key="buy").ask("POST", f"{cart}/complete", json=body)

    assert again.status_code in (200, 201)
    async with database.store(store.id) as tx:
        assert await tx.one_or_none(select(func.count()).select_from(Order).where(Order.store_id == store.id)) == 1


async def test_only_the_head_is_sent_and_the_connection_goes_on(served: Served, store: MadeStore):
    async with httpx.AsyncClient(base_url=served.url, headers={"host": store.host}) as client:
        whole = await client.get(f"{STORE_API}/store")
        head = await client.head(f"{STORE_API}/store")
        again = await client.get(f"{STORE_API}/store")

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == whole.headers["content-length"] == str(len(whole.content))
    assert "connection" not in head.headers
    assert again.content == whole.content

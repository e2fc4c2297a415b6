"""What has to hold after a fault, whatever it was: every promise is kept once, and no law is broken."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from stoa.db.engine import connect
from stoa.db.urls import Urls
from stoa.laws.checking import check
from tests.faults.shoppers import Crowd, Promise
from tests.faults.waiting import until

# Enough to see that stored answers stand; all of them are counted in the database anyway.
_ASKED_AGAIN = 20


async def assert_settled(urls: Urls, store_id: UUID, crowd: Crowd) -> None:
    """The shop sells as if nothing had been: orders, stock, events, mails and laws agree with what was promised."""
    assert not crowd.given_up, crowd.given_up
    reader = await connect(urls.reader)
    try:
        await _every_promise_is_one_order(reader, store_id, crowd)
        await _stock_is_what_was_promised(reader, store_id, crowd)
        await _stored_answers_stand(crowd)
        await _everything_is_told(reader, urls, store_id, crowd)
        await assert_laws_hold(reader)
    finally:
        await reader.close()


async def assert_laws_hold(reader: "asyncpg.Connection[asyncpg.Record]") -> None:
    """As `stoa laws` looks."""
    broken = [(found.law.name, found.sample) async for found in check(reader) if not found.holds]
    assert not broken, broken


async def _every_promise_is_one_order(
    reader: "asyncpg.Connection[asyncpg.Record]", store_id: UUID, crowd: Crowd
) -> None:
    rows = await reader.fetch("SELECT id, cart_id, total, number FROM orders WHERE store_id = $1", store_id)
    assert Counter(row["cart_id"] for row in rows) == Counter(promise.cart_id for promise in crowd.promises)
    stored = {row["id"]: (row["cart_id"], row["total"], row["number"]) for row in rows}
    promised = {p.order_id: (p.cart_id, int(p.answer["total"]), p.answer["number"]) for p in crowd.promises}
    assert stored == promised


async def _stock_is_what_was_promised(
    reader: "asyncpg.Connection[asyncpg.Record]", store_id: UUID, crowd: Crowd
) -> None:
    row = await reader.fetchrow(
        "SELECT sum(committed)::bigint AS committed, sum(reserved)::bigint AS reserved FROM stock_levels"
        " WHERE store_id = $1",
        store_id,
    )
    assert row is not None
    assert (row["committed"], row["reserved"]) == (sum(promise.units for promise in crowd.promises), 0)


async def _stored_answers_stand(crowd: Crowd) -> None:
    """Who sends the same purchase again gets the same answer."""
    async with crowd.client() as client:

        async def again(promise: Promise) -> None:
            answer = await client.post(promise.path, json=promise.body, headers=promise.headers)
            assert (answer.status_code, answer.json()) == (200, promise.answer)

        await asyncio.gather(*map(again, [*crowd.promises[:_ASKED_AGAIN], *crowd.promises[-_ASKED_AGAIN:]]))


async def _everything_is_told(
    reader: "asyncpg.Connection[asyncpg.Record]", urls: Urls, store_id: UUID, crowd: Crowd
) -> None:
    """Every event was relayed; for every order its mail was sent once, or its job is in the queue."""
    waiting = "SELECT count(*) = 0 FROM events WHERE store_id = $1 AND relayed_at IS NULL"
    await until(lambda: reader.fetchval(waiting, store_id), "every event is relayed", every_seconds=0.1)
    told = await reader.fetch("SELECT subject_id FROM events WHERE store_id = $1 AND kind = 'order.placed'", store_id)
    orders = Counter(promise.order_id for promise in crowd.promises)
    assert Counter(row["subject_id"] for row in told) == orders

    admin = await asyncpg.connect(urls.admin)
    try:
        jobs = await admin.fetch("SELECT status::text, args FROM jobs.procrastinate_jobs WHERE status <> 'succeeded'")
    finally:
        await admin.close()
    queued: dict[UUID, str] = {}
    for job in jobs:
        arguments: dict[str, Any] = orjson.loads(job["args"])
        if arguments.get("store_id") == str(store_id):
            queued[UUID(arguments["subject_id"])] = job["status"]
    sent = await reader.fetch("SELECT subject_id FROM notices WHERE store_id = $1 AND sent_at IS NOT NULL", store_id)
    missing = orders.keys() - {row["subject_id"] for row in sent} - queued.keys()
    assert not missing, f"{len(missing)} orders whose mail was not sent and is not queued"
    assert set(queued.values()) <= {"todo", "doing"}, Counter(queued.values())

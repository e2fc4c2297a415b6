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
        await _everything_is_told(reader, urls, store_id, crowd, mailed={one.order_id for one in crowd.promises})
        await assert_laws_hold(reader)
    finally:
        await reader.close()


async def assert_money_settled(urls: Urls, store_id: UUID, crowd: Crowd) -> None:
    """Who paid got the order or the money back, by our books and by the provider's; nothing is left half done."""
    assert not crowd.given_up, crowd.given_up
    reader, admin = await connect(urls.reader), await asyncpg.connect(urls.admin)
    try:
        await _every_promise_is_one_order(reader, store_id, crowd)
        assert await reader.fetch(_UNEQUAL, store_id) == []
        # The books are nobody's of ours: the reader does not see them.
        assert await admin.fetch(_BOOKS_DIFFER, store_id) == []
        confirmed = {
            row["id"]
            for row in await reader.fetch("SELECT id FROM orders WHERE store_id = $1 AND state = 'confirmed'", store_id)
        }
        units = sum(promise.units for promise in crowd.promises if promise.order_id in confirmed)
        assert await _taken(reader, store_id) == (units, 0)
        await _everything_is_told(reader, urls, store_id, crowd, mailed=confirmed)
        await assert_laws_hold(reader)
    finally:
        await reader.close()
        await admin.close()


# An order that goes ahead is paid, one that does not has given everything back, and none waits.
_UNEQUAL = """
    SELECT id, state, payment_state, total, paid FROM orders
    WHERE store_id = $1 AND (state = 'pending' OR paid <> CASE state WHEN 'confirmed' THEN total ELSE 0 END)
"""

# What the provider has of an order is what the order says; and nothing is promised that is not needed.
_BOOKS_DIFFER = """
    SELECT o.id, o.paid, sum(c.captured - c.refunded) AS theirs, array_agg(c.status) AS statuses
    FROM orders o JOIN payment_attempts a ON a.store_id = o.store_id AND a.order_id = o.id
    JOIN test_charges c ON c.store_id = a.store_id AND c.id = a.id
    WHERE o.store_id = $1 GROUP BY o.id, o.paid
    HAVING o.paid <> sum(c.captured - c.refunded) OR bool_or(c.status = 'authorized')
"""


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
    assert await _taken(reader, store_id) == (sum(promise.units for promise in crowd.promises), 0)


async def _taken(reader: "asyncpg.Connection[asyncpg.Record]", store_id: UUID) -> tuple[int, int]:
    """Units committed and reserved."""
    row = await reader.fetchrow(
        "SELECT sum(committed)::bigint AS committed, sum(reserved)::bigint AS reserved FROM stock_levels"
        " WHERE store_id = $1",
        store_id,
    )
    assert row is not None
    return row["committed"], row["reserved"]


async def _stored_answers_stand(crowd: Crowd) -> None:
    """Who sends the same purchase again gets the same answer."""
    async with crowd.client() as client:

        async def again(promise: Promise) -> None:
            answer = await client.post(promise.path, json=promise.body, headers=promise.headers)
            assert (answer.status_code, answer.json()) == (200, promise.answer)

        await asyncio.gather(*map(again, [*crowd.promises[:_ASKED_AGAIN], *crowd.promises[-_ASKED_AGAIN:]]))


async def _everything_is_told(
    reader: "asyncpg.Connection[asyncpg.Record]", urls: Urls, store_id: UUID, crowd: Crowd, *, mailed: set[UUID]
) -> None:
    """Every event was relayed; for each of the orders to be `mailed` it was, or its job is in the queue."""
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
    missing = mailed - {row["subject_id"] for row in sent} - queued.keys()
    assert not missing, f"{len(missing)} orders whose mail was not sent and is not queued"
    assert set(queued.values()) <= {"todo", "doing"}, Counter(queued.values())

"""The benchmark sells what a shop sells: prepared carts, the limit's orders and past ones are like real ones."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from stoa.carts import Holder, cart_token
from stoa.checkout import Key, Placed, Submission, place_orders
from stoa.cli.bench import limit, world
from stoa.cli.bench.past import write_past
from stoa.cli.bench.sheet import Plan, Sheet
from stoa.cli.bench.table import Part, fill
from stoa.db.engine import connect
from stoa.db.migrate import migrate
from stoa.db.transaction import Database
from stoa.db.urls import Urls
from stoa.kernel.clock import utc_now
from stoa.kernel.ids import child_id, hash_token
from stoa.laws import check
from stoa.payments.methods import tender_by
from stoa.stores.models import PaymentMethod
from tests.folders import open_folder
from tests.server import urls_for_tests

SECRET_KEY = b"a secret of the tests"
# What a sale writes, and by which column its order is found there.
WRITTEN = {
    "orders": "id", "order_lines": "order_id", "stock_movements": "order_id", "payments": "order_id",
    "order_history": "order_id", "events": "subject_id", "idempotency_keys": "(answer ->> 'order_id')::uuid",
}  # fmt: skip
# What differs from one order to the next: ids, instants, and what is derived from them.
OWN = {
    "id", "order_id", "order_line_id", "subject_id", "cart_id", "quote_id", "contact_id", "number", "token_hash",
    "placed_at", "created_at", "captured_at", "happened_at", "owner", "key", "request_hash", "answer",
}  # fmt: skip


@dataclass
class Ground:
    """A store of the benchmark in a database of its own."""

    urls: Urls
    database: Database
    connection: world.Connection
    loader: world.Connection
    world: world.World


@pytest.fixture
async def ground() -> AsyncIterator[Ground]:
    with urls_for_tests("bench") as urls:
        migrate(urls.owner)
        database, connection = Database(urls.server), await connect(urls.server)
        assert urls.admin is not None, "tests know the superuser"
        async with world.loader(urls.admin) as loader:
            made = await world.open_world(database, loader, variants=50)
            yield Ground(urls, database, connection, loader, made)
        await connection.close()
        await database.close()


@pytest.mark.parametrize("hot", [False, True])
async def test_the_limit_writes_the_rows_that_placing_writes(ground: Ground, hot: bool):
    carts = await prepared(ground, 20_000, hot=hot)
    placed = await place_first(ground, carts)

    _, count = limit.measure(ground.urls.server, ground.world, carts, first=2, connections=2, seconds=1)

    assert count > 0
    everything = await orders_of(ground)
    assert len(everything) == 1 + count
    assert await broken_laws(ground) == []
    alike = everything if hot else [placed]
    first = await rows_of(ground, placed)
    assert {table: len(rows) for table, rows in first.items()} == dict.fromkeys(WRITTEN, 1) | {
        "order_lines": 2,
        "stock_movements": 2,
    }
    for order_id in (alike[0], alike[-1]):
        assert await rows_of(ground, order_id) == first


async def test_past_orders_are_those_that_placing_wrote(ground: Ground):
    carts = await prepared(ground, 1000, hot=False)
    await place_first(ground, carts)
    told: list[int] = []
    assert ground.urls.admin is not None, "tests know the superuser"

    await write_past(ground.urls.admin, ground.world, count=3000, report=told.append)

    assert sum(told) == 3000
    orders = await orders_of(ground)
    assert len(orders) == 3001
    assert await broken_laws(ground) == []
    assert await strangers(ground) == 0
    shapes = [await rows_of(ground, order_id, every=False) for order_id in (orders[0], orders[-2], orders[-1])]
    oldest, newest, placed = shapes
    assert oldest == placed | {"events": [], "idempotency_keys": []}
    assert newest == placed


def test_the_table_is_filled_and_every_law_looked_at():
    sheet = Sheet(Plan(seconds=1, rounds=1, connections=4, variants=50), say=print)

    with open_folder() as folder:
        fill(sheet, parts=[Part.HOT, Part.JOURNEYS], workers=1, sizes=[], folder=folder)

    document = sheet.document()
    assert [row["key"] for row in document["rows"]] == ["hot", "hot_ratio", "sold_out", "journeys"]
    assert sheet.value("sold_out") == 1000
    assert sheet.is_right
    assert [seen["after"] for seen in document["laws"]] == ["hot", "selling out", "journeys"]
    durable = {name: document["machine"]["postgres"][name] for name in ("fsync", "synchronous_commit")}
    assert durable == {"fsync": "on", "synchronous_commit": "on"}
    json.dumps(document)


async def prepared(ground: Ground, count: int, *, hot: bool) -> world.PreparedCarts:
    """Carts, looked at."""
    carts = await world.prepare_carts(ground.loader, ground.world, count=count, hot=hot, secret_key=SECRET_KEY)
    await world.check_likeness(ground.database, ground.world, carts, SECRET_KEY)
    return carts


async def place_first(ground: Ground, carts: world.PreparedCarts) -> UUID:
    """The first of the prepared carts becomes an order, as its shopper would have it."""
    cart_id = child_id(carts.carts, 1)
    token = cart_token(SECRET_KEY, cart_id)
    submission = Submission.new(
        cart_id=cart_id,
        quote_id=child_id(carts.quotes, 1),
        holder=Holder.of_token(token),
        tenders=[tender_by(PaymentMethod.TEST)],
        at=utc_now(),
        secret_key=SECRET_KEY,
        actor="guest",
        key=Key(f"token:{hash_token(token).hex()}", "POST /carts/{cart_id}/complete", str(cart_id), b"asked"),
    )
    (outcome,) = await place_orders(ground.connection, ground.world.store_id, [submission], [1])
    assert isinstance(outcome, Placed)
    return outcome.order_id


async def orders_of(ground: Ground) -> list[UUID]:
    """All of them, oldest first."""
    return [row["id"] for row in await ground.loader.fetch("SELECT id FROM orders ORDER BY id")]


async def rows_of(ground: Ground, order_id: UUID, *, every: bool = True) -> dict[str, list[dict[str, Any]]]:
    """What stands in each table for an order, without what is its own; or only which columns are filled."""
    found = {}
    for table, column in WRITTEN.items():
        rows = await ground.loader.fetch(f"SELECT * FROM {table} WHERE {column} = $1 ORDER BY id", order_id)
        found[table] = [shape_of(row, every=every) for row in rows]
    return found


def shape_of(row: asyncpg.Record, *, every: bool) -> dict[str, Any]:
    """A row's values; for its own ones, and where orders differ for all of them, only whether there is one."""
    whole = every and not {"relayed_at"} & set(row.keys())
    return {
        name: value if whole and name not in OWN else value is not None
        for name, value in row.items()
        if name != "relayed_at"
    }


async def strangers(ground: Ground) -> int:
    """Rows of partitioned tables that found no month of their own."""
    counts = [
        await ground.loader.fetchval(f"SELECT count(*) FROM {table}_default")
        for table in ("stock_movements", "order_history", "events")
    ]
    return sum(counts)


async def broken_laws(ground: Ground) -> list[str]:
    """Which laws do not hold, over everything there is."""
    reader = await connect(ground.urls.reader)
    try:
        return [finding.law.name async for finding in check(reader) if not finding.holds]
    finally:
        await reader.close()

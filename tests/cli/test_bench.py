"""The benchmark sells what a shop sells: its prepared carts are like real ones, and its limit writes the same rows."""

from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from stoa.carts import Holder, cart_token
from stoa.checkout import Key, Placed, Submission, place_orders
from stoa.cli.bench import limit, world
from stoa.db.engine import connect
from stoa.db.migrate import migrate
from stoa.db.transaction import Database
from stoa.db.urls import Urls
from stoa.kernel.clock import utc_now
from stoa.kernel.ids import child_id
from stoa.payments.methods import tender_by
from stoa.stores.models import PaymentMethod
from tests.server import urls_for_tests

SECRET_KEY = b"a secret of the tests"
WRITTEN = (
    "orders", "order_lines", "stock_movements", "payments", "order_history", "events", "idempotency_keys",
)  # fmt: skip


@pytest.fixture
def own_urls() -> Iterator[Urls]:
    """A database of its own: the limit's orders are made up, and would break the laws that other tests look at."""
    with urls_for_tests("bench") as urls:
        migrate(urls.owner)
        yield urls


@pytest.mark.parametrize("hot", [False, True])
async def test_the_limit_writes_the_rows_that_placing_writes(
    own_urls: Urls, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, hot: bool
):
    monkeypatch.setattr(world, "VARIANTS", 50)
    monkeypatch.setattr(limit, "VARIANTS", 50)
    database, connection = Database(own_urls.server), await connect(own_urls.server)
    made = await world.open_world(database, connection)
    carts = await world.prepare_carts(connection, made, count=20_000, hot=hot, secret_key=SECRET_KEY, seed=1)
    await world.check_likeness(database, made, carts, SECRET_KEY)
    before = await counted(connection, made)

    outcomes = await place_orders(connection, made.store_id, [submission(carts)], [1001])
    placed = await counted(connection, made)
    _, raw_orders = limit.measure(
        own_urls.server, made, carts, first=2, connections=2, seconds=1, hot=hot, script=tmp_path / "order.sql"
    )
    limited = await counted(connection, made)
    await connection.close()
    await database.close()

    assert isinstance(outcomes[0], Placed)
    assert raw_orders > 0
    for table in WRITTEN:
        assert limited[table] - placed[table] == raw_orders * (placed[table] - before[table]), table
    assert (placed["committed"], limited["completed"]) == (2, 1 + raw_orders)


def submission(carts: world.PreparedCarts) -> Submission:
    """The first of the prepared carts, handed in under a key."""
    cart_id = child_id(carts.carts, 1)
    token = cart_token(SECRET_KEY, cart_id)
    return Submission.new(
        cart_id=cart_id,
        quote_id=child_id(carts.quotes, 1),
        holder=Holder.of_token(token),
        tenders=[tender_by(PaymentMethod.TEST)],
        at=utc_now(),
        secret_key=SECRET_KEY,
        actor="guest",
        key=Key(f"token:{cart_id}", "POST /carts/{cart_id}/complete", str(cart_id), b"asked"),
    )


async def counted(connection: "asyncpg.Connection[asyncpg.Record]", made: world.World) -> dict[str, int]:
    """Rows of each table that a sale writes, units committed, and carts completed."""
    asked = {table: f"(SELECT count(*) FROM {table} WHERE store_id = $1)" for table in WRITTEN}
    asked["committed"] = "(SELECT sum(committed) FROM stock_levels WHERE store_id = $1)"
    asked["completed"] = "(SELECT count(*) FROM carts WHERE store_id = $1 AND state = 'completed')"
    async with connection.transaction():
        await connection.execute("SELECT stoa.enter_store($1)", made.store_id)
        row = await connection.fetchrow(
            f"SELECT {', '.join(f'{sql} AS {name}' for name, sql in asked.items())}", made.store_id
        )
    assert row is not None, "a SELECT without FROM has a row"
    return {name: int(value or 0) for name, value in row.items()}

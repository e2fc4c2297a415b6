"""What is cleared away, what stays, and that one store's trouble is not another's."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from stoa import carts
from stoa.carts.clearing import clear_expired
from stoa.carts.models import Cart, CartLine, OrderContact, Quote
from stoa.db.engine import connect
from stoa.db.idempotency import IdempotencyKey
from stoa.db.models import StoreOwned
from stoa.db.outbox import Event
from stoa.db.transaction import Database, Tx
from stoa.events.relay import relay_store
from stoa.jobs.app import app
from stoa.jobs.purging import purge_answers, purge_events
from stoa.jobs.stores import in_every_store
from stoa.kernel.clock import utc_now
from tests.make import MadeStore
from tests.make.selling import placed_order, ready_cart

MONTH = timedelta(days=30)


async def test_a_cart_past_its_time_goes_with_all_that_was_typed_into_it(database: Database, store: MadeStore) -> None:
    await ready_cart(database, store, at=utc_now() - timedelta(days=31))
    kept = await ready_cart(database, store)

    async with database.store(store.id) as tx:
        assert await clear_expired(tx, 100) == 1

    async with database.store(store.id) as tx:
        assert [cart.id for cart in await tx.scalars(select(Cart))] == [kept.cart_id]
        assert [await count(tx, table) for table in (CartLine, Quote, OrderContact)] == [1, 1, 1]
        assert await clear_expired(tx, 100) == 0


async def test_a_cart_that_was_ordered_stays_whatever_its_time(database: Database, store: MadeStore) -> None:
    order = await placed_order(database, store, at=utc_now() - timedelta(days=400))

    async with database.store(store.id) as tx:
        assert await clear_expired(tx, 100) == 0
        assert await tx.get(Cart, order.cart.cart_id) is not None
        assert await count(tx, OrderContact) == 1


async def test_carts_are_cleared_in_bounded_batches(database: Database, store: MadeStore) -> None:
    # Other tests' stores may have some, too.
    await in_every_store(database, clear_expired, now=utc_now())
    for _ in range(3):
        async with database.store(store.id, now=utc_now() - timedelta(days=31)) as tx:
            await carts.open_cart(tx, secret_key=b"k")

    async with database.store(store.id) as tx:
        assert await clear_expired(tx, 2) == 2
        assert await count(tx, Cart) == 1

    assert await in_every_store(database, clear_expired, now=utc_now(), batch=2) == 1
    async with database.store(store.id) as tx:
        assert await count(tx, Cart) == 0


async def test_answers_are_kept_for_thirty_days(database: Database, store: MadeStore) -> None:
    now = utc_now()
    await answer(database, store, "old", now - MONTH - timedelta(minutes=1))
    await answer(database, store, "new", now - MONTH + timedelta(minutes=1))

    async with database.store(store.id, now=now) as tx:
        assert await purge_answers(tx, 100) == 1
        assert [key.key for key in await tx.scalars(select(IdempotencyKey))] == ["new"]


async def test_events_are_kept_for_thirty_days_and_until_they_are_relayed(database: Database, store: MadeStore) -> None:
    now = utc_now()
    await tell(database, store, "old", now - MONTH - timedelta(minutes=1))
    await tell(database, store, "new", now)
    connection = await connect(database.server_url)
    await relay_store(connection, store.id)
    await connection.close()
    await tell(database, store, "old but not relayed", now - MONTH - timedelta(minutes=1))

    async with database.store(store.id, now=now) as tx:
        assert await purge_events(tx, 100) == 1
        kept = {event.kind for event in await tx.scalars(select(Event))}
    assert kept == {"new", "old but not relayed"}


async def test_one_stores_trouble_does_not_keep_the_others_from_their_work(
    database: Database, store: MadeStore, other_store: MadeStore
) -> None:
    seen: list[UUID] = []

    async def work(tx: Tx, _limit: int) -> int:
        seen.append(tx.store_id)
        if tx.store_id == store.id:
            await tx.execute(text("SELECT 1 / 0"))
        return 0

    with pytest.raises(Exception, match="division by zero"):
        await in_every_store(database, work, now=utc_now())

    assert {store.id, other_store.id} <= set(seen)


def test_every_job_that_runs_by_the_clock_waits_once_and_has_a_name_of_its_domain() -> None:
    app.perform_import_paths()

    periodic = {task.task.name: task.task for task in app.periodic_registry.periodic_tasks.values()}

    assert set(periodic) == {
        "carts.clear_expired",
        "customers.purge_sessions",
        "inventory.end_promises",
        "inventory.expire_reservations",
        "inventory.serve_waiting",
        "jobs.clear",
        "jobs.make_partitions",
        "jobs.purge_answers",
        "jobs.purge_events",
        "jobs.take_up",
        "laws.check",
        "orders.expire",
        "payments.look_again",
        "payments.purge_messages",
        "people.purge_counters",
        "people.purge_sessions",
        "webhooks.purge",
    }
    assert all(task.queueing_lock == name for name, task in periodic.items())


async def count(tx: Tx, table: type[StoreOwned]) -> int:
    """Rows of the store."""
    return (await tx.one_or_none(select(func.count()).select_from(table).where(table.store_id == tx.store_id))) or 0


async def answer(database: Database, store: MadeStore, key: str, at: datetime) -> None:
    """An answer given then."""
    async with database.store(store.id, now=at) as tx:
        tx.add(IdempotencyKey(owner="me", route="r", key=key, request_hash=b"", status=201, answer={}))


async def tell(database: Database, store: MadeStore, kind: str, at: datetime) -> None:
    """Something that happened then."""
    async with database.store(store.id, now=at) as tx:
        tx.emit(kind, tx.new_id())

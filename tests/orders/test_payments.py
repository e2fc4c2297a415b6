"""Money that arrives later is written down once, and moves the order that waited for it."""

import asyncio

import pytest
from sqlalchemy import select

from stoa import orders
from stoa.db.outbox import Event
from stoa.db.transaction import Actor, Database
from stoa.orders.errors import NothingToPay, OrderCannotBecome, OrderNotFound, OtherAmountDue
from stoa.orders.states import OrderState
from stoa.stores.models import PaymentMethod
from tests.make import MadeStore
from tests.make.selling import MadeOrder, placed_order

CLERK = Actor("staff")


async def test_a_transfer_that_came_in_confirms_the_order(database: Database, store: MadeStore) -> None:
    order = await placed_order(database, store, method=PaymentMethod.BANK_TRANSFER)
    assert (order.state, order.payment_state) == ("pending", "pending")

    async with database.store(store.id, actor=CLERK) as tx:
        await orders.record_payment(tx, order_id=order.id, note="statement 12")

    view = await read(database, store, order)
    assert (view.order.state, view.order.payment_state, view.order.paid, view.due) == ("confirmed", "paid", 2895, 0)
    assert [(one.status, one.captured_at is not None) for one in view.payments] == [("captured", True)]
    assert [(one.kind, one.state, one.payment_state, one.actor, one.note) for one in view.history] == [
        ("placed", "pending", "pending", "guest", ""),
        ("paid", "pending", "paid", "staff", "statement 12"),
        ("confirmed", "confirmed", "paid", "staff", ""),
    ]
    assert await told(database, store) == ["order.confirmed", "order.paid", "order.placed"]


async def test_cash_from_the_carrier_pays_an_order_that_was_confirmed_before(
    database: Database, store: MadeStore
) -> None:
    order = await placed_order(database, store, method=PaymentMethod.CASH_ON_DELIVERY)

    async with database.store(store.id, actor=CLERK) as tx:
        await orders.record_payment(tx, order_id=order.id, amount=2895)

    view = await read(database, store, order)
    assert (view.order.state, view.order.payment_state) == ("confirmed", "paid")
    assert [one.kind for one in view.history] == ["placed", "paid"]


async def test_a_payment_is_recorded_once(database: Database, store: MadeStore) -> None:
    order = await placed_order(database, store, method=PaymentMethod.BANK_TRANSFER)

    async def record() -> None:
        async with database.store(store.id, actor=CLERK) as tx:
            await orders.record_payment(tx, order_id=order.id)

    outcomes = await asyncio.gather(record(), record(), record(), return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "NothingToPay", "NothingToPay"]
    view = await read(database, store, order)
    assert (view.order.paid, len(view.history)) == (2895, 3)


async def test_an_order_that_is_paid_owes_nothing(database: Database, store: MadeStore) -> None:
    order = await placed_order(database, store)

    async with database.store(store.id, actor=CLERK) as tx:
        with pytest.raises(NothingToPay) as refusal:
            await orders.record_payment(tx, order_id=order.id)

    assert refusal.value.sentence == f"Order {order.number} is paid: no payment of it is outstanding."


async def test_another_amount_than_what_is_owed_is_refused_and_changes_nothing(
    database: Database, store: MadeStore
) -> None:
    order = await placed_order(database, store, method=PaymentMethod.BANK_TRANSFER)

    async with database.store(store.id, actor=CLERK) as tx:
        with pytest.raises(OtherAmountDue) as refusal:
            await orders.record_payment(tx, order_id=order.id, amount=2890)

    assert (refusal.value.due, refusal.value.amount) == (2895, 2890)
    view = await read(database, store, order)
    assert (view.order.state, view.order.paid, len(view.history)) == ("pending", 0, 1)


async def test_another_store_cannot_pay_it(database: Database, store: MadeStore, other_store: MadeStore) -> None:
    order = await placed_order(database, store, method=PaymentMethod.BANK_TRANSFER)

    async with database.store(other_store.id, actor=CLERK) as tx:
        with pytest.raises(OrderNotFound):
            await orders.record_payment(tx, order_id=order.id)

    assert (await read(database, store, order)).due == 2895


async def test_an_order_goes_only_where_the_table_of_states_lets_it(database: Database, store: MadeStore) -> None:
    order = await placed_order(database, store)

    async with database.store(store.id, actor=CLERK) as tx:
        locked = await orders.lock_order(tx, order.id)
        with pytest.raises(OrderCannotBecome) as refusal:
            orders.move(tx, locked, OrderState.CONFIRMED)

    assert refusal.value.sentence == f"Order {order.number} is confirmed, and from there it cannot become confirmed."
    assert len((await read(database, store, order)).history) == 1


async def read(database: Database, store: MadeStore, order: MadeOrder) -> orders.OrderView:
    """The order as it stands."""
    async with database.store(store.id) as tx:
        return await orders.order_by_id(tx, order_id=order.id)


async def told(database: Database, store: MadeStore) -> list[str]:
    """Kinds of the store's events, sorted."""
    async with database.store(store.id) as tx:
        return sorted(event.kind for event in await tx.scalars(select(Event)))

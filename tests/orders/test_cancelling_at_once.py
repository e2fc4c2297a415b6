"""Two who take back at the same time, each over a connection of its own: stock goes back once, and nobody is torn."""

import asyncio

from stoa import budgets, orders
from stoa.db.transaction import Database
from stoa.kernel.refusals import Refusal
from stoa.orders.errors import NothingToPay, OrderIsCancelled
from stoa.stores.models import PaymentMethod
from tests.make import MadeStore
from tests.make.selling import MadeOrder, placed_order, sellable
from tests.orders.taken_back import CLERK, Counted, cancel, cancellations, movements, read, stock, uses_left


async def test_of_four_who_cancel_an_order_one_does(database: Database, store: MadeStore) -> None:
    async with database.store(store.id) as tx:
        await budgets.create_code(tx, code="SPRING", amount=500, uses=3)
        mug = await sellable(tx, stock=10)
    order = await placed_order(database, store, wanted={mug: 2}, code="SPRING", method=PaymentMethod.BANK_TRANSFER)

    outcomes = await asyncio.gather(*(cancel(database, store, order) for _ in range(4)), return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", *["OrderIsCancelled"] * 3]
    assert len(await cancellations(database, store, order)) == 1
    assert await stock(database, store, mug) == {"main": Counted(10, 0, 0)}
    assert await movements(database, store, order) == [("commit", 2, 0), ("release", -2, 0)]
    assert await uses_left(database, store) == 3


async def test_of_five_units_eight_who_take_one_each_get_five(database: Database, store: MadeStore) -> None:
    async with database.store(store.id) as tx:
        mug = await sellable(tx, stock=10)
    order = await placed_order(database, store, wanted={mug: 5}, method=PaymentMethod.BANK_TRANSFER)

    outcomes = await asyncio.gather(*(cancel(database, store, order, {1: 1}) for _ in range(8)), return_exceptions=True)

    assert [outcome for outcome in outcomes if outcome is not None and not isinstance(outcome, Refusal)] == []
    assert outcomes.count(None) == 5
    view = await read(database, store, order)
    assert (view.order.state, view.order.cancelled, len(view.history)) == ("cancelled", view.order.total, 6)
    assert await stock(database, store, mug) == {"main": Counted(10, 0, 0)}


async def test_an_order_is_paid_or_cancelled_and_never_both(database: Database, store: MadeStore) -> None:
    async with database.store(store.id) as tx:
        mug = await sellable(tx, stock=100)
    for _ in range(6):
        order = await placed_order(database, store, wanted={mug: 2}, method=PaymentMethod.BANK_TRANSFER)

        paid, cancelled = await asyncio.gather(
            _pay(database, store, order), cancel(database, store, order), return_exceptions=True
        )

        assert cancelled is None
        assert paid is None or isinstance(paid, (OrderIsCancelled, NothingToPay))
        view = await read(database, store, order)
        assert view.order.state == "cancelled"
        assert view.history[-1].state == "cancelled"
    assert await stock(database, store, mug) == {"main": Counted(100, 0, 0)}


async def test_two_orders_of_the_same_things_are_cancelled_at_once(database: Database, store: MadeStore) -> None:
    async with database.store(store.id) as tx:
        things = [await sellable(tx, stock=100) for _ in range(4)]
    there = [await placed_order(database, store, wanted=dict.fromkeys(things, 1)) for _ in range(5)]
    back = [await placed_order(database, store, wanted=dict.fromkeys(reversed(things), 1)) for _ in range(5)]

    # A deadlock would be raised here.
    await asyncio.gather(*(cancel(database, store, order) for order in [*there, *back]))

    assert [await stock(database, store, thing) for thing in things] == [{"main": Counted(100, 0, 0)}] * 4


async def _pay(database: Database, store: MadeStore, order: MadeOrder) -> None:
    async with database.store(store.id, actor=CLERK) as tx:
        await orders.record_payment(tx, order_id=order.id)

"""An order opens to who may see it, whole and in a few statements."""

import pytest

from stoa import orders
from stoa.db.transaction import Database
from stoa.orders.errors import OrderNotFound
from stoa.orders.models import CancellationReason
from stoa.stores.models import PaymentMethod
from tests.make import MadeStore
from tests.make.selling import MadeOrder, placed_order, sellable
from tests.promises import statements


async def test_an_order_is_read_with_everything_that_belongs_to_it(database: Database, store: MadeStore) -> None:
    async with database.store(store.id) as tx:
        mug = await sellable(tx, price=1250, title="A mug", sku="MUG")
        pot = await sellable(tx, price=3000, title="A pot", sku="POT")
    order = await placed_order(database, store, wanted={mug: 2, pot: 1})

    async with database.store(store.id) as tx:
        view = await orders.order_by_id(tx, order_id=order.id)

    assert (view.order.number, view.order.total, view.due, view.units) == (order.number, 5895, 0, 3)
    assert [(line.sku, line.quantity, line.amount) for line in view.lines] == [("MUG", 2, 2500), ("POT", 1, 3000)]
    assert view.contact is not None
    assert (view.contact.email, view.contact.city) == ("ada@example.com", "London")
    assert [(one.method, one.status, one.amount) for one in view.payments] == [("test", "captured", 5895)]
    assert [(one.kind, one.state, one.payment_state) for one in view.history] == [("placed", "confirmed", "paid")]


async def test_reading_takes_as_many_statements_however_long_the_order_is(database: Database, store: MadeStore) -> None:
    async with database.store(store.id) as tx:
        wanted = {await sellable(tx): 1 for _ in range(12)}
    order = await placed_order(database, store, wanted=wanted)

    assert await _statements_to_read(database, store, order) == 6

    async with database.store(store.id) as tx:
        await orders.cancel_order(tx, order_id=order.id, reason=CancellationReason.CUSTOMER)
    assert await _statements_to_read(database, store, order) == 7


async def test_a_guest_reads_their_order_by_its_token_and_nobody_elses(database: Database, store: MadeStore) -> None:
    mine, theirs = await placed_order(database, store), await placed_order(database, store)

    async with database.store(store.id) as tx:
        view = await orders.order_by_token(tx, order_id=mine.id, token=mine.token)
        assert view.id == mine.id
        for order_id, token in ((theirs.id, mine.token), (mine.id, mine.cart.token), (mine.id, "")):
            with pytest.raises(OrderNotFound):
                await orders.order_by_token(tx, order_id=order_id, token=token)


async def test_another_store_has_no_such_order(database: Database, store: MadeStore, other_store: MadeStore) -> None:
    order = await placed_order(database, store)

    async with database.store(other_store.id) as tx:
        with pytest.raises(OrderNotFound):
            await orders.order_by_id(tx, order_id=order.id)
        with pytest.raises(OrderNotFound):
            await orders.order_by_token(tx, order_id=order.id, token=order.token)
        assert (await orders.list_orders(tx)).items == ()


async def test_the_list_goes_from_the_newest_to_the_oldest_page_by_page(database: Database, store: MadeStore) -> None:
    placed = [await placed_order(database, store) for _ in range(5)]

    async with database.store(store.id) as tx:
        first = await orders.list_orders(tx, limit=2)
        second = await orders.list_orders(tx, limit=2, cursor=first.next)
        third = await orders.list_orders(tx, limit=2, cursor=second.next)

    numbers = [one.number for page in (first, second, third) for one in page.items]
    assert numbers == [order.number for order in reversed(placed)]
    assert third.next is None
    assert [(one.units, one.name, one.email, one.total) for one in first.items] == [
        (2, "Ada Lovelace", "ada@example.com", 2895)
    ] * 2


async def test_the_list_can_be_of_one_state(database: Database, store: MadeStore) -> None:
    await placed_order(database, store)
    on_delivery = await placed_order(database, store, method=PaymentMethod.CASH_ON_DELIVERY)
    by_transfer = await placed_order(database, store, method=PaymentMethod.BANK_TRANSFER)

    async with database.store(store.id) as tx:
        waiting = await orders.list_orders(tx, state=orders.OrderState.PENDING)
        unpaid = await orders.list_orders(tx, payment_state=orders.PaymentState.PENDING)

    assert ids(waiting.items) == [by_transfer.id]
    assert ids(unpaid.items) == [by_transfer.id, on_delivery.id]


async def _statements_to_read(database: Database, store: MadeStore, order: MadeOrder) -> int:
    async with database.store(store.id) as tx:
        with statements(database) as sent:
            await orders.order_by_id(tx, order_id=order.id)
    return len(sent)


def ids(items: tuple[orders.OrderSummary, ...]) -> list[object]:
    """Which orders they are."""
    return [item.id for item in items]

"""What is read and changed of one order is found by keys that begin with the store, however many orders there are."""

from stoa import budgets, orders
from stoa.db.transaction import Database, Tx
from tests.catalog.test_plans import planned
from tests.make import MadeStore
from tests.make.selling import placed_order, sellable
from tests.orders.money import TEST, of
from tests.orders.taken_back import BECAUSE, of_lines
from tests.promises import Statements, statements


async def test_reading_and_taking_back_an_order_read_by_key(database: Database, store: MadeStore) -> None:
    async with database.store(store.id) as tx:
        await budgets.create_code(tx, code="SPRING", amount=100, uses=9)
        wanted = {await sellable(tx, stock=5): 2, await sellable(tx, stock=5): 2}
    order = await placed_order(database, store, wanted=wanted, code="SPRING", tenders=[of(900, TEST), TEST])

    async with database.store(store.id) as tx:
        with statements(database) as seen:
            await orders.refund(tx, order_id=order.id, amount=50)
            await orders.cancel_units(tx, order_id=order.id, units=of_lines(order, {1: 1}), reason=BECAUSE, seen=3)
            await orders.cancel_order(tx, order_id=order.id, reason=BECAUSE)
            await orders.order_by_id(tx, order_id=order.id)
            await orders.list_orders(tx)

        assert len(seen) > 60
        await all_by_key(tx, seen)


async def all_by_key(tx: Tx, seen: Statements) -> None:
    """Every statement that reads or changes rows does so by an index that begins with the store."""
    for sql, parameters in seen.sent:
        if not sql.lstrip().startswith("INSERT"):
            await planned(tx, sql, parameters)

"""A discount code counts while its time lasts; a quote that was given with it stands."""

from datetime import datetime, timedelta

from stoa import budgets, carts
from stoa.checkout import Placed
from stoa.db.transaction import Database
from tests.make import MadeStore
from tests.make.selling import ReadyCart, ready_cart, submit

HOUR = timedelta(hours=1)


async def discount(database: Database, store: MadeStore, cart: ReadyCart, at: datetime) -> int:
    """What the code takes off at this instant."""
    async with database.store(store.id, now=at) as tx:
        return (await carts.preview(tx, cart_id=cart.cart_id, holder=cart.holder)).discount


async def test_a_code_on_the_cart_counts_from_its_start_until_just_before_its_end(
    database: Database, store: MadeStore, noon: datetime
) -> None:
    async with database.store(store.id, now=noon) as tx:
        await budgets.create_code(tx, code="NOON", amount=100, uses=1, starts_at=noon, ends_at=noon + HOUR)
    cart = await ready_cart(database, store, code="NOON", at=noon)

    moments = [noon - timedelta(seconds=1), noon, noon + HOUR - timedelta(seconds=1), noon + HOUR]

    assert [await discount(database, store, cart, at) for at in moments] == [0, 100, 100, 0]


async def test_a_quote_honours_a_code_that_ended_since(database: Database, store: MadeStore, noon: datetime) -> None:
    async with database.store(store.id, now=noon) as tx:
        code = await budgets.create_code(tx, code="NOON", amount=100, uses=1)
    cart = await ready_cart(database, store, code="NOON", at=noon)
    async with database.store(store.id, now=noon + timedelta(minutes=1)) as tx:
        await budgets.end_code(tx, code_id=code.id)

    [(_, placed)] = await submit(database, store, cart, at=noon + timedelta(minutes=2))

    assert isinstance(placed, Placed)
    assert placed.total == cart.total

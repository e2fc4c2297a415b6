"""A cart is decided about with nothing locked: who was faster is seen, and nothing is written of what was before."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from stoa import carts
from stoa.carts.errors import CartBusy, CartCompleted
from stoa.carts.models import CartState, Quote
from stoa.db.calls import Calls, Row
from stoa.db.transaction import Actor, Database, Tx
from stoa.orders.models import Order
from tests.conftest import SECRET_KEY
from tests.make import MadeStore
from tests.make.selling import ADA, ReadyCart, sellable, submit
from tests.promises import refused


@dataclass
class Shop:
    """A cart with a mug in it, and a pen that could be."""

    database: Database
    store_id: UUID
    cart_id: UUID
    mug: UUID
    pen: UUID

    @property
    def whose(self) -> dict[str, Any]:
        """The arguments of every operation on the cart."""
        return {"cart_id": self.cart_id, "holder": carts.STAFF}

    async def put_in(self, calls: Calls, variant_id: UUID) -> carts.CartView:
        """One more of it."""
        return await carts.add_lines(calls, **self.whose, wanted=[carts.Wanted(variant_id, 1)])

    async def units(self) -> dict[UUID, int]:
        """What is in the cart, by variant."""
        view = await carts.read_cart(self.database.alone(self.store_id), **self.whose)
        return {line.variant_id: line.quantity for line in view.lines}

    async def quote_id(self) -> UUID | None:
        """The quote that may be bought."""
        return (await carts.read_cart(self.database.alone(self.store_id), **self.whose)).cart.quote_id


@pytest.fixture
async def shop(database: Database, store: MadeStore) -> Shop:
    """What these tests share."""
    async with database.store(store.id) as tx:
        mug, pen = await sellable(tx, stock=500), await sellable(tx, stock=500)
        cart = await carts.open_cart(tx, secret_key=SECRET_KEY)
        shop = Shop(database, store.id, cart.id, mug, pen)
        await shop.put_in(tx, mug)
    return shop


class Slow:
    """Calls alone of somebody to whom something happens just before they write."""

    def __init__(self, shop: Shop, before: Callable[[], Awaitable[Any]], *, times: int = 1) -> None:
        self._calls = shop.database.alone(shop.store_id)
        self._before = before
        self._left = times
        self.store_id: UUID = self._calls.store_id
        self.actor: Actor = self._calls.actor
        self.now: datetime = self._calls.now

    def new_id(self) -> UUID:
        """An id."""
        return self._calls.new_id()

    def together(self) -> AbstractAsyncContextManager[Tx]:
        """A transaction."""
        return self._calls.together()

    async def call(self, function: str, *arguments: Any) -> Sequence[Row]:
        """The call, late."""
        if function in ("change_cart", "quote_cart") and self._left:
            self._left -= 1
            await self._before()
        return await self._calls.call(function, *arguments)


async def test_everything_that_many_put_in_at_once_is_in_it(shop: Shop):
    calls = shop.database.alone(shop.store_id)

    await asyncio.gather(*(shop.put_in(calls, variant) for variant in [shop.mug, shop.pen] * 6))

    assert await shop.units() == {shop.mug: 7, shop.pen: 6}


async def test_what_was_put_in_meanwhile_is_not_lost(shop: Shop):
    slow = Slow(shop, lambda: shop.put_in(shop.database.alone(shop.store_id), shop.mug))

    view = await shop.put_in(slow, shop.mug)

    assert view.units == 3
    assert await shop.units() == {shop.mug: 3}


async def test_a_quote_is_of_the_cart_as_it_is_when_it_is_kept(shop: Shop):
    slow = Slow(shop, lambda: shop.put_in(shop.database.alone(shop.store_id), shop.pen))

    quote = await carts.quote(slow, **shop.whose)

    assert {line["variant_id"] for line in quote.lines} == {str(shop.mug), str(shop.pen)}
    assert await shop.quote_id() == quote.id
    async with shop.database.store(shop.store_id) as tx:
        assert await tx.get(Quote, quote.id) is not None


@pytest.mark.parametrize("act", ["put in", "quote"])
async def test_a_cart_that_was_bought_meanwhile_takes_nothing_more(shop: Shop, store: MadeStore, act: str):
    async def buy() -> None:
        async with shop.database.store(shop.store_id) as tx:
            await carts.set_contact(tx, **shop.whose, email="ada@example.com", shipping=ADA)
            quote = await carts.quote(tx, **shop.whose)
        token = carts.cart_token(SECRET_KEY, shop.cart_id)
        await submit(shop.database, store, ReadyCart(shop.cart_id, quote.id, token, quote.total))

    slow = Slow(shop, buy)
    with refused(CartCompleted):
        await (shop.put_in(slow, shop.pen) if act == "put in" else carts.quote(slow, **shop.whose))

    assert await shop.units() == {shop.mug: 1}
    async with shop.database.store(shop.store_id) as tx:
        cart = await carts.find_cart(tx, **shop.whose)
        order = await tx.one_or_none(select(Order).where(Order.cart_id == shop.cart_id))
        assert order is not None
        assert (cart.state, cart.quote_id) == (CartState.COMPLETED, order.quote_id)


async def test_what_a_cart_began_to_hold_meanwhile_follows_its_lines(shop: Shop):
    async def hold() -> None:
        async with shop.database.store(shop.store_id) as tx:
            await carts.hold(tx, **shop.whose)

    view = await shop.put_in(Slow(shop, hold), shop.pen)

    assert view.hold is not None
    assert {item.variant_id: item.quantity for item in view.hold.items} == {shop.mug: 1, shop.pen: 1}


async def test_who_is_never_fast_enough_is_told_to_come_again(shop: Shop):
    other = shop.database.alone(shop.store_id)
    slow = Slow(shop, lambda: shop.put_in(other, shop.mug), times=30)

    with refused(CartBusy):
        await shop.put_in(slow, shop.pen)

    assert await shop.units() == {shop.mug: 31}


async def test_a_change_takes_the_quote_away_in_a_transaction_too(shop: Shop):
    async with shop.database.store(shop.store_id) as tx:
        await carts.quote(tx, **shop.whose)
        assert (await carts.read_cart(tx, **shop.whose)).cart.quote_id is not None

        await carts.set_contact(tx, **shop.whose, email="ada@example.com")

        assert (await carts.read_cart(tx, **shop.whose)).cart.quote_id is None

"""Whose order it is and where it goes is settled when it is placed; the cart cannot change it afterwards."""

import pytest
from sqlalchemy import select

from stoa import carts
from stoa.carts.errors import CartCompleted
from stoa.carts.models import CartState, OrderContact
from stoa.checkout import Placed
from stoa.db.transaction import Database
from tests.make import MadeStore
from tests.make.selling import ready_cart, submit


async def test_who_read_the_cart_before_it_was_bought_cannot_change_the_orders_contact(
    database: Database, store: MadeStore
) -> None:
    cart = await ready_cart(database, store)
    async with database.store(store.id) as tx:
        before = await tx.one_or_none(select(OrderContact.email))

    async with database.store(store.id) as slow:
        seen = await carts.find_cart(slow, cart_id=cart.cart_id, holder=carts.STAFF)
        [(_, placed)] = await submit(database, store, cart)
        assert (seen.state, isinstance(placed, Placed)) == (CartState.OPEN, True)
        with pytest.raises(CartCompleted):
            await carts.set_contact(slow, cart_id=cart.cart_id, holder=carts.STAFF, email="somebody@example.com")

    async with database.store(store.id) as tx:
        assert await tx.one_or_none(select(OrderContact.email)) == before

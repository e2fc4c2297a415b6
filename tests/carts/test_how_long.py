"""A hold lasts a day at most, whatever is done to its cart: stock that nobody buys goes back to the others."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from stoa import carts
from stoa.carts.models import Cart
from stoa.customers.postal import PostalAddress
from stoa.db.transaction import Database, Tx
from stoa.inventory.reservations import LONGEST, expire_reservations, hold_stock
from stoa.stores.models import Allocation
from stoa.stores.settings import change_settings
from tests.carts.test_holds import broken_laws, ending_of, level_of, shopper
from tests.make import MadeStore
from tests.make.selling import sellable
from tests.promises import statements


async def test_changing_the_cart_makes_its_hold_last_no_longer_than_a_day(tx: Tx) -> None:
    mug = await sellable(tx, stock=3)
    ada = await shopper(tx, mug, 2)
    held, began = await carts.hold(tx, **ada.whose), tx.now
    (line,) = (await carts.read_cart(tx, **ada.whose)).lines
    assert held

    for n in range(1, 97):
        tx.now = began + timedelta(minutes=14.9) * n
        view = await carts.change_quantity(tx, **ada.whose, line_id=line.id, quantity=2 - n % 2)
        assert view.hold
        assert view.hold.created_at == began
        assert view.hold.expires_at == min(tx.now + timedelta(minutes=15), began + LONGEST)
    tx.now = began + LONGEST
    late = await carts.change_quantity(tx, **ada.whose, line_id=line.id, quantity=1)

    assert late.hold is None
    assert await expire_reservations(tx, 10) == 1
    assert await level_of(tx, mug) == (0, 0, 0)
    assert await broken_laws(tx) == []


async def test_adding_and_taking_out_renew_no_hold(tx: Tx) -> None:
    mug, bowl = await sellable(tx, stock=9), await sellable(tx, stock=9)
    ada = await shopper(tx, mug, 2)
    await carts.hold(tx, **ada.whose)
    began = tx.now

    tx.now = began + timedelta(hours=23, minutes=55)
    await carts.add_lines(tx, **ada.whose, wanted=[carts.Wanted(bowl, 1)])
    mugs, _ = (await carts.read_cart(tx, **ada.whose)).lines
    view = await carts.remove_line(tx, **ada.whose, line_id=mugs.id)

    assert view.hold
    assert (view.hold.created_at, view.hold.expires_at) == (began, began + LONGEST)
    assert [(item.variant_id, item.quantity) for item in view.hold.items] == [(bowl, 1)]


async def test_saying_where_it_goes_renews_no_hold(tx: Tx) -> None:
    await change_settings(tx, allocation=Allocation.NEAREST)
    mug = await sellable(tx, stock=9)
    ada = await shopper(tx, mug, 2)
    held, began = await carts.hold(tx, **ada.whose), tx.now
    assert held

    tx.now = began + timedelta(minutes=10)
    await carts.set_contact(
        tx,
        **ada.whose,
        email="ada@example.com",
        shipping=PostalAddress(name="Ada", line1="1 Here", city="London", postal_code="N1", country="GB"),
    )
    nearer = (await carts.read_cart(tx, **ada.whose)).hold

    assert nearer
    assert nearer.id != held.id
    assert (nearer.created_at, nearer.expires_at) == (began, held.expires_at)


async def test_a_new_hold_after_one_that_is_over_is_of_now(tx: Tx) -> None:
    mug = await sellable(tx, stock=3)
    ada = await shopper(tx, mug, 2)
    first, began = await carts.hold(tx, **ada.whose), tx.now
    assert first
    tx.now = began + timedelta(minutes=16)
    assert await expire_reservations(tx, 10) == 1

    second = await carts.hold(tx, **ada.whose)

    assert second
    assert (await ending_of(tx, first.id))[0] == "expired"
    assert (second.created_at, second.expires_at) == (tx.now, tx.now + timedelta(minutes=15))


async def test_no_batch_holds_longer_than_a_day(tx: Tx) -> None:
    mug = await sellable(tx, stock=9)
    first, second = await shopper(tx, mug, 1), await shopper(tx, mug, 1)
    await carts.hold(tx, **first.whose)
    began = tx.now
    tx.now += timedelta(hours=1)

    await hold_stock(tx, until={each.cart_id: tx.now + timedelta(days=9) for each in (first, second)})

    holds = [(await carts.read_cart(tx, **each.whose)).hold for each in (first, second)]
    assert [hold and hold.expires_at for hold in holds] == [began + LONGEST, tx.now + LONGEST]


async def test_a_quantity_that_it_has_already_changes_nothing(database: Database, store: MadeStore) -> None:
    async with database.store(store.id) as tx:
        mug = await sellable(tx, stock=3)
        ada = await shopper(tx, mug, 2)
        held = await carts.hold(tx, **ada.whose)
        quote = await carts.quote(tx, **ada.whose)
        (line,) = (await carts.read_cart(tx, **ada.whose)).lines
        before = (await carts.read_cart(tx, **ada.whose)).cart.revision

    async with database.store(store.id) as tx:
        with statements(database) as seen:
            view = await carts.change_quantity(tx, **ada.whose, line_id=line.id, quantity=2)

    assert not [sql for sql, _ in seen.sent if "change_cart" in sql or "hold_stock" in sql]
    assert view.hold == held
    assert (view.cart.quote_id, view.cart.revision) == (quote.id, before)
    async with database.store(store.id) as tx:
        cart = await tx.session.get(Cart, (store.id, ada.cart_id))
        holds = (
            await tx.execute(text("SELECT count(*) FROM reservations WHERE store_id = :s"), {"s": store.id})
        ).scalar()
    assert cart
    assert (cart.quote_id, cart.revision, holds) == (quote.id, before, 1)


@pytest.mark.parametrize("quantity", [2, 3])
async def test_a_price_that_moved_is_seen_by_whoever_says_how_many(tx: Tx, quantity: int) -> None:
    mug = await sellable(tx, stock=5)
    ada = await shopper(tx, mug, 2)
    (line,) = (await carts.read_cart(tx, **ada.whose)).lines
    await tx.execute(
        text("UPDATE prices SET amount = amount + 1 WHERE store_id = :s AND variant_id = :v"),
        {"s": tx.store_id, "v": mug},
    )
    assert [change.kind for change in (await carts.read_cart(tx, **ada.whose)).lines[0].changes] == ["price_changed"]

    await carts.change_quantity(tx, **ada.whose, line_id=line.id, quantity=quantity)

    assert (await carts.read_cart(tx, **ada.whose)).lines[0].changes == ()

"""Whoever goes to the checkout has their goods held, and is told for how long, in plain words and without a script."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from starlette.types import ASGIApp

from stoa import inventory
from stoa.catalog import NewVariant
from stoa.db.transaction import Database
from stoa.inventory.reservations import expire_reservations
from tests.make import MadeStore, Make
from tests.storefront.shopper import ADDRESS, Page, Shopper, shopper_at


async def mugs(database: Database, store: MadeStore, stock: int = 9) -> UUID:
    """Mugs for 12.50; the id of their variant."""
    async with database.store(store.id) as tx:
        return (await Make(tx).variant(stock=stock)).id


async def held(database: Database, store: MadeStore) -> int:
    """Units that are held in the store."""
    async with database.store(store.id) as tx:
        found = await tx.execute(text("SELECT sum(reserved) FROM stock_levels WHERE store_id = :s"), {"s": store.id})
        return int(found.scalar_one() or 0)


async def to_checkout(shopper: Shopper) -> Page:
    """From the cart, by the button there."""
    return await shopper.send(await shopper.open("/cart"), "/checkout/hold")


async def test_going_to_the_checkout_holds_what_is_in_the_cart(shopper: Shopper, database: Database, store: MadeStore):
    await mugs(database, store)
    cart = await shopper.put_in_cart("mug", 2)
    before = await held(database, store)

    checkout = await to_checkout(shopper)

    assert "From then on all of it is held for you for 15 minutes" in cart.main
    assert before == 0
    assert (checkout.status, checkout.path) == (200, "/checkout")
    assert "All of it is held for you for another 15 minutes, until " in checkout.main
    assert await held(database, store) == 2
    assert "All of it is held for you until " in (await shopper.open("/cart")).main
    bought = await shopper.send(checkout, "/checkout", **ADDRESS)
    assert "Thank you" in bought.main
    assert await held(database, store) == 0


async def test_looking_at_the_checkout_holds_nothing_and_says_so(
    shopper: Shopper, database: Database, store: MadeStore
):
    await mugs(database, store)
    await shopper.put_in_cart("mug")

    looked = await shopper.open("/checkout")
    holding = await shopper.send(looked, "/checkout/hold")

    assert "Nothing is held for you at the moment" in looked.main
    assert "All of it is held for you for another 15 minutes" in holding.main
    assert await held(database, store) == 1


async def test_what_ran_out_is_told_and_can_be_held_again(shopper: Shopper, database: Database, store: MadeStore):
    await mugs(database, store, stock=1)
    await shopper.put_in_cart("mug")
    await to_checkout(shopper)

    async with database.store(store.id, now=datetime.now(UTC) + timedelta(minutes=16)) as tx:
        assert await expire_reservations(tx, 10) == 1
    later = await shopper.open("/checkout")
    again = await shopper.send(later, "/checkout/hold")

    assert "Nothing is held for you at the moment" in later.main
    assert "Hold it for 15 minutes" in later.main
    assert "All of it is held for you" in again.main


async def test_whoever_comes_second_is_told_at_the_cart(
    shopper: Shopper, app: ASGIApp, database: Database, store: MadeStore
):
    await mugs(database, store, stock=3)
    async with shopper_at(app, store.host) as other:
        await shopper.put_in_cart("mug", 2)
        await other.put_in_cart("mug", 2)
        page = await other.open("/cart")
        await to_checkout(shopper)

        refused = await other.send(page, "/checkout/hold")

        assert refused.status == 409
        assert "Only 1 of “Mug” left; you asked for 2." in refused.titles("refusal")
        assert "Only 1 left meanwhile; you have 2 in your cart." in refused.main
    assert await held(database, store) == 2


@pytest.mark.parametrize("minutes", [1, 60, 120])
async def test_the_shop_says_how_long_it_holds(shopper: Shopper, database: Database, minutes: int):
    async with database.platform() as tx:
        store = await Make(tx).store(hold_minutes=minutes)
    shopper.client.base_url = f"http://{store.host}"
    await mugs(database, store)

    cart = await shopper.put_in_cart("mug")

    says = {1: "1 minute", 60: "1 hour", 120: "2 hours"}[minutes]
    assert f"held for you for {says}, so that" in cart.main


async def test_what_is_not_counted_is_not_said_to_be_held(shopper: Shopper, database: Database, store: MadeStore):
    async with database.store(store.id) as tx:
        new = [NewVariant(sku="PDF", price=400, tracks_stock=False, requires_shipping=False)]
        await Make(tx).product("Colouring book", variants=new)
    cart = await shopper.put_in_cart("colouring-book")

    checkout = await to_checkout(shopper)

    assert "held" not in cart.main
    assert (checkout.status, checkout.path) == (200, "/checkout")
    assert "held" not in checkout.main


async def test_an_order_that_no_one_place_can_send_is_told_so(shopper: Shopper, database: Database):
    async with database.platform() as tx:
        store = await Make(tx).store(splits_orders=False)
    shopper.client.base_url = f"http://{store.host}"
    async with database.store(store.id) as tx:
        make = Make(tx)
        mug, bowl = await make.variant(title="Mug"), await make.variant(title="Bowl")
        here, there = await make.warehouse("here"), await make.warehouse("there")
        receipts = [inventory.Receipt(mug.id, here.id, 1), inventory.Receipt(bowl.id, there.id, 1)]
        await inventory.receive_many(tx, receipts=receipts)
    await shopper.put_in_cart("mug")
    await shopper.put_in_cart("bowl")

    refused = await to_checkout(shopper)

    assert refused.status == 409
    (said,) = refused.titles("refusal")
    assert said.startswith("What is in your cart lies in several places, and we send an order from one of them.")
    assert await held(database, store) == 0


async def test_without_a_cart_there_is_nothing_to_hold(shopper: Shopper, database: Database, store: MadeStore):
    await mugs(database, store)
    page = await shopper.put_in_cart("mug")
    shopper.client.cookies.delete("cart")

    refused = await shopper.send(page, "/checkout/hold")

    assert refused.status == 404
    assert "There is nothing in it yet." in refused.main

"""A shopper is told what is there, what is few, and what can be ordered although it is not there yet."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from stoa import inventory
from stoa.catalog.models import BeyondStock
from stoa.db.transaction import Database
from stoa.storefront.templating import calendar_day
from stoa.storefront.words import beyond
from stoa.stores.models import StoreSettings
from tests.make import MadeStore, Make
from tests.storefront.shopper import ADDRESS, Shopper

BRITISH = StoreSettings(locale="en-GB", time_zone="Europe/London")
IN_MAY = date(2026, 5, 3)


async def mugs(
    database: Database,
    store: MadeStore,
    *,
    stock: int = 0,
    kind: BeyondStock = BeyondStock.BACKORDER,
    limit: int = 9,
    days: int | None = None,
) -> date | None:
    """Mugs for 12.50, of which more may be ordered than there are; the day they are sent."""
    async with database.store(store.id, now=datetime.now(UTC)) as tx:
        mug: UUID = (await Make(tx).variant(stock=stock)).id
        ships_on = None if days is None else tx.now.date() + timedelta(days=days)
        await inventory.promise_beyond_stock(tx, variant_id=mug, kind=kind, limit=limit, ships_on=ships_on)
    return ships_on


async def test_a_pre_order_says_its_day_and_is_bought(shopper: Shopper, database: Database, store: MadeStore):
    day = await mugs(database, store, kind=BeyondStock.PREORDER, days=40)
    assert day
    says = f"Pre-order: ships on {calendar_day(day, BRITISH)}"

    page = await shopper.open("/products/mug")
    cart = await shopper.put_in_cart("mug", 2)
    checkout = await shopper.send(cart, "/checkout/hold")
    bought = await shopper.send(checkout, "/checkout", **ADDRESS)

    assert page.titles("stock") == [says]
    assert '"availability":"https://schema.org/PreOrder"' in page.answer.text
    assert says in cart.main
    assert says in checkout.main
    assert "of these" not in cart.main
    assert "Thank you" in bought.main


async def test_a_back_order_says_that_it_is_sent_when_it_is_here(
    shopper: Shopper, database: Database, store: MadeStore
):
    await mugs(database, store)

    page = await shopper.open("/products/mug")

    assert page.titles("stock") == ["Back-order: sent as soon as it is here"]
    assert '"availability":"https://schema.org/BackOrder"' in page.answer.text


async def test_of_some_units_that_are_there_and_some_that_are_not_the_cart_says_how_many(
    shopper: Shopper, database: Database, store: MadeStore
):
    await mugs(database, store, stock=3)

    page = await shopper.open("/products/mug")
    three = await shopper.put_in_cart("mug", 3)
    five = await shopper.put_in_cart("mug", 2)
    too_many = await shopper.put_in_cart("mug", 8)

    assert page.titles("stock") == ["Only 3 left; more can be ordered"]
    assert "Back-order" not in three.main
    assert "2 of these: Back-order: sent as soon as it is here" in five.main
    assert "Only 12 of “Mug” left; you asked for 13." in too_many.main


@pytest.mark.parametrize(
    ("kind", "ships_on", "says"),
    [
        ("preorder", IN_MAY, "Pre-order: ships on 3 May 2026"),
        ("backorder", IN_MAY, "Back-order: ships on 3 May 2026"),
        ("backorder", None, "Back-order: sent as soon as it is here"),
        # A day that is past is not told any more.
        ("backorder", date(2026, 5, 1), "Back-order: sent as soon as it is here"),
    ],
)
def test_what_is_not_there_yet_in_words(kind: str, ships_on: date | None, says: str):
    assert beyond(kind, ships_on, BRITISH, date(2026, 5, 2)) == says


async def test_when_the_limit_is_reached_it_is_sold_out(shopper: Shopper, database: Database, store: MadeStore):
    await mugs(database, store, limit=1)
    await shopper.buy("mug")

    page = await shopper.open("/products/mug")

    assert page.titles("stock is-out") == []
    assert page.titles("stock") == ["Sold out"]
    assert '"availability":"https://schema.org/OutOfStock"' in page.answer.text

"""Buying on one page."""

import asyncio
from uuid import UUID

from sqlalchemy import func, select

from stoa import catalog, inventory, orders
from stoa.carts.models import Cart
from stoa.catalog import NewVariant
from stoa.db.transaction import Database
from stoa.orders.models import Order
from tests.make import MadeStore, Make
from tests.storefront.shopper import ADDRESS, Shopper


async def mugs(database: Database, store: MadeStore, stock: int = 9) -> UUID:
    """Mugs for 12.50; the id of their variant."""
    async with database.store(store.id) as tx:
        return (await Make(tx).variant(stock=stock)).id


async def orders_of(database: Database, store: MadeStore) -> int:
    """How many orders the store has."""
    async with database.store(store.id) as tx:
        return await tx.one_or_none(select(func.count(Order.id)).where(Order.store_id == store.id)) or 0


async def test_a_guest_buys_and_sees_what_happens_next(shopper: Shopper, database: Database, store: MadeStore):
    await mugs(database, store)

    page = await shopper.buy("mug", note="Ring twice.\nThen wait.", phone="0113 496 0000")

    assert page.path.startswith("/orders/")
    assert "Thank you, Ada Byron. Your order is placed and paid." in page.main
    assert "A confirmation goes to ada@example.com." in page.main
    assert page.titles("sums") == ["Goods £12.50 Standard delivery £3.95 Total £16.45"]
    async with database.store(store.id) as tx:
        view = await orders.order_by_id(tx, order_id=UUID(page.path.removeprefix("/orders/")))
    assert view.contact is not None
    assert (view.contact.email, view.contact.line1, view.contact.country) == (
        "ada@example.com", "12 St James's Square", "GB"
    )  # fmt: skip
    assert view.contact.note == "Ring twice.\nThen wait."
    assert (await shopper.open("/cart")).titles("line-title") == []


async def test_a_bank_transfer_says_where_to_send_what(shopper: Shopper, database: Database):
    async with database.platform() as tx:
        store = await Make(tx).store(bank_details="Sort code 00-00-00\nAccount 00000000")
    shopper.client.base_url = f"http://{store.host}"
    await mugs(database, store)

    page = await shopper.buy("mug", method="bank_transfer")

    assert page.titles("facts") == ["Amount £16.45 Reference 1001 To Sort code 00-00-00 Account 00000000"]
    assert "We begin when £16.45 has come." in page.main


async def test_an_order_opens_by_its_link_and_to_nobody_else(shopper: Shopper, database: Database, store: MadeStore):
    await mugs(database, store)
    page = await shopper.buy("mug")
    token = shopper.client.cookies["orders"].partition(".")[2]

    shopper.client.cookies.clear()
    stranger = await shopper.open(page.path)
    guesser = await shopper.open(f"{page.path}?token={'a' * 22}")
    by_link = await shopper.open(f"{page.path}?token={token}")

    assert (stranger.status, guesser.status) == (404, 404)
    assert "Ada Byron" not in stranger.answer.text + guesser.answer.text
    assert "Thank you, Ada Byron." in by_link.main


async def test_everything_that_is_wrong_is_said_at_once_and_what_was_typed_stays(
    shopper: Shopper, database: Database, store: MadeStore
):
    await mugs(database, store)
    await shopper.put_in_cart("mug")
    page = await shopper.open("/checkout")

    typed = {"email": "ada@", "name": "Ada", "line1": " ", "city": "x" * 101, "country": "", "phone": "1" * 41}
    refused = await shopper.send(
        page, "/checkout", **typed, bills_elsewhere="yes", billing_name="Engines Ltd", method="barter"
    )

    assert refused.status == 422
    assert refused.titles("wrong") == [
        "This is no e-mail address; one looks like name@example.com.",
        "This may have at most 40 characters; it has 41.",
        "Please fill this in.",
        "This may have at most 100 characters; it has 101.",
        "Please choose the country.",
        "Please fill this in.",
        "Please fill this in.",
        "Please choose the country.",
        "Please choose how you want to pay.",
    ]
    form = refused.form("/checkout")
    assert {name: form[name] for name in ("email", "name", "city", "phone", "billing_name")} == {
        "email": "ada@", "name": "Ada", "city": "x" * 101, "phone": "1" * 41, "billing_name": "Engines Ltd"
    }  # fmt: skip
    assert await orders_of(database, store) == 0


async def test_a_country_the_shop_does_not_send_to_is_not_offered_and_not_taken(shopper: Shopper, database: Database):
    async with database.platform() as tx:
        store = await Make(tx).store(ships_to=["GB", "IE"])
    shopper.client.base_url = f"http://{store.host}"
    await mugs(database, store)
    await shopper.put_in_cart("mug")
    page = await shopper.open("/checkout")

    country = next(node for node in page.tree.all("select") if node.get("id") == "country")
    refused = await shopper.send(page, "/checkout", **(ADDRESS | {"country": "FR"}))

    assert [option.get("value") for option in country.all("option")] == ["", "IE", "GB"]
    assert refused.titles("wrong") == ["We do not deliver to France. Please choose one of the countries offered."]
    assert await orders_of(database, store) == 0


async def test_a_price_that_moves_under_the_button_is_shown_before_it_is_paid(
    shopper: Shopper, database: Database, store: MadeStore
):
    mug = await mugs(database, store)
    await shopper.put_in_cart("mug")
    page = await shopper.open("/checkout")

    async with database.store(store.id) as tx:
        await catalog.set_price(tx, variant_id=mug, amount=2000)
    shown = await shopper.send(page, "/checkout", **ADDRESS)
    ordered_before_looking = await orders_of(database, store)
    bought = await shopper.send(shown, "/checkout", **ADDRESS)

    assert (shown.status, shown.path) == (409, "/checkout")
    assert "The total was £16.45; now it is £23.95 ." in shown.main
    assert shown.form("/checkout")["email"] == "ada@example.com"
    assert ordered_before_looking == 0
    assert "Thank you" in bought.main


async def test_sold_out_under_the_button_keeps_what_was_typed(shopper: Shopper, database: Database, store: MadeStore):
    mug = await mugs(database, store, stock=1)
    await shopper.put_in_cart("mug")
    page = await shopper.open("/checkout")

    async with database.store(store.id) as tx:
        [level] = await inventory.levels_of_variants(tx, variant_ids=[mug])
        await inventory.adjust(tx, variant_id=mug, warehouse_id=level.warehouse_id, by=-1, reason="broken")
    refused = await shopper.send(page, "/checkout", **ADDRESS)
    async with database.store(store.id) as tx:
        warehouse = await Make(tx).warehouse()
        await inventory.receive_many(tx, receipts=[inventory.Receipt(mug, warehouse.id, 1)])
    later = await shopper.open("/checkout")

    assert (refused.status, refused.path) == (409, "/checkout")
    assert "“Mug” is sold out." in refused.main
    assert refused.has_link("Change the cart")
    assert later.form("/checkout")["line1"] == "12 St James's Square"
    assert await orders_of(database, store) == 0


async def test_the_button_pressed_twice_gives_one_order(shopper: Shopper, database: Database, store: MadeStore):
    await mugs(database, store)
    await shopper.put_in_cart("mug")
    page = await shopper.open("/checkout")

    pressed = await asyncio.gather(*(shopper.send(page, "/checkout", **ADDRESS) for _ in range(4)))

    assert len({each.path for each in pressed if each.path.startswith("/orders/")}) == 1
    assert await orders_of(database, store) == 1


async def test_a_form_sent_again_after_the_order_leads_to_it(shopper: Shopper, database: Database, store: MadeStore):
    await mugs(database, store)
    await shopper.put_in_cart("mug")
    page = await shopper.open("/checkout")
    cart = shopper.client.cookies["cart"]

    first = await shopper.send(page, "/checkout", **ADDRESS)
    shopper.client.cookies.set("cart", cart, domain=store.host)
    again = await shopper.send(page, "/checkout", **(ADDRESS | {"note": "changed"}))
    reloaded = await shopper.send(page, "/checkout", **ADDRESS)

    assert again.path == first.path
    assert reloaded.path == "/cart"
    assert await orders_of(database, store) == 1


async def test_what_is_not_sent_asks_for_no_address(shopper: Shopper, database: Database, store: MadeStore):
    async with database.store(store.id) as tx:
        new = [NewVariant(sku="PDF", price=400, tracks_stock=False, requires_shipping=False)]
        await Make(tx).product("Colouring book", variants=new)
    await shopper.put_in_cart("colouring-book")

    page = await shopper.open("/checkout")
    bought = await shopper.send(page, "/checkout", email="ada@example.com")

    assert "name" not in page.form("/checkout")
    assert bought.titles("sums") == ["Goods £4.00 Total £4.00"]


async def test_looking_at_the_checkout_writes_nothing(shopper: Shopper, database: Database, store: MadeStore):
    await mugs(database, store)
    await shopper.put_in_cart("mug")

    await shopper.open("/checkout")

    async with database.store(store.id) as tx:
        assert await tx.scalars(select(Cart.quote_id)) == [None]

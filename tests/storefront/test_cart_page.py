"""The cart as its shopper sees it."""

from sqlalchemy import select

from stoa import carts, catalog, inventory
from stoa.carts.models import Cart
from stoa.catalog import NewVariant
from stoa.db.transaction import Database
from tests.make import MadeStore, Make
from tests.storefront.shopper import Page, Shopper


def line_action(page: Page) -> str:
    """Where the form of the only line leads."""
    (action,) = page.actions("/cart/lines/")
    return action


async def test_how_many_is_changed_and_a_line_taken_out(shopper: Shopper, database: Database, store: MadeStore):
    async with database.store(store.id) as tx:
        await Make(tx).product("Mug", stock=9)
    cart = await shopper.put_in_cart("mug")

    three = await shopper.send(cart, line_action(cart), quantity="3", act="change")
    none = await shopper.send(three, line_action(three), act="remove")

    assert three.titles("line-amount") == ["£37.50"]
    assert three.titles("sums") == ["Goods £37.50 Standard delivery £3.95 Total £41.45"]
    assert "There is nothing in it yet." in none.main


async def test_more_than_there_is_is_said_at_the_line_and_the_line_stays(
    shopper: Shopper, database: Database, store: MadeStore
):
    async with database.store(store.id) as tx:
        await Make(tx).product("Mug", stock=2)
    cart = await shopper.put_in_cart("mug")

    refused = await shopper.send(cart, line_action(cart), quantity="3", act="change")

    assert refused.status == 409
    assert refused.titles("wrong") == ["Only 2 of “Mug” left; you asked for 3."]
    assert refused.form(line_action(refused))["quantity"] == "3"
    assert (await shopper.open("/cart")).titles("line-amount") == ["£12.50"]


async def test_a_line_at_a_price_of_staff_can_only_be_taken_out(shopper: Shopper, database: Database, store: MadeStore):
    async with database.store(store.id) as tx:
        await Make(tx).product("Mug", stock=9)
    at_list = line_action(await shopper.put_in_cart("mug"))
    async with database.store(store.id) as tx:
        (cart,) = await tx.scalars(select(Cart))
        (line,) = (await carts.read_cart(tx, cart_id=cart.id, holder=carts.STAFF)).lines
        wanted = carts.Wanted(line.variant_id, 2, carts.StaffPrice(1500, "a scratch"))
        await carts.add_lines(tx, cart_id=cart.id, holder=carts.STAFF, wanted=[wanted])
    page = await shopper.open("/cart")
    (priced,) = set(page.actions("/cart/lines/")) - {at_list}

    refused = await shopper.send(page, priced, quantity="9", act="change")
    rest = await shopper.send(page, priced, act="remove")

    assert "quantity" in page.form(at_list)
    assert "quantity" not in page.form(priced)
    assert page.titles("line-each") == ["£12.50 each", "2 at an agreed price"]
    assert refused.status == 409
    assert refused.titles("wrong") == [
        "The price of this was agreed for this many. You can take it out, or put more in at the usual price."
    ]
    assert refused.titles("line-amount") == ["£12.50", "£15.00"]
    assert rest.titles("line-amount") == ["£12.50"]


async def test_a_code_takes_its_amount_off_and_comes_off_again(shopper: Shopper, database: Database, store: MadeStore):
    async with database.store(store.id) as tx:
        await Make(tx).product("Mug", stock=9)
        await Make(tx).code("WELCOME5", amount=500)
    cart = await shopper.put_in_cart("mug")

    wrong = await shopper.send(cart, "/cart/code", code="WELCOM5")
    on = await shopper.send(wrong, "/cart/code", code="welcome5")
    off = await shopper.send(on, "/cart/code", act="remove")

    assert wrong.titles("wrong") == ["There is no code “WELCOM5” here; check its spelling."]
    assert wrong.form("/cart/code")["code"] == "WELCOM5"
    assert on.titles("sums") == ["Goods £12.50 Discount −£5.00 Standard delivery £3.95 Total £11.45"]
    assert off.titles("sums") == ["Goods £12.50 Standard delivery £3.95 Total £16.45"]


async def test_a_price_that_moved_is_told_until_the_shopper_acts(
    shopper: Shopper, database: Database, store: MadeStore
):
    async with database.store(store.id) as tx:
        mug = await Make(tx).variant(stock=9, price=1250)
    await shopper.put_in_cart("mug")

    async with database.store(store.id) as tx:
        await catalog.set_price(tx, variant_id=mug.id, amount=1400)
    told = await shopper.open("/cart")
    acted = await shopper.send(told, line_action(told), quantity="2", act="change")

    assert told.titles("notice") == ["The price has changed since you put it in: it was £12.50, now it is £14.00."]
    assert told.titles("line-amount") == ["£14.00"]
    assert acted.titles("notice") == []


async def test_what_was_sold_meanwhile_is_told_and_stops_the_checkout(
    shopper: Shopper, database: Database, store: MadeStore
):
    async with database.store(store.id) as tx:
        mug = await Make(tx).variant(stock=2)
        [level] = await inventory.levels_of_variants(tx, variant_ids=[mug.id])
    await shopper.put_in_cart("mug", 2)

    async with database.store(store.id) as tx:
        await inventory.adjust(tx, variant_id=mug.id, warehouse_id=level.warehouse_id, by=-2, reason="broken")
    cart = await shopper.open("/cart")
    checkout = await shopper.open("/checkout")

    assert cart.titles("notice") == ["This has been sold out meanwhile. Please take it out."]
    assert cart.actions("/checkout") == []
    assert checkout.path == "/cart"


async def test_a_product_taken_out_of_sale_is_told(shopper: Shopper, database: Database, store: MadeStore):
    async with database.store(store.id) as tx:
        new = [NewVariant(sku="A", price=100)]
        mug = await Make(tx).product("Mug", variants=new, stock=3)
    await shopper.put_in_cart("mug")

    async with database.store(store.id) as tx:
        await catalog.archive(tx, product_id=mug.id)
    cart = await shopper.open("/cart")

    assert cart.titles("notice") == ["This is not sold at the moment. Please take it out."]
    assert cart.actions("/checkout") == []


async def test_a_cart_of_another_browser_stays_shut(shopper: Shopper, database: Database, store: MadeStore):
    async with database.store(store.id) as tx:
        await Make(tx).product("Mug", stock=9)
    await shopper.put_in_cart("mug")
    cart_id, _, _ = shopper.client.cookies["cart"].partition(".")

    shopper.client.cookies.set("cart", f"{cart_id}.{'a' * 22}", domain=store.host)
    stranger = await shopper.open("/cart")

    assert "There is nothing in it yet." in stranger.main

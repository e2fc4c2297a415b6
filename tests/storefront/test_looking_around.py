"""Lists, shelves and products as a shopper finds them."""

from datetime import timedelta

import pytest
from sqlalchemy.engine import make_url

from stoa import catalog
from stoa.app import serve_house
from stoa.catalog import NewOption, NewPicture, NewVariant
from stoa.config import Config
from stoa.db.transaction import Database
from stoa.db.urls import Urls
from stoa.edge.house import House
from tests.conftest import SECRET_KEY
from tests.make import MadeStore, Make
from tests.promises import statements
from tests.storefront.shopper import Shopper, shopper_at


async def test_the_front_shows_the_newest_first_with_price_and_stock_in_words(
    shopper: Shopper, database: Database, store: MadeStore
):
    async with database.store(store.id) as tx:
        make = Make(tx)
        await make.product("Mug", stock=3)
        tx.now += timedelta(seconds=1)
        await make.product("Lamp", variants=[NewVariant(sku="L", price=4900, compare_at=6000)], stock=1)
        tx.now += timedelta(seconds=1)
        await make.product("Vase", variants=[NewVariant(sku="V", price=995)])

    page = await shopper.open("/")

    assert page.titles() == ["Vase", "Lamp", "Mug"]
    assert page.titles("card-price") == ["£9.95", "Now £49.00 before £60.00", "£12.50"]
    assert page.titles("tag") == ["Sold out", "Reduced"]


async def test_a_shelf_shows_what_stands_on_those_in_it(shopper: Shopper, database: Database, store: MadeStore):
    async with database.store(store.id) as tx:
        make = Make(tx)
        kitchen = await make.category("Kitchen")
        cups = await make.category("Cups & mugs", parent_id=kitchen.id)
        await make.product("Mug", category_id=cups.id)
        await make.product("Lamp")

    kitchen_page = await shopper.open("/categories/kitchen")
    cups_page = await shopper.open("/categories/cups-mugs")
    product_page = await shopper.open("/products/mug")

    assert kitchen_page.titles() == ["Mug"]
    assert kitchen_page.link("Cups & mugs") == "/categories/cups-mugs"
    assert cups_page.titles() == ["Mug"]
    assert cups_page.link("Kitchen") == "/categories/kitchen"
    assert product_page.link("Cups & mugs") == "/categories/cups-mugs"


async def test_pages_lead_on_and_back_over_the_same_products(shopper: Shopper, database: Database, store: MadeStore):
    async with database.store(store.id) as tx:
        for number in range(60):
            await Make(tx).product(f"Mug {number:02}")

    first = await shopper.open("/?sort=title")
    second = await shopper.open(first.link("Next →"))
    third = await shopper.open(second.link("Next →"))
    second_again = await shopper.open(third.link("← Previous"))
    first_again = await shopper.open(second_again.link("First page"))

    assert [*first.titles(), *second.titles(), *third.titles()] == [f"Mug {number:02}" for number in range(60)]
    assert not third.has_link("Next →")
    assert second_again.titles() == second.titles()
    assert first_again.titles() == first.titles()


async def test_a_page_of_no_list_is_a_page_that_says_so(shopper: Shopper):
    page = await shopper.open("/?page=nonsense")

    assert page.status == 422
    assert "please begin at the first" in page.main


async def test_searching_finds_beginnings_and_an_empty_answer_helps_on(
    shopper: Shopper, database: Database, store: MadeStore
):
    async with database.store(store.id) as tx:
        await Make(tx).category("Kitchen")
        await Make(tx).product("Émile's mug")
        await Make(tx).product("Lamp")

    found = await shopper.open("/?q=emile")
    nothing = await shopper.open("/?q=<b>zebra")

    assert found.titles() == ["Émile's mug"]
    assert nothing.titles() == []
    assert "Nothing here begins with “<b>zebra”." in nothing.main
    assert nothing.link("Kitchen") == "/categories/kitchen"


async def test_an_empty_shop_says_so(shopper: Shopper):
    page = await shopper.open("/")

    assert page.status == 200
    assert "The shelves are still empty." in page.main


@pytest.mark.parametrize("path", ["/products/none", "/categories/none", "/none", "/products/a/b", "/orders/none"])
async def test_what_is_not_there_is_a_page_of_the_shop(shopper: Shopper, path: str):
    page = await shopper.open(path)

    assert page.status == 404
    assert "The Test Shop" in page.tree.text
    assert page.link("To the shop") == "/"


async def test_a_host_without_a_shop_is_a_page(shopper: Shopper):
    page = await shopper.open("/", {"host": "nobody.example"})

    assert page.status == 404
    assert "No shop is reached at this address." in page.main


async def test_while_the_database_is_away_a_page_asks_for_patience(urls: Urls):
    nowhere = make_url(urls.server).set(host="127.0.0.1", port=9, query={}).render_as_string(False)
    house = House.open(Config(server_url=nowhere, secret_key=SECRET_KEY))
    async with shopper_at(serve_house(house), "shop.localhost") as shopper:
        page = await shopper.open("/cart")
        nothing = await shopper.open("/nothing")
    await house.close()

    assert page.status == 503
    assert page.answer.headers["retry-after"] == "2"
    assert "please try again in a moment" in page.main
    assert nothing.status == 404


async def test_what_a_merchant_writes_is_shown_and_never_run(shopper: Shopper, database: Database, store: MadeStore):
    async with database.store(store.id) as tx:
        await Make(tx).product("<script>alert(1)</script>", slug="odd", description="</script><img src=x onerror=y>")

    page = await shopper.open("/products/odd")

    (script,) = page.tree.all("script")
    assert script.get("type") == "application/ld+json"
    assert "<script>alert(1)</script>" in page.main
    assert "<img src=x" not in page.answer.text


async def test_lists_cost_the_same_statements_however_many_products(
    shopper: Shopper, house: House, database: Database, store: MadeStore
):
    counts = []
    for more in (1, 19, 180):
        async with database.store(store.id) as tx:
            new = [
                catalog.NewProduct(title=f"Mug {more}-{n}", variants=[NewVariant(sku=f"S{more}-{n}", price=100 + n)],
                                   state=catalog.ProductState.ACTIVE)
                for n in range(more)
            ]  # fmt: skip
            await catalog.create_products(tx, products=new)
        await shopper.open("/")  # the directory looks the store up now and then
        with statements(house.database) as seen:
            await shopper.open("/")
        counts.append(len(seen))

    assert counts == [counts[0]] * 3
    assert counts[0] <= 4


async def test_a_product_and_a_cart_cost_the_same_statements_however_long(
    shopper: Shopper, house: House, database: Database, store: MadeStore
):
    sizes = [f"Size {n}" for n in range(40)]
    async with database.store(store.id) as tx:
        make = Make(tx)
        await make.product("Plain", stock=9)
        variants = [NewVariant(sku=f"W-{n}", price=100, choice={"Size": size}) for n, size in enumerate(sizes)]
        await make.product("Wide", options=[NewOption("Size", sizes)], variants=variants, stock=9)

    async def cost(path: str) -> int:
        await shopper.open(path)
        with statements(house.database) as seen:
            await shopper.open(path)
        return len(seen)

    plain, wide = await cost("/products/plain"), await cost("/products/wide")
    await shopper.put_in_cart("plain")
    one_line = await cost("/cart"), await cost("/checkout")
    for size in sizes[:20]:
        await shopper.put_in_cart("wide", o0=size)
    many_lines = await cost("/cart"), await cost("/checkout")

    assert plain == wide <= 8
    assert one_line == many_lines


async def test_our_own_files_are_kept_for_ever_and_pictures_too(shopper: Shopper, database: Database, store: MadeStore):
    async with database.store(store.id) as tx:
        await Make(tx).product("Mug", pictures=[NewPicture("mug", "moss", "A green mug")])

    page = await shopper.open("/")
    sheet = next(node.get("href") for node in page.tree.all("link") if node.get("rel") == "stylesheet")
    picture = next(node for node in page.tree.all("img"))
    style, drawing = await shopper.open(sheet), await shopper.open(picture.get("src"))

    assert picture.get("alt") == "A green mug"
    assert style.answer.headers["content-type"] == "text/css; charset=utf-8"
    assert drawing.answer.headers["content-type"] == "image/svg+xml"
    assert {style.answer.headers["cache-control"], drawing.answer.headers["cache-control"]} == {
        "public, max-age=31536000, immutable"
    }


async def test_what_a_browser_has_already_keeps_the_pages_policy(shopper: Shopper):
    page = await shopper.open("/")
    again = await shopper.open("/", {"if-none-match": page.answer.headers["etag"]})

    assert again.status == 304
    assert again.answer.headers["content-security-policy"] == page.answer.headers["content-security-policy"]


async def test_a_link_with_somebody_elses_parameters_leads_where_it_says(shopper: Shopper):
    page = await shopper.open("/?utm_source=letter&fbclid=1")

    assert page.status == 200

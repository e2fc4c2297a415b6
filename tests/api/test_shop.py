"""Looking around a shop through its API."""

from stoa import catalog
from stoa.db.transaction import Database
from tests.api.calls import Caller
from tests.make import MadeStore, Make


async def test_the_store_says_what_a_shop_front_needs(shop: Caller):
    store = await shop.get("/store")

    countries = store.pop("countries")
    assert store == {
        "name": "The Test Shop",
        "currency": "GBP",
        "locale": "en-GB",
        "time_zone": "Europe/London",
        "tax_display": "inclusive",
        "payment_methods": ["test", "cash_on_delivery", "bank_transfer"],
    }
    assert len(countries) == 250
    assert countries[0] == {"code": "AF", "name": "Afghanistan"}


async def test_products_are_listed_by_category_with_those_in_it(shop: Caller, database: Database, store: MadeStore):
    async with database.store(store.id) as tx:
        make = Make(tx)
        kitchen = await make.category("Kitchen")
        cups = await make.category("Cups", parent_id=kitchen.id)
        await make.product("Mug", category_id=cups.id)
        await make.product("Knife", category_id=kitchen.id)
        await make.product("Lamp")
        await make.product("Drawn", category_id=cups.id, state=catalog.ProductState.DRAFT)

    tree = await shop.get("/categories")
    in_kitchen = await shop.get("/products", category="kitchen", sort="title")
    beginning = await shop.get("/products", q="LA")

    assert [(top["slug"], [inner["slug"] for inner in top["children"]]) for top in tree["items"]] == [
        ("kitchen", ["cups"])
    ]
    assert [card["title"] for card in in_kitchen["items"]] == ["Knife", "Mug"]
    assert [card["title"] for card in beginning["items"]] == ["Lamp"]


async def test_a_list_goes_on_where_the_page_before_ended(shop: Caller, database: Database, store: MadeStore):
    async with database.store(store.id) as tx:
        for number in range(5):
            await Make(tx).product(f"Mug {number}")

    first = await shop.get("/products", sort="title", limit=2)
    second = await shop.get("/products", sort="title", limit=2, cursor=first["next"])
    third = await shop.get("/products", sort="title", limit=2, cursor=second["next"])

    pages = [[card["title"] for card in page["items"]] for page in (first, second, third)]
    assert pages == [["Mug 0", "Mug 1"], ["Mug 2", "Mug 3"], ["Mug 4"]]
    assert third["next"] is None


async def test_a_page_has_1_to_100_rows(shop: Caller):
    assert (await shop.refused(422, "GET", "/products?limit=0"))["code"] == "request.invalid"
    assert (await shop.refused(422, "GET", "/products?limit=101"))["code"] == "request.invalid"
    assert (await shop.get("/products?limit=100"))["items"] == []


async def test_a_cursor_of_another_list_is_refused(shop: Caller, database: Database, store: MadeStore):
    async with database.store(store.id) as tx:
        await Make(tx).product("Mug")
        await Make(tx).product("Cup")
    newest = await shop.get("/products", limit=1)

    refusal = await shop.refused(422, "GET", f"/products?sort=title&cursor={newest['next']}")

    assert refusal["code"] == "cursor.invalid"


async def test_half_a_surrogate_in_a_cursor_is_no_fault(shop: Caller):
    # base64 of ["\ud800","01990000-0000-7000-8000-000000000000"]
    cursor = "WyJcdWQ4MDAiLCIwMTk5MDAwMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDAiXQ"

    refusal = await shop.refused(422, "GET", f"/products?sort=title&cursor={cursor}")

    assert refusal["code"] == "cursor.invalid"


async def test_a_product_is_read_by_its_slug(shop: Caller, database: Database, store: MadeStore):
    async with database.store(store.id) as tx:
        await Make(tx).product("Blue mug", stock=3)

    product = await shop.get("/products/blue-mug")

    [variant] = product["variants"]
    assert (product["title"], product["currency"]) == ("Blue mug", "GBP")
    assert (variant["price"], variant["units"], variant["available"]) == (1250, 3, True)
    assert (await shop.refused(404, "GET", "/products/red-mug"))["code"] == "catalog.unknown_product"


async def test_what_is_read_again_unchanged_is_not_sent_again(shop: Caller, database: Database, store: MadeStore):
    async with database.store(store.id) as tx:
        mug = await Make(tx).product("Blue mug", stock=3)
    first = await shop.ask("GET", "/products/blue-mug")

    again = await shop.as_(if_none_match=first.headers["etag"]).ask("GET", "/products/blue-mug")

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]

    async with database.store(store.id) as tx:
        await catalog.update_product(tx, product_id=mug.id, title="Deep blue mug")
    changed = await shop.as_(if_none_match=first.headers["etag"]).ask("GET", "/products/blue-mug")
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]

"""Lists go on from a key, find by a title's beginning, and cost the same whatever their size."""

from datetime import timedelta

import pytest

from stoa import catalog, inventory
from stoa.catalog import NewPicture, NewProduct, NewVariant, Order, ProductState
from stoa.kernel.cursors import BadCursor
from stoa.kernel.pages import BadPageSize
from tests.promises import refused, statements


async def titles_of(list_, tx, **asked):
    """Titles of all pages, page by page."""
    pages, cursor = [], None
    while True:
        page = await list_(tx, cursor=cursor, **asked)
        pages.append([card.title for card in page.items])
        if page.next is None:
            return pages
        cursor = page.next


async def shelf_of(tx, make, *titles):
    for title in titles:
        tx.now += timedelta(seconds=1)
        await make.product(title)


async def test_newest_come_first_and_pages_go_on_where_the_last_ended(tx, make):
    await shelf_of(tx, make, "Mug", "Bowl", "Äpfel", "Clock", "Bag")

    assert await titles_of(catalog.shop_products, tx, limit=2) == [["Bag", "Clock"], ["Äpfel", "Bowl"], ["Mug"]]


async def test_titles_are_sorted_as_people_sort_them(tx, make):
    await shelf_of(tx, make, "mug", "Bowl", "Äpfel", "Zebra", "Mug", "éclair")

    pages = await titles_of(catalog.shop_products, tx, limit=2, order=Order.TITLE)

    assert [[title.lower() for title in page] for page in pages] == [
        ["äpfel", "bowl"],
        ["éclair", "mug"],
        ["mug", "zebra"],
    ]


@pytest.mark.parametrize(
    ("search", "found"),
    [("CREME", ["Crème brûlée", "Crème fraîche"]), ("crème b", ["Crème brûlée"]), ("brûlée", []), ("  ", None)],
)
async def test_a_title_is_found_by_its_beginning(tx, make, search, found):
    await shelf_of(tx, make, "Crème fraîche", "Crème brûlée", "Cream")

    titles = [card.title for card in (await catalog.shop_products(tx, search=search)).items]

    assert titles == (["Cream", "Crème brûlée", "Crème fraîche"] if found is None else found)


async def test_a_category_shows_what_stands_in_it_and_below(tx, make):
    home = await make.category("Home")
    light = await make.category("Light", parent_id=home.id)
    for title, shelf in (("Lamp", light), ("Table", home), ("Mug", None)):
        tx.now += timedelta(seconds=1)
        await make.product(title, category_id=shelf and shelf.id)

    assert await titles_of(catalog.shop_products, tx, category="home", limit=1) == [["Table"], ["Lamp"]]
    assert await titles_of(catalog.shop_products, tx, category="light") == [["Lamp"]]


async def test_shoppers_do_not_see_what_staff_see(tx, make):
    await make.product("Draft", state=ProductState.DRAFT)
    archived = await make.product("Archived")
    await catalog.archive(tx, product_id=archived.id)
    await make.product("Shown")
    gone = await make.product("Gone")
    await catalog.delete_product(tx, product_id=gone.id)

    assert await titles_of(catalog.shop_products, tx) == [["Shown"]]
    by_title = {"order": Order.TITLE}
    assert await titles_of(catalog.staff_products, tx, **by_title, limit=1) == [["Archived"], ["Draft"], ["Shown"]]
    assert await titles_of(catalog.staff_products, tx, state=ProductState.DRAFT) == [["Draft"]]


async def test_a_card_tells_prices_picture_and_availability(tx, make):
    created = await make.product(
        "Bowl",
        options=[catalog.NewOption("Size", ["S", "L"])],
        variants=[NewVariant("S", 900, 1100, {"Size": "S"}), NewVariant("L", 1500, None, {"Size": "L"})],
        pictures=[NewPicture("bowl", "moss", "A bowl"), NewPicture("bowl", "sea", "Another")],
    )
    warehouse = await make.warehouse()

    (card,) = (await catalog.shop_products(tx)).items
    assert (card.from_price, card.compare_at, card.price_varies, card.currency) == (900, 1100, True, "GBP")
    assert (card.variants, card.only_variant_id, card.available) == (2, None, False)
    assert card.picture is not None
    assert (card.picture.motif, card.picture.palette, card.picture.alt) == ("bowl", "moss", "A bowl")

    await inventory.receive(tx, variant_id=created.variants["L"].id, warehouse_id=warehouse.id, quantity=1)
    assert (await catalog.shop_products(tx)).items[0].available


@pytest.mark.parametrize("many", [1, 20, 200])
async def test_a_page_costs_the_same_statements_whatever_its_size(database, tx, make, many):
    shelf = await make.category()
    new = [
        NewProduct(f"Thing {n}", [NewVariant(f"T-{n}", 100)], pictures=[NewPicture("mug", "sea", "A mug")],
                   category_id=shelf.id, state=ProductState.ACTIVE)
        for n in range(many)
    ]  # fmt: skip
    await catalog.create_products(tx, products=new)

    with statements(database) as whole_shop:
        page = await catalog.shop_products(tx, limit=200)
    with statements(database) as by_category:
        await catalog.shop_products(tx, category=shelf.slug, order=Order.TITLE, limit=200)
    with statements(database) as for_staff:
        await catalog.staff_products(tx, limit=200, search="thing")
    with statements(database) as one_product:
        await catalog.product_page(tx, "thing-0")

    assert len(page.items) == many
    assert [len(seen) for seen in (whole_shop, by_category, for_staff, one_product)] == [1, 2, 1, 4]


async def test_a_cursor_of_another_list_and_an_impossible_page_are_refused(tx, make):
    await shelf_of(tx, make, "One", "Two")
    cursor = (await catalog.shop_products(tx, limit=1)).next

    with refused(BadCursor):
        await catalog.shop_products(tx, cursor=cursor, order=Order.TITLE)
    for bad in ("", "nonsense", "WyJ4Il0"):
        with refused(BadCursor):
            await catalog.shop_products(tx, cursor=bad)
    for limit in (0, -1, 201):
        with refused(BadPageSize):
            await catalog.shop_products(tx, limit=limit)


async def test_a_store_lists_only_its_own(database, tx, other_store, make):
    async with database.store(other_store.id) as elsewhere:
        await type(make)(elsewhere).product("Theirs")

    assert (await catalog.staff_products(tx)).items == ()

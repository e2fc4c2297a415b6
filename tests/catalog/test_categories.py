"""Categories stand in one another without rings, and none goes while something is on it."""

import asyncio

from stoa import catalog
from stoa.catalog.categories import DEEPEST
from stoa.catalog.errors import CategoryInItself, CategoryInUse, CategoryTooDeep, SlugTaken, UnknownCategory
from stoa.kernel.refusals import Refusal
from tests.promises import refused, statements


async def test_the_tree_is_read_in_one_statement_and_in_order(database, tx, make):
    home = await make.category("Home", position=2)
    await make.category("Light", parent_id=home.id, position=1)
    await make.category("Cloth", parent_id=home.id, position=0)
    await make.category("Kitchen", position=1)

    with statements(database) as seen:
        tree = await catalog.category_tree(tx)

    assert len(seen) == 1
    assert [node.name for node in tree] == ["Kitchen", "Home"]
    assert [node.name for node in tree[1].children] == ["Cloth", "Light"]


async def test_an_inactive_category_is_not_shown_nor_what_stands_in_it(tx, make):
    home = await make.category("Home")
    await make.category("Light", parent_id=home.id)
    await catalog.update_category(tx, category_id=home.id, is_active=False, name="House")

    assert await catalog.category_tree(tx) == ()
    (house,) = await catalog.category_tree(tx, with_inactive=True)
    assert (house.name, house.slug, len(house.children)) == ("House", "home", 1)
    with refused(UnknownCategory):
        await catalog.shop_products(tx, category="light")


async def test_a_category_cannot_be_moved_into_itself(tx, make):
    top = await make.category("Top")
    middle = await make.category("Middle", parent_id=top.id)
    bottom = await make.category("Bottom", parent_id=middle.id)

    for below in (top, middle, bottom):
        with refused(CategoryInItself):
            await catalog.move_category(tx, category_id=top.id, parent_id=below.id)
    await catalog.move_category(tx, category_id=bottom.id, parent_id=None)

    assert [node.name for node in await catalog.category_tree(tx)] == ["Bottom", "Top"]


async def test_two_moves_at_once_do_not_close_a_ring(database, store, make):
    async with database.store(store.id) as tx:
        one = await catalog.create_category(tx, name="One")
        two = await catalog.create_category(tx, name="Two")

    async def move(category_id, parent_id):
        async with database.store(store.id) as tx:
            await catalog.move_category(tx, category_id=category_id, parent_id=parent_id)

    outcomes = await asyncio.gather(move(one.id, two.id), move(two.id, one.id), return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["CategoryInItself", "NoneType"]


async def test_categories_are_nested_so_deep_and_no_deeper(tx, make):
    parent_id = None
    for level in range(DEEPEST):
        parent_id = (await make.category(f"Level {level}", parent_id=parent_id)).id
    other = await make.category("Other")
    await make.category("In other", parent_id=other.id)

    with refused(CategoryTooDeep):
        await make.category("Too deep", parent_id=parent_id)
    with refused(CategoryTooDeep):
        await catalog.move_category(tx, category_id=other.id, parent_id=parent_id)


async def test_a_category_in_use_stays(tx, make):
    home = await make.category("Home")
    light = await make.category("Light", parent_id=home.id)
    await make.product("Lamp", category_id=light.id)

    with refused(CategoryInUse) as refusal:
        await catalog.delete_category(tx, category_id=home.id)
    assert (refusal.value.products, refusal.value.categories) == (0, 1)
    with refused(CategoryInUse) as refusal:
        await catalog.delete_category(tx, category_id=light.id)
    assert (refusal.value.products, refusal.value.categories) == (1, 0)
    assert len(await catalog.category_tree(tx)) == 1


async def test_a_product_and_the_end_of_its_category_do_not_pass_each_other(database, store):
    async with database.store(store.id) as tx:
        shelf = await catalog.create_category(tx, name="Shelf")

    async def put():
        async with database.store(store.id) as tx:
            new = [catalog.NewVariant("LAMP", 1)]
            await catalog.create_product(tx, title="Lamp", variants=new, category_id=shelf.id)

    async def take_away():
        async with database.store(store.id) as tx:
            await catalog.delete_category(tx, category_id=shelf.id)

    outcomes = await asyncio.gather(put(), take_away(), return_exceptions=True)

    (refusal,) = [outcome for outcome in outcomes if outcome is not None]
    assert isinstance(refusal, Refusal)
    assert isinstance(refusal, CategoryInUse | UnknownCategory)


async def test_a_deleted_category_is_restored_unless_its_slug_is_taken(tx, make):
    home = await make.category("Home")
    await catalog.delete_category(tx, category_id=home.id)
    assert await catalog.category_tree(tx) == ()

    again = await make.category("Home")
    with refused(SlugTaken):
        await catalog.restore_category(tx, category_id=home.id)
    await catalog.update_category(tx, category_id=again.id, slug="house")
    await catalog.restore_category(tx, category_id=home.id)

    assert sorted(node.slug for node in await catalog.category_tree(tx)) == ["home", "house"]


async def test_a_category_of_another_store_is_unknown(database, tx, other_store):
    async with database.store(other_store.id) as elsewhere:
        theirs = await catalog.create_category(elsewhere, name="Theirs")

    for act in (catalog.delete_category, catalog.restore_category, catalog.update_category):
        with refused(UnknownCategory):
            await act(tx, category_id=theirs.id)
    with refused(UnknownCategory):
        await catalog.create_category(tx, name="Mine", parent_id=theirs.id)

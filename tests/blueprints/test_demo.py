"""The demo's shop is whole, is opened once, and keeps every law."""

import pytest
from sqlalchemy import text

from stoa import catalog, inventory
from stoa.blueprints.demo import SLUG, fill
from stoa.budgets import laws as budget_laws
from stoa.catalog import laws as catalog_laws
from stoa.db.transaction import Database
from stoa.inventory import laws as inventory_laws
from stoa.media import MOTIFS, PALETTES


@pytest.fixture(scope="session")
async def kiln(database: Database):
    return await fill(database)


async def test_a_shopper_finds_shelves_with_things_on_them(database: Database, kiln):
    async with database.store(kiln.store_id) as tx:
        shelves = await catalog.category_tree(tx)
        things = (await catalog.shop_products(tx, limit=200)).items

        assert [shelf.name for shelf in shelves] == [
            "Kitchen & table", "Home", "Baby & nursery", "Paper & desk", "Out & about",
        ]  # fmt: skip
        assert len(things) == 30
        assert things[0].title == "Bramwell Bear"
        assert [thing.title for thing in things if not thing.available] == ["Winter lantern, tall"]
        assert all(thing.picture and thing.picture.motif in MOTIFS for thing in things)
        assert all(thing.picture and thing.picture.palette in PALETTES for thing in things)
        home = await catalog.shop_products(tx, category="home", limit=200)
        assert len(home.items) == 10


async def test_stock_stands_in_two_warehouses(database: Database, kiln):
    async with database.store(kiln.store_id) as tx:
        variant = await catalog.variant_by_sku(tx, "MUG-1")
        levels = await inventory.levels_of_variants(tx, variant_ids=[variant.id])

        assert {level.warehouse_code: level.on_hand for level in levels} == {"STROUD": 60, "LEEDS": 30}
        assert await inventory.available_units(tx, [variant.id]) == {variant.id: 90}


async def test_filling_it_again_changes_nothing(database: Database, kiln):
    again = await fill(database)

    assert again == kiln
    async with database.platform() as tx:
        found = await tx.execute(text("SELECT count(*) FROM stores WHERE slug = :slug"), {"slug": SLUG})
        assert found.scalar_one() == 1


async def test_the_laws_hold_of_it(database: Database, kiln):
    assert database.reader is not None
    async with database.reader.connect() as reader:
        for name, sql in {**catalog_laws.LAWS, **inventory_laws.LAWS, **budget_laws.LAWS}.items():
            broken = [row for row in await reader.execute(text(sql)) if row.store_id == kiln.store_id]
            assert broken == [], name

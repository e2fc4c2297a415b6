"""What can be promised is what stands in warehouses that ship; staff read levels and movements by pages."""

from uuid import uuid4

import pytest

from stoa import inventory
from stoa.inventory.errors import BadCountry, UnknownLevel, UnknownWarehouse, WarehouseCodeTaken
from stoa.kernel.cursors import BadCursor
from tests.promises import refused, statements


async def test_units_of_all_active_warehouses_are_added_up(database, tx, make):
    variant = await make.variant(stock=3)
    leeds = await make.warehouse("leeds")
    await inventory.receive(tx, variant_id=variant.id, warehouse_id=leeds.id, quantity=4)
    none = uuid4()

    with statements(database) as seen:
        assert await inventory.available_units(tx, [variant.id, none]) == {variant.id: 7, none: 0}
    assert len(seen) == 1

    await inventory.update_warehouse(tx, warehouse_id=leeds.id, is_active=False)
    assert await inventory.available_units(tx, [variant.id]) == {variant.id: 3}
    views = await inventory.levels_of_variants(tx, variant_ids=[variant.id])
    assert sorted((view.warehouse_code, view.on_hand, view.available) for view in views) == [
        ("leeds", 4, 0),
        ("main", 3, 3),
    ]


async def test_levels_are_read_by_pages(tx, make):
    variants = [await make.variant(stock=n + 1, title=f"Mug {n}") for n in range(3)]
    leeds = await make.warehouse("leeds")
    await inventory.receive(tx, variant_id=variants[0].id, warehouse_id=leeds.id, quantity=9)

    seen, cursor = [], None
    while True:
        page = await inventory.list_levels(tx, cursor=cursor, limit=3)
        seen += [(view.sku, view.warehouse_code, view.on_hand) for view in page.items]
        if (cursor := page.next) is None:
            break

    assert len(seen) == 4
    assert set(seen) == {
        (variants[0].sku, "main", 1),
        (variants[0].sku, "leeds", 9),
        (variants[1].sku, "main", 2),
        (variants[2].sku, "main", 3),
    }
    in_leeds = await inventory.list_levels(tx, warehouse_id=leeds.id)
    assert [(view.sku, view.on_hand) for view in in_leeds.items] == [(variants[0].sku, 9)]


async def test_movements_are_read_newest_first(tx, make, noon):
    tx.now = noon
    variant = await make.variant(stock=1)
    (level,) = await inventory.levels_of_variants(tx, variant_ids=[variant.id])
    place = {"variant_id": variant.id, "warehouse_id": level.warehouse_id}
    for units in (2, 3):
        tx.now = tx.now.replace(minute=units)
        await inventory.receive(tx, **place, quantity=units)

    first = await inventory.list_movements(tx, level_id=level.id, limit=2)
    rest = await inventory.list_movements(tx, level_id=level.id, limit=2, cursor=first.next)

    assert [move.on_hand for move in first.items] == [3, 2]
    assert ([move.on_hand for move in rest.items], rest.next) == ([1], None)


async def test_what_is_not_there_is_refused(database, tx, make, other_store):
    async with database.store(other_store.id) as elsewhere:
        theirs = await type(make)(elsewhere).variant(stock=1)
        (level,) = await inventory.levels_of_variants(elsewhere, variant_ids=[theirs.id])

    assert await inventory.levels_of_variants(tx, variant_ids=[theirs.id]) == []
    with refused(UnknownLevel):
        await inventory.list_movements(tx, level_id=level.id)
    with refused(UnknownWarehouse):
        await inventory.update_warehouse(tx, warehouse_id=level.warehouse_id, name="Mine")
    for bad in ("nonsense", "WyJ4IiwieSJd"):
        with refused(BadCursor):
            await inventory.list_levels(tx, cursor=bad)


async def test_warehouses_serve_in_order_of_priority(tx, make):
    leeds = await make.warehouse("leeds", priority=2, country="GB")
    await make.warehouse("stroud", priority=1)
    await inventory.update_warehouse(tx, warehouse_id=leeds.id, priority=0, name="Leeds")

    assert [each.code for each in await inventory.list_warehouses(tx)] == ["leeds", "stroud"]
    with refused(WarehouseCodeTaken):
        await inventory.create_warehouse(tx, code="leeds", name="Again")
    assert len(await inventory.list_warehouses(tx)) == 2


@pytest.mark.parametrize("country", ["gb", "GBR", "G", "1A", "UK"])
async def test_a_country_is_one_of_iso_3166(tx, country):
    with refused(BadCountry):
        await inventory.create_warehouse(tx, code="x", name="X", country=country)

    assert await inventory.list_warehouses(tx) == []

"""Every list is answered from an index that begins with the store, as the role that serves it (database rule 8)."""

from typing import Any

import pytest
from sqlalchemy import text

from stoa import budgets, catalog, inventory
from stoa.catalog import Order, ProductState
from tests.promises import plan_of, statements


async def cursor_of(list_, tx, **asked):
    return (await list_(tx, limit=1, **asked)).next


LISTS: dict[str, tuple[Any, dict[str, Any], str, str]] = {
    "the shop, newest first": (catalog.shop_products, {}, "products_newest_idx", ""),
    "the shop, by title": (catalog.shop_products, {"order": Order.TITLE}, "products_by_title_idx", ""),
    "the shop, a title's beginning": (
        catalog.shop_products,
        {"search": "mug"},
        "products_by_title_idx",
        "title_folded",
    ),
    "a category, newest first": (catalog.shop_products, {"category": "kitchen"}, "products_newest_in_category_idx", ""),
    "a category, by title": (
        catalog.shop_products,
        {"category": "kitchen", "order": Order.TITLE},
        "products_by_title_in_category_idx",
        "",
    ),
    "a category, a title's beginning": (
        catalog.shop_products,
        {"category": "kitchen", "search": "mug"},
        "products_by_title_in_category_idx",
        "title_folded",
    ),
    "staff, newest first": (catalog.staff_products, {}, "products_newest_idx", ""),
    "staff, drafts by title": (
        catalog.staff_products,
        {"order": Order.TITLE, "state": ProductState.ACTIVE},
        "products_by_title_idx",
        "",
    ),
    "staff, a title's beginning": (catalog.staff_products, {"search": "mug"}, "products_by_title_idx", "title_folded"),
}


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_takes_its_page_from_its_index(database, tx, make, name):
    list_, asked, index, condition = LISTS[name]
    shelf = await make.category("Kitchen")
    for n in range(3):
        await make.product(f"Mug {n}", category_id=shelf.id, stock=1)

    for cursor in (None, await cursor_of(list_, tx, **asked)):
        with statements(database) as seen:
            await list_(tx, cursor=cursor, **asked)
        nodes = await planned(tx, *seen.sent[-1])
        of_products = [node for node in nodes if node.get("Relation Name") == "products"]
        # The key itself goes by the store and newest first, too: as good where nearly all products are of one state.
        assert {node["Index Name"] for node in of_products} <= {index, "products_pkey"}
        for node in of_products:
            assert condition in node["Index Cond"]
            if cursor is not None:
                assert "<" in node["Index Cond"] or ">" in node["Index Cond"]


async def test_whatever_reads_by_id_or_name_reads_by_index(database, tx, make):
    created = await make.product("Mug", stock=2)
    (variant,) = created.variants.values()
    (level,) = await inventory.levels_of_variants(tx, variant_ids=[variant.id])
    await make.code("WELCOME5")

    with statements(database) as seen:
        await catalog.product_page(tx, "mug")
        await catalog.variants_for_sale(tx, [variant.id])
        await catalog.variant_by_sku(tx, variant.sku)
        await catalog.staff_product(tx, created.id)
        await catalog.deleted_products(tx)
        await inventory.available_units(tx, [variant.id])
        await inventory.levels_of_variants(tx, variant_ids=[variant.id])
        await inventory.list_levels(tx)
        await inventory.list_levels(tx, warehouse_id=level.warehouse_id)
        await inventory.list_movements(tx, level_id=level.id)
        await budgets.usable_code(tx, code="welcome5", currency="GBP")
        await budgets.list_codes(tx)

    assert len(seen) >= 15
    for sql, parameters in seen.sent:
        await planned(tx, sql, parameters)


async def planned(tx, sql, parameters):
    """The plan's nodes; none reads a whole table, and every index it uses is asked for the store first."""
    await tx.execute(text("SET LOCAL enable_seqscan = off"))
    await tx.execute(text("SET LOCAL enable_bitmapscan = off"))
    nodes = await plan_of(tx, sql, parameters)
    assert "Seq Scan" not in [node["Node Type"] for node in nodes], sql
    for node in nodes:
        if "Index Name" in node:
            assert node["Index Cond"].startswith("((store_id = ") or node["Index Cond"].startswith("(store_id = "), node
    return nodes

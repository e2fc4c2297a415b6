"""What is held, what is past its time, what waits: found by keys and indexes that begin with the store."""

from datetime import timedelta

from stoa import carts, inventory
from stoa.catalog.models import BeyondStock
from stoa.inventory.assigning import serve_waiting
from stoa.inventory.beyond import end_promises, places_beyond
from stoa.inventory.reservations import expire_reservations
from tests.carts.test_holds import shopper
from tests.catalog.test_plans import planned
from tests.make.selling import sellable
from tests.promises import statements


async def test_whatever_is_asked_of_holds_reads_by_index(database, tx):
    mug = await sellable(tx, stock=9)
    (level,) = await inventory.levels_of_variants(tx, variant_ids=[mug])
    ada = await shopper(tx, mug, 2)
    await carts.hold(tx, **ada.whose)
    tx.now += timedelta(minutes=20)

    with statements(database) as seen:
        by_variant = await inventory.list_held(tx, variant_id=mug)
        await inventory.list_held(tx, level_id=level.id)
        await inventory.count(tx, variant_id=mug, warehouse_id=level.warehouse_id, found=9, reason="stocktaking")
        await expire_reservations(tx, 10)

    assert len(by_variant.items) == 1
    used = set()
    for sql, parameters in seen.sent:
        if sql.lstrip().startswith("SELECT") and " stoa." not in sql:
            used |= {node.get("Index Name") for node in await planned(tx, sql, parameters)}
    assert {"reservation_items_level_id_idx", "reservations_expiring_idx"} <= used


async def test_whatever_is_asked_of_what_is_promised_beyond_stock_reads_by_index(database, tx):
    mug = await sellable(tx, stock=1)
    await inventory.promise_beyond_stock(tx, variant_id=mug, kind=BeyondStock.BACKORDER, limit=3)

    with statements(database) as seen:
        await inventory.availability(tx, [mug])
        await places_beyond(tx, {mug})
        await end_promises(tx, 10)
        await serve_waiting(tx, 10)
        await inventory.beyond_stock_of(tx, variant_id=mug)

    for sql, parameters in seen.sent:
        await planned(tx, sql, parameters)

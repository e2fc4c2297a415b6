"""What is held, what is past its time, what waits: found by keys and indexes that begin with the store."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

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


async def test_picking_for_a_long_order_handles_no_more_rows_a_line_than_for_a_short_one(tx):
    places = [(await inventory.create_warehouse(tx, code=f"w{n}", name=f"W{n}", priority=n)).id for n in range(6)]
    variants = [await sellable(tx, stock=0) for _ in range(80)]
    receipts = [inventory.Receipt(variant, place, 1) for variant in variants for place in places]
    await inventory.receive_many(tx, receipts=receipts)
    for name in ("seqscan", "hashjoin", "mergejoin"):  # as in place_orders
        await tx.execute(text(f"SET LOCAL enable_{name} = off"))

    async def handled(lines: int) -> int:
        values = {"store": tx.store_id, "lines": [*range(lines)], "variants": variants[:lines], "units": [3] * lines}
        (plan,) = (await tx.execute(_PICK, values)).scalars()
        return _rows(plan[0]["Plan"])

    short, long = await handled(5), await handled(80)

    assert short > 0
    assert long <= 2 * (80 // 5) * short


_PICK = text("""
EXPLAIN (ANALYZE, TIMING off, FORMAT json)
SELECT * FROM stoa.pick_stock(CAST(:store AS uuid), 'fewest_parcels', false, CAST(:lines AS int[]),
    CAST(:variants AS uuid[]), CAST(:units AS bigint[]), NULL, NULL, NULL, NULL, '')
""")


def _rows(plan: dict[str, Any]) -> int:
    """Rows that were read, joined or thrown away in this plan and all below it."""
    own = plan["Actual Rows"] + sum(count for name, count in plan.items() if name.startswith("Rows Removed"))
    return int(own * plan["Actual Loops"]) + sum(map(_rows, plan.get("Plans", ())))

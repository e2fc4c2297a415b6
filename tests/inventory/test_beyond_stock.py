"""What is promised beyond stock: up to a limit and a day, told to shoppers, and served first when units come in."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from stoa import carts, inventory, orders
from stoa.carts.errors import NotEnoughStock
from stoa.catalog.errors import UnknownVariant
from stoa.catalog.models import BeyondStock
from stoa.checkout.laws import LAWS as CHECKOUT_LAWS
from stoa.checkout.placing import Placed
from stoa.db.transaction import Database, Tx
from stoa.inventory.assigning import Waiting, lay_along, serve_waiting
from stoa.inventory.beyond import end_promises
from stoa.inventory.errors import BadQuantity, DayMissing, DayPast, LimitBelowPromised, UnknownWarehouse
from stoa.inventory.laws import LAWS
from stoa.inventory.models import StockMovement, Warehouse
from stoa.inventory.receipts import Receipt
from stoa.kernel.ids import child_id
from stoa.orders.laws import LAWS as ORDER_LAWS
from stoa.orders.models import CancellationReason
from stoa.stores.models import PaymentMethod
from tests.carts.test_holds import shopper
from tests.make import MadeStore
from tests.make.selling import placed_order, ready_cart, sellable, submit
from tests.promises import refused

BACKORDER, PREORDER, NONE = BeyondStock.BACKORDER, BeyondStock.PREORDER, BeyondStock.NONE


async def main(tx: Tx) -> UUID:
    """The store's one warehouse."""
    (warehouse,) = await inventory.list_warehouses(tx)
    return warehouse.id


async def figures(tx: Tx, variant_id: UUID) -> dict[str, tuple[int, int, int]]:
    """On hand, committed and reserved by the kind of warehouse."""
    found = await tx.execute(
        text(
            "SELECT w.kind, s.on_hand, s.committed, s.reserved FROM stock_levels s"
            " JOIN warehouses w ON w.store_id = s.store_id AND w.id = s.warehouse_id"
            " WHERE s.store_id = :store AND s.variant_id = :variant"
        ),
        {"store": tx.store_id, "variant": variant_id},
    )
    return {row.kind: (row.on_hand, row.committed, row.reserved) for row in found}


async def broken_laws(tx: Tx) -> list[str]:
    await tx.flush()
    laws = LAWS | CHECKOUT_LAWS | ORDER_LAWS
    return [name for name, sql in laws.items() if (await tx.execute(text(sql))).all()]


async def waits(database: Database, store: MadeStore, units: int, *, stock: int = 0, limit: int = 100) -> UUID:
    """A variant of which so many units are in stock and so many more may be promised."""
    async with database.store(store.id) as tx:
        mug = await sellable(tx, stock=stock)
        await inventory.promise_beyond_stock(tx, variant_id=mug, kind=BACKORDER, limit=limit)
    if units:
        await placed_order(database, store, wanted={mug: units})
    return mug


async def test_units_beyond_stock_are_promised_up_to_their_limit(database: Database, store: MadeStore) -> None:
    mug = await waits(database, store, 0, stock=2, limit=3)

    async with database.store(store.id) as tx:
        (known,) = (await inventory.availability(tx, [mug])).values()
        ada = await shopper(tx, mug, 4)
        (line,) = (await carts.read_cart(tx, **ada.whose)).lines
        with refused(NotEnoughStock) as refusal:
            await carts.add_lines(tx, **ada.whose, wanted=[carts.Wanted(mug, 2)])
    order = await placed_order(database, store, wanted={mug: 4})

    assert (known.in_stock, known.later, known.units, known.beyond_stock) == (2, 3, 5, "backorder")
    assert (line.available, line.later, line.beyond_stock) == (5, 2, "backorder")
    assert (refusal.value.asked, refusal.value.free) == (6, 5)
    assert order.state == "confirmed"
    async with database.store(store.id) as tx:
        assert await figures(tx, mug) == {"shipping": (2, 2, 0), "backorder": (3, 2, 0)}
        assert await inventory.available_units(tx, [mug]) == {mug: 1}
        assert await broken_laws(tx) == []


async def test_units_that_come_in_go_to_who_waits_the_oldest_order_first(database: Database, store: MadeStore) -> None:
    mug = await waits(database, store, 0)
    orders = [await placed_order(database, store, wanted={mug: units}) for units in (3, 2, 4)]

    async with database.store(store.id) as tx:
        await inventory.receive(tx, variant_id=mug, warehouse_id=await main(tx), quantity=4)
        first = await where(tx, mug)
        assert await figures(tx, mug) == {"shipping": (4, 4, 0), "backorder": (100, 5, 0)}
        await inventory.receive(tx, variant_id=mug, warehouse_id=await main(tx), quantity=9)
        rest = await where(tx, mug)

    assert first == {orders[0].id: (3, 0), orders[1].id: (1, 1), orders[2].id: (0, 4)}
    assert rest == {orders[0].id: (3, 0), orders[1].id: (2, 0), orders[2].id: (4, 0)}
    async with database.store(store.id) as tx:
        assert await figures(tx, mug) == {"shipping": (13, 9, 0), "backorder": (100, 0, 0)}
        assert (await inventory.availability(tx, [mug]))[mug].in_stock == 4
        assert await broken_laws(tx) == []
        moved = await tx.scalars(select(StockMovement).where(StockMovement.kind == "assign").order_by(StockMovement.id))
    assert [move.id for move in moved if move.order_id == orders[1].id] == [
        child_id(orders[1].id, (1 << 31) + (1 << 16) + n) for n in (1, 2, 3, 4)
    ]
    assert {move.order_line_id for move in moved} == {child_id(order.id, 1) for order in orders}


async def where(tx: Tx, variant_id: UUID) -> dict[UUID, tuple[int, int]]:
    """Of each order, units that are there, and units it waits for."""
    found = await tx.execute(
        text(
            "SELECT m.order_id, coalesce(sum(m.committed) FILTER (WHERE w.kind = 'shipping'), 0) AS there,"
            " coalesce(sum(m.committed) FILTER (WHERE w.kind = 'backorder'), 0) AS waiting"
            " FROM stock_movements m JOIN stock_levels s ON s.store_id = m.store_id AND s.id = m.level_id"
            " JOIN warehouses w ON w.store_id = s.store_id AND w.id = s.warehouse_id"
            " WHERE m.store_id = :store AND s.variant_id = :variant AND m.order_id IS NOT NULL GROUP BY m.order_id"
        ),
        {"store": tx.store_id, "variant": variant_id},
    )
    return {row.order_id: (int(row.there), int(row.waiting)) for row in found}


async def test_many_variants_are_served_at_once_each_from_its_own(database: Database, store: MadeStore) -> None:
    mug, bowl = await waits(database, store, 2), await waits(database, store, 3)
    both = await placed_order(database, store, wanted={mug: 1, bowl: 1})

    async with database.store(store.id) as tx:
        place = await main(tx)
        await inventory.receive_many(tx, receipts=[Receipt(mug, place, 3), Receipt(bowl, place, 3)])

    async with database.store(store.id) as tx:
        assert (await where(tx, mug))[both.id] == (1, 0)
        assert (await where(tx, bowl))[both.id] == (0, 1)
        assert await broken_laws(tx) == []


async def test_found_units_serve_who_waits_and_safety_stock_does_not(database: Database, store: MadeStore) -> None:
    mug = await waits(database, store, 5)
    async with database.store(store.id) as tx:
        place: dict[str, Any] = {"variant_id": mug, "warehouse_id": await main(tx)}
        await inventory.count(tx, **place, found=2, reason="stocktaking")
        await inventory.adjust(tx, **place, by=1, reason="behind the shelf")
        level = await inventory.adjust(tx, **place, by=-1, reason="broken")

    assert (level.on_hand, level.committed, level.short) == (2, 3, 1)
    async with database.store(store.id) as tx:
        assert await figures(tx, mug) == {"shipping": (2, 3, 0), "backorder": (100, 2, 0)}
        # The next delivery pays what is missing first.
        await inventory.receive(tx, **place, quantity=2)
        assert await figures(tx, mug) == {"shipping": (4, 4, 0), "backorder": (100, 1, 0)}
        assert await broken_laws(tx) == []


async def test_what_an_order_holds_until_its_money_comes_stays_promised_beyond_stock(
    database: Database, store: MadeStore
) -> None:
    async with database.store(store.id) as tx:
        mug = await sellable(tx, stock=0)
        await inventory.promise_beyond_stock(tx, variant_id=mug, kind=BACKORDER, limit=5)
    ready = await ready_cart(database, store, wanted={mug: 2})
    [(_, outcome)] = await submit(database, store, ready, method=PaymentMethod.CARD)

    async with database.store(store.id) as tx:
        await inventory.receive(tx, variant_id=mug, warehouse_id=await main(tx), quantity=2)
        assert isinstance(outcome, Placed), outcome
        assert await figures(tx, mug) == {"shipping": (2, 0, 0), "backorder": (5, 0, 2)}
        assert await broken_laws(tx) == []


async def test_a_cart_holds_units_beyond_stock_too(tx: Tx) -> None:
    mug = await sellable(tx, stock=1)
    await inventory.promise_beyond_stock(tx, variant_id=mug, kind=BACKORDER, limit=2)
    ada, ben = await shopper(tx, mug, 3), await shopper(tx, mug, 1)

    held = await carts.hold(tx, **ada.whose)

    assert held
    assert [(item.quantity, item.later) for item in held.items] == [(3, 2)]
    (line,) = (await carts.read_cart(tx, **ada.whose)).lines
    assert (line.available, line.later, line.changes) == (3, 2, ())
    with refused(NotEnoughStock):
        await carts.hold(tx, **ben.whose)
    assert await figures(tx, mug) == {"shipping": (1, 0, 1), "backorder": (2, 0, 2)}


async def test_the_limit_is_not_lowered_below_what_is_promised(database: Database, store: MadeStore) -> None:
    mug = await waits(database, store, 3, limit=5)

    async with database.store(store.id) as tx:
        with refused(LimitBelowPromised) as refusal:
            await inventory.promise_beyond_stock(tx, variant_id=mug, kind=BACKORDER, limit=2)
        lowered = await inventory.promise_beyond_stock(tx, variant_id=mug, kind=BACKORDER, limit=3)
        ended = await inventory.promise_beyond_stock(tx, variant_id=mug, kind=NONE)

        assert (refusal.value.limit, refusal.value.promised) == (2, 3)
        assert (lowered.limit, lowered.promised) == (3, 3)
        assert (ended.kind, ended.limit, ended.promised) == ("none", 3, 3)
        assert await inventory.available_units(tx, [mug]) == {mug: 0}
        assert await inventory.beyond_stock_of(tx, variant_id=mug) == ended
        # Who is served now leaves no room for another.
        await inventory.receive(tx, variant_id=mug, warehouse_id=await main(tx), quantity=2)
        assert await figures(tx, mug) == {"shipping": (2, 2, 0), "backorder": (1, 1, 0)}
        assert await inventory.available_units(tx, [mug]) == {mug: 0}
        assert await broken_laws(tx) == []


async def test_a_pre_order_has_a_day_and_ends_after_it_in_the_shops_own_time_zone(tx: Tx, noon) -> None:
    mug = await sellable(tx, stock=0)
    # 23:30 on the third in London, which is an hour ahead of UTC in May.
    tx.now = noon.replace(day=3, hour=22, minute=30)
    asked: dict[str, Any] = {"variant_id": mug, "kind": PREORDER, "limit": 4}

    with refused(DayMissing):
        await inventory.promise_beyond_stock(tx, **asked)
    with refused(DayPast):
        await inventory.promise_beyond_stock(tx, **asked, ships_on=date(2026, 5, 2))
    made = await inventory.promise_beyond_stock(tx, **asked, ships_on=date(2026, 5, 3))

    assert (made.kind, made.limit, made.ships_on) == ("preorder", 4, date(2026, 5, 3))
    assert await end_promises(tx, 10) == 0
    assert await inventory.available_units(tx, [mug]) == {mug: 4}
    ada = await shopper(tx, mug, 1)
    await carts.hold(tx, **ada.whose)
    tx.now += timedelta(hours=1)
    assert await end_promises(tx, 10) == 1
    assert await end_promises(tx, 10) == 0
    assert await inventory.available_units(tx, [mug]) == {mug: 0}
    assert await figures(tx, mug) == {"backorder": (1, 0, 1), "shipping": (0, 0, 0)}
    assert await broken_laws(tx) == []


async def test_what_cannot_be_meant_is_refused(tx: Tx) -> None:
    mug = await sellable(tx, stock=0)

    for limit in (-1, 10_000_001):
        with refused(BadQuantity):
            await inventory.promise_beyond_stock(tx, variant_id=mug, kind=BACKORDER, limit=limit)
    with refused(UnknownVariant):
        await inventory.promise_beyond_stock(tx, variant_id=tx.new_id(), kind=BACKORDER, limit=1)
    with refused(UnknownVariant):
        await inventory.beyond_stock_of(tx, variant_id=tx.new_id())

    assert (await inventory.beyond_stock_of(tx, variant_id=mug)).kind == "none"


async def test_the_list_beyond_stock_is_one_and_no_warehouse_to_staff(tx: Tx) -> None:
    mug, bowl = await sellable(tx, stock=1), await sellable(tx, stock=1)
    for variant in (mug, bowl):
        await inventory.promise_beyond_stock(tx, variant_id=variant, kind=BACKORDER, limit=3)
    (beyond,) = await tx.scalars(select(Warehouse.id).where(Warehouse.kind == "backorder"))

    with refused(UnknownWarehouse):
        await inventory.receive(tx, variant_id=mug, warehouse_id=beyond, quantity=1)
    with refused(UnknownWarehouse):
        await inventory.adjust(tx, variant_id=mug, warehouse_id=beyond, by=1, reason="found")
    with refused(UnknownWarehouse):
        await inventory.set_safety(tx, variant_id=mug, warehouse_id=beyond, units=1)

    assert beyond not in {warehouse.id for warehouse in await inventory.list_warehouses(tx)}
    assert {level.warehouse_code for level in (await inventory.list_levels(tx)).items} == {"main"}
    assert len(await inventory.levels_of_variants(tx, variant_ids=[mug, bowl])) == 2
    assert await broken_laws(tx) == []


@pytest.mark.parametrize(
    ("waiting", "free", "expected"),
    [
        ([("a", 2), ("b", 2)], [3], [("a", 0, 2), ("b", 0, 1)]),
        ([("a", 4)], [1, 9], [("a", 0, 1), ("a", 1, 3)]),
        ([("a", 1), ("b", 1), ("c", 1)], [1, 1], [("a", 0, 1), ("b", 1, 1)]),
        ([], [1], []),
        ([("a", 1)], [], []),
    ],
)
def test_who_waits_first_is_served_first_from_the_first_that_has_some(waiting, free, expected) -> None:
    variant, names = UUID(int=1), {"a": UUID(int=10), "b": UUID(int=11), "c": UUID(int=12)}
    places = [UUID(int=100 + n) for n in range(len(free))]
    asked = [Waiting(variant, UUID(int=99), names[name], names[name], units) for name, units in waiting]

    assigned = lay_along(asked, {variant: list(zip(places, free, strict=True))})

    assert [(one.waiting.line_id, one.level_id, one.units) for one in assigned] == [
        (names[name], places[n], units) for name, n, units in expected
    ]


async def test_what_was_assigned_is_taken_back_from_where_it_stands(database: Database, store: MadeStore) -> None:
    mug = await waits(database, store, 0)
    first = await placed_order(database, store, wanted={mug: 3})
    await placed_order(database, store, wanted={mug: 2})
    async with database.store(store.id) as tx:
        await inventory.receive(tx, variant_id=mug, warehouse_id=await main(tx), quantity=2)

    async with database.store(store.id) as tx:
        await orders.cancel_order(tx, order_id=first.id, reason=CancellationReason.CUSTOMER)

    async with database.store(store.id) as tx:
        assert await figures(tx, mug) == {"shipping": (2, 0, 0), "backorder": (100, 2, 0)}
        # What a cancelled order gave back serves the next one.
        assert [await serve_waiting(tx, 10), await serve_waiting(tx, 10)] == [1, 0]
        assert await figures(tx, mug) == {"shipping": (2, 2, 0), "backorder": (100, 0, 0)}
        assert await broken_laws(tx) == []


async def test_a_closed_warehouse_serves_nobody_who_waits(database: Database, store: MadeStore) -> None:
    mug = await waits(database, store, 2)
    async with database.store(store.id) as tx:
        place = await main(tx)
        await inventory.update_warehouse(tx, warehouse_id=place, is_active=False)
        await inventory.receive(tx, variant_id=mug, warehouse_id=place, quantity=2)
        closed = await serve_waiting(tx, 10), await figures(tx, mug)
        await inventory.update_warehouse(tx, warehouse_id=place, is_active=True)
        opened = await serve_waiting(tx, 10), await figures(tx, mug)

        assert closed == (0, {"shipping": (2, 0, 0), "backorder": (100, 2, 0)})
        assert opened == (1, {"shipping": (2, 2, 0), "backorder": (100, 0, 0)})
        assert await broken_laws(tx) == []

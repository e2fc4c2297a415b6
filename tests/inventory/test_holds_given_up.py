"""A count that finds fewer than are promised: carts give up what they hold, the newest first; orders stay."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from stoa import carts, inventory
from stoa.catalog.errors import UnknownVariant
from stoa.inventory.errors import UnknownHold, UnknownLevel
from stoa.inventory.laws import LAWS
from stoa.kernel.cursors import BadCursor
from tests.carts.test_holds import Shopper, shopper
from tests.make.selling import sellable
from tests.promises import refused


async def place_of(tx, variant_id):
    (level,) = await inventory.levels_of_variants(tx, variant_ids=[variant_id])
    return {"variant_id": variant_id, "warehouse_id": level.warehouse_id}


async def holders(tx, variant_id, *units) -> list[Shopper]:
    """Shoppers who hold so many each, the first one longest."""
    made = [await shopper(tx, variant_id, each) for each in units]
    for each in made:
        await carts.hold(tx, **each.whose)
        # Ids of the same instant are in no order.
        tx.now += timedelta(seconds=1)
    return made


async def holding(tx, shoppers):
    return [(await carts.read_cart(tx, **each.whose)).hold is not None for each in shoppers]


async def broken_laws(tx):
    await tx.flush()
    return [name for name, sql in LAWS.items() if (await tx.execute(text(sql))).all()]


@pytest.mark.parametrize(
    ("found", "still", "short"),
    [
        (9, [True, True, True], 0),
        (8, [True, True, False], 0),
        (6, [True, True, False], 0),
        (5, [True, False, False], 0),
        (0, [False, False, False], 0),
    ],
)
async def test_the_newest_holds_are_given_up_first(tx, found, still, short):
    mug = await sellable(tx, stock=12)
    shoppers = await holders(tx, mug, 3, 3, 3)

    level = await inventory.count(tx, **await place_of(tx, mug), found=found, reason="stocktaking")

    assert await holding(tx, shoppers) == still
    assert (level.on_hand, level.reserved, level.short) == (found, 3 * sum(still), short)
    assert await broken_laws(tx) == []


async def test_what_orders_were_promised_stays_and_the_level_is_short(tx):
    mug = await sellable(tx, stock=9)
    (ada,) = await holders(tx, mug, 4)
    await promise(tx, mug, 5)

    level = await inventory.adjust(tx, **await place_of(tx, mug), by=-7, reason="flooded")

    assert await holding(tx, [ada]) == [False]
    assert (level.on_hand, level.committed, level.reserved, level.short) == (2, 5, 0, 3)
    assert await broken_laws(tx) == []


async def test_a_hold_is_given_up_whole(tx):
    mug, bowl = await sellable(tx, stock=3), await sellable(tx, stock=3)
    ada = await shopper(tx, mug, 3)
    await carts.add_lines(tx, **ada.whose, wanted=[carts.Wanted(bowl, 2)])
    await carts.hold(tx, **ada.whose)

    await inventory.adjust(tx, **await place_of(tx, mug), by=-1, reason="broken")

    assert await holding(tx, [ada]) == [False]
    free = await inventory.available_units(tx, [mug, bowl])
    assert (free[mug], free[bowl]) == (2, 3)
    assert await broken_laws(tx) == []


async def test_staff_see_who_holds_and_give_it_back(tx):
    mug = await sellable(tx, stock=9)
    ada, ben, cyd = await holders(tx, mug, 1, 2, 3)
    (level,) = await inventory.levels_of_variants(tx, variant_ids=[mug])

    first = await inventory.list_held(tx, variant_id=mug, limit=2)
    rest = await inventory.list_held(tx, variant_id=mug, limit=2, cursor=first.next)
    of_level = await inventory.list_held(tx, level_id=level.id)

    assert [(row.cart_id, row.quantity) for row in first.items] == [(cyd.cart_id, 3), (ben.cart_id, 2)]
    assert [(row.cart_id, row.quantity) for row in rest.items] == [(ada.cart_id, 1)]
    assert rest.next is None
    assert of_level.items == first.items + rest.items
    assert {(row.level_id, row.order_id, row.warehouse_code) for row in of_level.items} == {(level.id, None, "main")}
    await inventory.release_held(tx, reservation_id=first.items[1].reservation_id)
    assert await holding(tx, [ada, ben, cyd]) == [True, False, True]
    with refused(UnknownHold):
        await inventory.release_held(tx, reservation_id=first.items[1].reservation_id)
    with refused(UnknownVariant):
        await inventory.list_held(tx, variant_id=level.id)
    with refused(UnknownLevel):
        await inventory.list_held(tx, level_id=mug)
    with refused(BadCursor):
        await inventory.list_held(tx, variant_id=mug, cursor="nonsense")
    assert await broken_laws(tx) == []


async def promise(tx, variant_id, units):
    """What placed orders do to a level."""
    values = {"id": tx.new_id(), "units": units, "variant": variant_id}
    await tx.execute(text("UPDATE stock_levels SET committed = committed + :units WHERE variant_id = :variant"), values)
    await tx.execute(
        text(
            "INSERT INTO stock_movements (store_id, id, level_id, kind, on_hand, committed, reserved, reason, actor)"
            " SELECT store_id, :id, id, 'commit', 0, :units, 0, '', 'system' FROM stock_levels"
            " WHERE variant_id = :variant"
        ),
        values,
    )

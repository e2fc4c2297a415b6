"""What there is only so much of, wanted by more at once."""

import random

from sqlalchemy import select

from stoa.budgets.models import Budget
from tests.attacks.mob import Mob, buying, told
from tests.make import Make


async def test_no_more_is_sold_than_there_is(mob: Mob):
    mug = await mob.variant(stock=37)
    carts = await mob.carts(150, (mug, 1))

    answers = await mob.sends(map(buying, carts))

    assert told(answers) == {"201": 37, "409 inventory.out_of_stock": 113}
    assert len(await mob.orders()) == 37
    assert await mob.committed() == 37


async def test_carts_that_want_the_same_in_another_order_share_what_there_is(mob: Mob):
    mug, plate = await mob.variant(stock=60), await mob.variant(stock=40)
    carts = [
        *await mob.carts(50, (mug, 1), (plate, 1)),
        *await mob.carts(50, (plate, 1), (mug, 1)),
        *await mob.carts(50, (mug, 1)),
    ]
    random.Random(7).shuffle(carts)

    answers = await mob.sends(map(buying, carts))

    units = {str(cart.id): cart.units for cart in carts}
    orders = await mob.orders()
    assert told(answers) == {"201": len(orders), "409 inventory.out_of_stock": 150 - len(orders)}
    assert await mob.committed() == sum(units[str(order.cart_id)] for order in orders)
    # Nobody went away while there was something for them.
    assert 60 <= len(orders) <= 100


async def test_a_code_of_one_use_is_spent_once(mob: Mob):
    mug = await mob.variant(stock=1000)
    async with mob.database.store(mob.store.id) as tx:
        await Make(tx).code("ONCE", amount=500, uses=1)
    carts = await mob.carts(80, (mug, 1), code="ONCE")

    answers = await mob.sends(map(buying, carts))

    assert told(answers) == {"201": 1, "409 checkout.code_spent": 79}
    assert await mob.committed() == 1
    async with mob.database.store(mob.store.id) as tx:
        assert await tx.scalars(select(Budget.balance)) == [0]


async def test_the_last_uses_of_a_code_go_to_as_many_orders(mob: Mob):
    mug = await mob.variant(stock=1000)
    async with mob.database.store(mob.store.id) as tx:
        await Make(tx).code("SEVEN", amount=500, uses=7)
    with_code = await mob.carts(60, (mug, 1), code="SEVEN")
    without = await mob.carts(60, (mug, 1))
    both = [cart for pair in zip(with_code, without, strict=True) for cart in pair]

    answers = await mob.sends(map(buying, both))

    assert told(answers[0::2]) == {"201": 7, "409 checkout.code_spent": 53}
    assert told(answers[1::2]) == {"201": 60}
    assert sorted(order.discount for order in await mob.orders()) == [0] * 60 + [500] * 7

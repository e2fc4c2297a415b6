"""Many at once, each over a connection of its own: nothing is sold twice, and nobody waits for ever."""

import asyncio

import pytest

from stoa.checkout.errors import CodeSpent, OutOfStock
from stoa.checkout.placing import Placed
from tests.checkout.shop import Shop, mugs
from tests.checkout.worlds import Asked, Key


@pytest.mark.parametrize("key", [None, Key("cart 0", "k", request=1)], ids=["without a key", "with a key"])
async def test_twenty_who_submit_the_same_cart_at_once_get_one_order(shop: Shop, key: Key | None) -> None:
    await shop.opens(mugs(stock=100, baskets=1))
    await shop.tills(20)

    answers = await asyncio.gather(*(shop.places(Asked(0, key=key), till=till) for till in range(20)))

    orders = [order for (order,) in answers if isinstance(order, Placed)]
    assert len(orders) == 20
    assert len({order.order_id for order in orders}) == 1
    assert [order.anew for order in orders].count(True) == 1
    rows = await shop.rows()
    assert [len(rows[table]) for table in ("orders", "order_lines", "payments", "events")] == [1, 1, 1, 1]
    assert await shop.committed() == [1]


@pytest.mark.parametrize("connections", [2, 8])
async def test_a_hot_variant_is_not_oversold(shop: Shop, connections: int) -> None:
    await shop.opens(mugs(stock=25, baskets=64))
    await shop.tills(connections)

    outcomes = await _each_in_its_turn(shop, connections, batch=2)

    assert sum(isinstance(one, Placed) for one in outcomes) == 25
    assert sum(isinstance(one, OutOfStock) for one in outcomes) == 39
    rows = await shop.rows()
    assert len(rows["orders"]) == 25
    assert sum(movement["committed"] for movement in rows["stock_movements"]) == 25
    assert await shop.committed() == [25]


async def test_a_code_for_three_is_spent_three_times(shop: Shop) -> None:
    await shop.opens(mugs(stock=100, baskets=24, codes=(3,)))
    await shop.tills(8)

    outcomes = await _each_in_its_turn(shop, 8, batch=1)

    assert sum(isinstance(one, Placed) for one in outcomes) == 3
    assert sum(isinstance(one, CodeSpent) for one in outcomes) == 21
    assert [budget["balance"] for budget in (await shop.rows())["budgets"]] == [0]


async def test_two_who_want_the_same_things_in_opposite_order_do_not_wait_for_each_other(shop: Shop) -> None:
    await shop.opens(mugs(stock=1000, baskets=80, articles=4))
    await shop.tills(2)

    # A deadlock would be raised here: below the gatherer nothing is tried again.
    outcomes = await _each_in_its_turn(shop, 2, batch=3)

    assert all(isinstance(one, Placed) for one in outcomes)
    assert await shop.committed() == [80] * 4


async def test_two_batches_with_the_same_carts_in_opposite_order_do_not_wait_for_each_other(shop: Shop) -> None:
    await shop.opens(mugs(stock=1000, baskets=40))
    await shop.tills(2)

    for start in range(0, 40, 4):
        four = [Asked(basket) for basket in range(start, start + 4)]
        there, back = await asyncio.gather(shop.places(*four, till=0), shop.places(*reversed(four), till=1))
        assert {(one.order_id, one.number) for one in there if isinstance(one, Placed)} == {
            (one.order_id, one.number) for one in back if isinstance(one, Placed)
        }

    assert await shop.committed() == [40]


async def test_stock_that_one_takes_is_gone_for_the_other_who_waited_for_it(shop: Shop) -> None:
    await shop.opens(mugs(stock=2, baskets=2, each=2))
    await shop.tills(2)

    outcomes = await asyncio.gather(shop.places(Asked(0), till=0), shop.places(Asked(1), till=1))

    ((one,), (other,)) = sorted(outcomes, key=lambda outcome: isinstance(outcome[0], OutOfStock))
    assert isinstance(one, Placed)
    assert isinstance(other, OutOfStock)
    assert (other.asked, other.free) == (2, 0)


async def _each_in_its_turn(shop: Shop, connections: int, *, batch: int) -> list[object]:
    """Every basket of the world is handed in once, over all connections at the same time."""
    waiting = list(range(len(shop.world.baskets)))
    outcomes: list[object] = []

    async def sell(till: int) -> None:
        while waiting:
            some = [Asked(waiting.pop()) for _ in range(min(batch, len(waiting)))]
            outcomes.extend(await shop.places(*some, till=till))

    await asyncio.gather(*(sell(till) for till in range(connections)))
    return outcomes

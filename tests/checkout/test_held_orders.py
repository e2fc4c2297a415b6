"""Orders of carts that hold what is in them: the last one is theirs, and what they hold and do not buy goes back."""

from dataclasses import replace

import pytest

from stoa.checkout.errors import OutOfStock
from stoa.checkout.placing import Placed
from stoa.stores.models import PaymentMethod
from tests.checkout.shop import Shop, mugs
from tests.checkout.worlds import Article, Asked, Basket, Depot, Held, Level, Line, World

ONE_EACH = mugs(stock=0, baskets=2)
HELD = replace(ONE_EACH.baskets[0], holds=(Held(0, 0, 1),))


async def level(shop: Shop, n: int = 0) -> tuple[int, int, int]:
    """What a level has committed, reserved, and is short of."""
    row = sorted((await shop.rows())["stock_levels"], key=lambda row: str(row["warehouse_id"]))[n]
    return row["committed"], row["reserved"], row["short"]


async def test_the_last_one_is_for_who_holds_it_whoever_comes_first(shop: Shop) -> None:
    await shop.opens(replace(ONE_EACH, baskets=(ONE_EACH.baskets[0], HELD)))

    first, second = await shop.places(Asked(0), Asked(1))

    assert isinstance(first, OutOfStock)
    assert (first.asked, first.free) == (1, 0)
    assert isinstance(second, Placed)
    assert await level(shop) == (1, 0, 0)
    (hold,) = (await shop.rows())["reservations"]
    assert hold["state"] == "confirmed"
    assert hold["closed_at"] is not None


async def test_what_is_held_is_sold_although_its_time_is_past_as_long_as_nobody_gave_it_back(shop: Shop) -> None:
    await shop.opens(replace(ONE_EACH, baskets=(replace(HELD, hold_past=True),)))

    (order,) = await shop.places(Asked(0))

    assert isinstance(order, Placed)
    assert await level(shop) == (1, 0, 0)


async def test_units_of_one_level_held_and_not_held_are_one_movement_of_their_line(shop: Shop) -> None:
    await shop.opens(
        replace(mugs(stock=2, baskets=1, each=3), baskets=(Basket((Line(0, 3),), holds=(Held(0, 0, 1),)),))
    )

    (order,) = await shop.places(Asked(0))

    assert isinstance(order, Placed)
    moved = [row for row in (await shop.rows())["stock_movements"] if row["order_id"]]
    assert sorted((row["kind"], row["committed"], row["reserved"]) for row in moved) == [
        ("commit", 3, 0),
        ("release", 0, -1),
    ]
    assert await level(shop) == (3, 0, 0)


async def test_an_order_that_waits_for_its_money_holds_what_its_cart_held(shop: Shop) -> None:
    await shop.opens(replace(ONE_EACH, baskets=(HELD,)))

    (order,) = await shop.places(Asked(0, method=PaymentMethod.CARD))

    assert isinstance(order, Placed)
    assert await level(shop) == (0, 1, 0)
    of_cart, of_order = sorted((await shop.rows())["reservations"], key=lambda row: row["order_id"] is not None)
    assert (of_cart["state"], of_order["state"]) == ("confirmed", "held")
    assert of_order["order_id"] == str(order.order_id)


async def test_what_is_not_counted_any_more_is_given_back_and_pays_first_what_is_missing(shop: Shop) -> None:
    miscounted = Article(price=100, price_now=100, levels=(Level(on_hand=1, committed=3, short=2),), tracked=False)
    basket = Basket((Line(0, 4),), holds=(Held(0, 0, 4),))
    await shop.opens(World((Depot(0),), (miscounted,), (), (basket,), 0, tax_included=True))

    (order,) = await shop.places(Asked(0))

    assert isinstance(order, Placed)
    assert await level(shop) == (3, 0, 0)


@pytest.mark.parametrize("method", [PaymentMethod.TEST, PaymentMethod.CARD])
async def test_an_empty_shelf_between_two_that_serve_takes_no_part(shop: Shop, method: PaymentMethod) -> None:
    spread = Article(price=100, price_now=100, levels=(Level(2), Level(0), Level(2)))
    await shop.opens(
        World((Depot(0), Depot(1), Depot(2)), (spread,), (), (Basket((Line(0, 3),)),), 0, tax_included=True)
    )

    (order,) = await shop.places(Asked(0, method=method))

    assert isinstance(order, Placed)
    taken = [row["committed"] + row["reserved"] for row in (await shop.rows())["stock_movements"] if row["order_id"]]
    assert sorted(taken) == [1, 2]

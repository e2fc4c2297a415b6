"""What placing refuses, it refuses in words, and nothing in the store has changed."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from stoa.carts.errors import CartNotFound
from stoa.checkout.errors import CheckoutIncomplete, CodeSpent, KeyReused, OutOfStock, QuoteChanged
from stoa.checkout.placing import Placed, Submission, place_orders
from tests.checkout.shop import Shop
from tests.checkout.world_rows import everything, submission
from tests.checkout.worlds import Article, Asked, Basket, Depot, Key, Level, Line, World, world_id

MUG = Article(price=1250, price_now=1250, levels=(Level(on_hand=3),))
TWO_MUGS = Basket((Line(article=0, quantity=2),))
SHOP = World(
    warehouses=(Depot(0),), articles=(MUG,), codes=(), baskets=(TWO_MUGS, TWO_MUGS), tax_rate_ppm=0, tax_included=True
)
FIRST_BASKET = Asked(basket=0)


async def sold(shop: Shop, asked: Asked | Submission) -> Any:
    """The one outcome."""
    (outcome,) = await shop.places(asked)
    return outcome


async def test_a_quote_that_ran_out(shop: Shop) -> None:
    await shop.opens(replace(SHOP, baskets=(replace(TWO_MUGS, quote_expired=True),)))

    assert isinstance(await shop.refuses(FIRST_BASKET), QuoteChanged)


async def test_a_quote_is_bought_until_the_very_minute_it_runs_out(shop: Shop) -> None:
    await shop.opens(SHOP)

    assert isinstance(await shop.refuses(replace(FIRST_BASKET, minutes_later=20)), QuoteChanged)
    assert isinstance(await sold(shop, replace(FIRST_BASKET, minutes_later=19)), Placed)


async def test_a_quote_that_was_replaced(shop: Shop) -> None:
    await shop.opens(SHOP)

    assert isinstance(await shop.refuses(replace(FIRST_BASKET, quote="older")), QuoteChanged)


async def test_the_quote_of_another_cart(shop: Shop) -> None:
    await shop.opens(SHOP)

    assert isinstance(await shop.refuses(replace(FIRST_BASKET, quote="of the next cart")), QuoteChanged)


async def test_a_cart_that_changed_after_its_quote(shop: Shop) -> None:
    await shop.opens(replace(SHOP, baskets=(replace(TWO_MUGS, changed=True),)))

    assert isinstance(await shop.refuses(FIRST_BASKET), QuoteChanged)


@pytest.mark.parametrize("price_now", [1249, 1251, None])
async def test_a_price_that_moved_in_either_direction_or_went(shop: Shop, price_now: int | None) -> None:
    await shop.opens(replace(SHOP, articles=(replace(MUG, price_now=price_now),)))

    assert isinstance(await shop.refuses(FIRST_BASKET), QuoteChanged)


async def test_a_price_that_staff_set_stands_whatever_the_list_says_now(shop: Shop) -> None:
    agreed = Basket((Line(article=0, quantity=2, staff_price=1),))
    await shop.opens(replace(SHOP, articles=(replace(MUG, price_now=9999),), baskets=(agreed,)))

    placed = await sold(shop, FIRST_BASKET)

    assert placed.total == 1 + 395


@pytest.mark.parametrize("sold", ["inactive", "deleted", "draft"])
async def test_something_that_is_not_sold_any_more(shop: Shop, sold: Any) -> None:
    await shop.opens(replace(SHOP, articles=(replace(MUG, sold=sold),)))

    assert isinstance(await shop.refuses(FIRST_BASKET), QuoteChanged)


async def test_more_than_there_is(shop: Shop) -> None:
    await shop.opens(replace(SHOP, baskets=(Basket((Line(0, 2), Line(0, 2))),)))

    refusal = await shop.refuses(FIRST_BASKET)

    assert isinstance(refusal, OutOfStock)
    assert refusal.data == {"variant_id": world_id("variant", 0), "asked": 4, "free": 3}
    assert refusal.sentence == "Only 3 left; 4 asked."


@pytest.mark.parametrize(
    "level",
    [Level(3, safety=2), Level(3, committed=2), Level(3, reserved=2), Level(1, committed=2, short=1)],
    ids=["kept back", "sold", "held", "miscounted"],
)
async def test_what_is_there_and_promised_is_not_sold_again(shop: Shop, level: Level) -> None:
    await shop.opens(replace(SHOP, articles=(replace(MUG, levels=(level,)),)))

    refusal = await shop.refuses(FIRST_BASKET)

    assert refusal.data["free"] == max(level.on_hand - 2, 0)


async def test_what_stands_in_a_closed_warehouse_is_not_sold(shop: Shop) -> None:
    closed = replace(SHOP, warehouses=(Depot(0, is_active=False),))
    await shop.opens(closed)

    assert (await shop.refuses(FIRST_BASKET)).data["free"] == 0


async def test_a_code_that_is_spent(shop: Shop) -> None:
    await shop.opens(replace(SHOP, codes=(0,), baskets=(replace(TWO_MUGS, code=0),)))

    assert isinstance(await shop.refuses(FIRST_BASKET), CodeSpent)


async def test_a_cart_without_an_address(shop: Shop) -> None:
    await shop.opens(replace(SHOP, baskets=(replace(TWO_MUGS, missing=("email", "shipping")),)))

    refusal = await shop.refuses(FIRST_BASKET)

    assert isinstance(refusal, CheckoutIncomplete)
    assert refusal.sentence == "Before buying, please give: an e-mail address, a delivery address."


@pytest.mark.parametrize("holder", ["wrong token", "customer", "other customer"])
async def test_a_cart_of_somebody_else(shop: Shop, holder: Any) -> None:
    await shop.opens(SHOP)

    assert isinstance(await shop.refuses(replace(FIRST_BASKET, holder=holder)), CartNotFound)


async def test_a_cart_that_does_not_exist_and_one_that_ran_out_look_the_same(shop: Shop) -> None:
    await shop.opens(replace(SHOP, baskets=(replace(TWO_MUGS, expired=True),)))

    ran_out = await shop.refuses(FIRST_BASKET)
    unknown = await shop.refuses(Asked(basket=7))

    assert (type(ran_out), ran_out.sentence) == (type(unknown), unknown.sentence) == (CartNotFound, CartNotFound.says)


async def test_a_cart_of_another_store(shop: Shop) -> None:
    await shop.opens(SHOP)
    here = submission(SHOP, 1, FIRST_BASKET)
    elsewhere = uuid4()

    await shop.tills(1)
    outcomes = await place_orders(shop.connections[0], elsewhere, [here], [1])

    assert [type(outcome) for outcome in outcomes] == [CartNotFound]
    assert not any((await everything(shop.database, elsewhere)).values())


async def test_the_same_key_with_the_same_request_gives_the_order_again_and_changes_nothing(shop: Shop) -> None:
    await shop.opens(SHOP)
    asked = replace(FIRST_BASKET, key=Key("cart 0", "k", request=1))
    placed = await sold(shop, asked)
    before = await shop.rows()

    again = await sold(shop, asked)

    assert again == replace(placed, anew=False)
    assert await shop.rows() == before


async def test_the_same_key_with_another_request(shop: Shop) -> None:
    await shop.opens(SHOP)
    await sold(shop, replace(FIRST_BASKET, key=Key("customer", "k", request=1)))

    assert isinstance(await shop.refuses(Asked(basket=1, key=Key("customer", "k", request=2))), KeyReused)


async def test_the_key_of_somebody_else_opens_nothing_and_stands_in_nobodys_way(shop: Shop) -> None:
    await shop.opens(replace(SHOP, baskets=(Basket((Line(0, 1),)), Basket((Line(0, 1),)))))
    first = await sold(shop, replace(FIRST_BASKET, key=Key("cart 0", "k", request=1)))

    # With our key and our cart's id, but not our token:
    stranger = replace(FIRST_BASKET, holder="wrong token", key=Key("cart 0", "k", request=1))
    assert isinstance(await shop.refuses(stranger), CartNotFound)

    # The same word under their own name is another key.
    second = await sold(shop, Asked(basket=1, key=Key("cart 1", "k", request=2)))
    assert second.anew
    assert second.order_id != first.order_id


async def test_an_order_id_that_is_taken_is_an_error_and_not_a_lost_order(shop: Shop) -> None:
    await shop.opens(replace(SHOP, baskets=(Basket((Line(0, 1),)), Basket((Line(0, 1),)))))
    first = submission(SHOP, 1, FIRST_BASKET)
    await sold(shop, first)
    before = await shop.rows()

    # Another id whose first twelve bytes, from which its lines' ids are made, are the same.
    sibling = UUID(bytes=first.order_id.bytes[:12] + b"\xff" * 4)
    with pytest.raises(asyncpg.UniqueViolationError):
        await sold(shop, replace(submission(SHOP, 2, Asked(basket=1)), order_id=sibling))

    assert await shop.rows() == before


async def test_an_order_takes_from_the_first_warehouse_and_the_rest_from_the_next(shop: Shop) -> None:
    article = replace(MUG, levels=(Level(5), Level(2, safety=1), None))
    await shop.opens(replace(SHOP, warehouses=(Depot(1), Depot(0), Depot(0)), articles=(article,)))

    await sold(shop, FIRST_BASKET)

    committed = {row["warehouse_id"]: row["committed"] for row in (await shop.rows())["stock_levels"]}
    assert committed == {str(world_id("warehouse", 0)): 1, str(world_id("warehouse", 1)): 1}


async def test_an_order_that_costs_nothing_is_paid_and_asks_for_no_payment(shop: Shop) -> None:
    gift = Basket((Line(article=0, quantity=1, staff_price=0),))
    await shop.opens(replace(SHOP, baskets=(gift,), shipping=0))

    placed = await sold(shop, FIRST_BASKET)

    assert (placed.total, placed.state, placed.payment_state) == (0, "confirmed", "paid")
    assert "payments" not in await shop.rows()

"""What a basket costs: worked by hand, and what holds of every basket."""

from dataclasses import replace
from typing import Any, Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stoa.pricing import Basket, Explanation, ShippingRate, total
from tests.examples import examples
from tests.pricing.baskets import baskets, code, line

POST = ShippingRate("Post", 395, free_from=5000)


def basket(*lines: Any, **facts: Any) -> Basket:
    """Pounds, no tax, nothing to send, unless said."""
    plain = {"currency": "GBP", "tax_rate_ppm": 0, "tax_included": True, "rounding": "total"}
    return Basket(**{**plain, "lines": lines, **facts})


def test_lines_and_shipping_make_the_total() -> None:
    totals = total(basket(line(1, 1250, 2), line(2, 399), shipping=POST))

    assert (totals.subtotal, totals.discount, totals.shipping, totals.tax, totals.total) == (2899, 0, 395, 0, 3294)
    assert [one.total for one in totals.lines] == [2500, 399]


def test_shipping_is_free_from_what_is_paid_for_goods_and_not_from_what_they_cost_before_the_code() -> None:
    assert total(basket(line(1, 5000), shipping=POST)).shipping == 0
    assert total(basket(line(1, 4999), shipping=POST)).shipping == 395
    assert total(basket(line(1, 5000), shipping=POST, discount=code(1))).shipping == 395


def test_staff_set_shipping_whatever_the_rate() -> None:
    assert total(basket(line(1, 9000), shipping=POST, shipping_override=750)).shipping == 750
    assert total(basket(line(1, 9000), shipping_override=0, shipping=POST)).total == 9000


def test_a_staff_price_is_of_the_whole_line_and_its_unit_price_the_nearest() -> None:
    (priced,) = total(basket(line(1, 1250, 3, staff_price=1000))).lines

    assert (priced.amount, priced.unit_price, priced.override_reason) == (1000, 333, "agreed")


def test_a_discount_is_spread_by_largest_remainder() -> None:
    # 100 over 999, 333 and 333: 59.999..., 20 and 20 by exact shares 60, 20, 20.
    totals = total(basket(line(1, 999), line(2, 333), line(3, 333), discount=code(100)))
    assert [one.discount for one in totals.lines] == [60, 20, 20]

    # 100 over three equal lines: 33 each and one over, which goes to the smallest id, wherever it stands.
    totals = total(basket(line(3, 500), line(1, 500), line(2, 500), discount=code(100)))
    assert {one.id.int: one.discount for one in totals.lines} == {1: 34, 2: 33, 3: 33}

    # 10 over 1, 1 and 98: exact shares 0.1, 0.1 and 9.8; the largest remainder gets what is over.
    totals = total(basket(line(1, 1), line(2, 1), line(3, 98), discount=code(10)))
    assert [one.discount for one in totals.lines] == [0, 0, 10]


def test_a_code_worth_more_than_the_goods_takes_the_goods_and_not_the_shipping() -> None:
    totals = total(basket(line(1, 300), line(2, 200), shipping=POST, discount=code(1000)))

    assert (totals.subtotal, totals.discount, totals.total) == (500, 500, 395)
    assert [one.total for one in totals.lines] == [0, 0]


# 20 % on 3 x 0.33 and 0.17, nothing to send: where each mode rounds shows in the pennies.
@pytest.mark.parametrize(
    ("rounding", "taxes"),
    [
        ("unit", [7 * 3, 3]),  # 0.066 a unit is 0.07, three of them 0.21; 0.034 is 0.03
        ("line", [20, 3]),  # 0.198 is 0.20; 0.034 is 0.03
        ("total", [20, 3]),  # 0.232 is 0.23, given out 0.1980... and 0.0340...
    ],
)
def test_tax_on_top_is_rounded_where_the_store_says(
    rounding: Literal["unit", "line", "total"], taxes: list[int]
) -> None:
    totals = total(basket(line(1, 33, 3), line(2, 17), tax_rate_ppm=200_000, tax_included=False, rounding=rounding))

    assert [one.tax for one in totals.lines] == taxes
    assert (totals.tax, totals.total) == (sum(taxes), 116 + sum(taxes))


@pytest.mark.parametrize(
    ("rounding", "taxes"),
    [
        ("unit", [2 * 10, 2 * 10]),  # of 10: net 8.33 is 8, so 2 of every unit
        ("line", [17, 17]),  # of 100: net 83.33 is 83
        ("total", [17, 16]),  # of 200: net 166.67 is 167, so 33; the one that is over goes to the smaller id
    ],
)
def test_tax_that_prices_include_is_what_the_rounded_net_leaves(
    rounding: Literal["unit", "line", "total"], taxes: list[int]
) -> None:
    totals = total(basket(line(1, 10, 10), line(2, 10, 10), tax_rate_ppm=200_000, rounding=rounding))

    assert [one.tax for one in totals.lines] == taxes
    assert totals.total == 200


def test_half_a_penny_is_rounded_away_from_zero() -> None:
    on_top = basket(line(1, 50), tax_rate_ppm=50_000, tax_included=False)  # 2.5
    included = basket(line(1, 21), tax_rate_ppm=1_000_000)  # net 10.5 is 11, so 10 of tax

    assert total(on_top).tax == 3
    assert total(included).tax == 10


def test_shipping_is_taxed_as_goods_are() -> None:
    totals = total(basket(line(1, 1000), shipping=POST, tax_rate_ppm=200_000, tax_included=False))

    assert (totals.lines[0].tax, totals.shipping_tax, totals.tax, totals.total) == (200, 79, 279, 1674)


def test_tax_is_of_what_is_paid_and_not_of_what_the_code_took() -> None:
    totals = total(basket(line(1, 1000), discount=code(500), tax_rate_ppm=200_000, tax_included=False))

    assert (totals.tax, totals.total) == (100, 600)


def test_every_figure_is_explained() -> None:
    wanted = basket(
        line(1, 1000), line(2, 10, staff_price=250), shipping=POST, discount=code(100), tax_rate_ppm=200_000
    )

    assert total(wanted).explanation == (
        Explanation("list_price", 1000, "Price of the list times quantity.", UUID(int=1)),
        Explanation("staff_price", 250, "Set by staff: agreed", UUID(int=2)),
        Explanation("discount_code", -100, "Code SPRING."),
        Explanation("shipping", 395, "Post."),
        Explanation("tax", 257, "Tax of 20 %, included in the prices, rounded per total."),
    )


@examples(150)
@given(baskets())
def test_every_figure_is_the_sum_of_its_parts(wanted: Basket) -> None:
    totals = total(wanted)
    on_top = 0 if wanted.tax_included else 1

    assert totals.subtotal == sum(one.amount for one in totals.lines)
    assert totals.discount == sum(one.discount for one in totals.lines)
    assert totals.tax == sum(one.tax for one in totals.lines) + totals.shipping_tax
    assert totals.total == totals.subtotal - totals.discount + totals.shipping + on_top * totals.tax
    assert totals.total == sum(one.total for one in totals.lines) + totals.shipping + on_top * totals.shipping_tax
    for one in totals.lines:
        assert one.total == one.amount - one.discount + on_top * one.tax


@examples(150)
@given(baskets())
def test_nothing_is_below_zero_and_no_discount_or_tax_is_more_than_it_is_of(wanted: Basket) -> None:
    totals = total(wanted)

    assert min(totals.subtotal, totals.discount, totals.shipping, totals.shipping_tax, totals.tax, totals.total) >= 0
    assert totals.discount <= totals.subtotal
    assert totals.shipping_tax <= totals.shipping
    for one in totals.lines:
        assert 0 <= one.discount <= one.amount
        assert 0 <= one.tax <= one.amount - one.discount
        assert one.total >= 0


@examples(150)
@given(baskets(), st.randoms(use_true_random=False))
def test_the_order_of_the_lines_changes_nothing(wanted: Basket, chance: Any) -> None:
    shuffled = list(wanted.lines)
    chance.shuffle(shuffled)

    ours, theirs = total(wanted), total(replace(wanted, lines=tuple(shuffled)))

    assert replace(ours, lines=(), explanation=()) == replace(theirs, lines=(), explanation=())
    assert {one.id: one for one in ours.lines} == {one.id: one for one in theirs.lines}
    assert sorted(map(repr, ours.explanation)) == sorted(map(repr, theirs.explanation))


@examples(150)
@given(baskets())
def test_tax_is_within_half_a_minor_unit_of_the_exact_one_for_each_time_it_is_rounded(wanted: Basket) -> None:
    totals = total(wanted)
    taxed = totals.subtotal - totals.discount + totals.shipping
    base = 1_000_000 + (wanted.tax_rate_ppm if wanted.tax_included else 0)
    roundings = {
        "total": 1,
        "line": len(wanted.lines) + 1,
        "unit": sum(one.quantity for one in wanted.lines) + 1,
    }[wanted.rounding]

    # |tax - exact| <= roundings / 2, all times 2 x base, so that no fraction is needed.
    assert abs(totals.tax * base - taxed * wanted.tax_rate_ppm) * 2 <= roundings * base


@examples(150)
@given(baskets())
def test_a_price_that_includes_tax_does_not_move_with_the_rate(wanted: Basket) -> None:
    included = replace(wanted, tax_included=True)

    assert total(included).total == total(replace(included, tax_rate_ppm=0)).total


@examples(150)
@given(baskets())
def test_every_discount_is_within_one_of_its_exact_share(wanted: Basket) -> None:
    totals = total(wanted)

    for one in totals.lines:
        if totals.subtotal:
            assert abs(one.discount * totals.subtotal - totals.discount * one.amount) < totals.subtotal

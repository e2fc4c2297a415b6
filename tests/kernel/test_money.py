"""Money is whole minor units: read, written, divided and split without losing one."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stoa.kernel.money import (
    LARGEST_AMOUNT,
    UnknownCurrency,
    allocate,
    divide,
    exponent,
    format_money,
)
from tests.examples import examples

CURRENCIES = ["JPY", "EUR", "HUF", "ALL", "KWD", "CLF"]


@pytest.mark.parametrize(
    ("currency", "digits"), [("JPY", 0), ("ISK", 0), ("EUR", 2), ("HUF", 2), ("ALL", 2), ("KWD", 3), ("CLF", 4)]
)
def test_a_currency_has_the_decimals_of_iso_4217(currency: str, digits: int) -> None:
    assert exponent(currency) == digits


@pytest.mark.parametrize("currency", ["", "EU", "eur", "XXZ", "EURO", "ЕUR"])
def test_what_is_no_currency_is_refused(currency: str) -> None:
    with pytest.raises(UnknownCurrency):
        exponent(currency)


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "written"),
    [
        (1250, "EUR", "de-DE", "12,50\xa0€"),
        (-1250, "GBP", "en-GB", "-£12.50"),
        (1250, "JPY", "ja-JP", "￥1,250"),
        (12345, "KWD", "en-GB", "KWD12.345"),
        # Shown without decimals by CLDR, which would have been 50 qindarka less.
        (1250, "ALL", "sq-AL", "12,50\xa0Lekë"),
        (1250, "ISK", "is-IS", "1.250\xa0kr."),
        (123456789, "GBP", "en", "£1,234,567.89"),
    ],
)
def test_an_amount_is_written_as_people_there_write_it(amount: int, currency: str, locale: str, written: str) -> None:
    assert format_money(amount, currency, locale) == written


@examples(200)
@given(st.integers(-LARGEST_AMOUNT, LARGEST_AMOUNT), st.sampled_from(CURRENCIES))
def test_no_digit_is_lost_when_an_amount_is_shown(amount: int, currency: str) -> None:
    shown = "".join(character for character in format_money(amount, currency, "en-GB") if character in "0123456789")

    assert int(shown) == abs(amount)


@pytest.mark.parametrize(
    ("numerator", "denominator", "quotient"),
    [(5, 2, 3), (-5, 2, -3), (7, 3, 2), (8, 3, 3), (0, 9, 0), (1, 2, 1), (-1, 2, -1), (10**40 + 1, 2, 5 * 10**39 + 1)],
)
def test_half_is_rounded_away_from_zero(numerator: int, denominator: int, quotient: int) -> None:
    assert divide(numerator, denominator) == quotient


@examples(300)
@given(
    st.integers(-(10**15), 10**15),
    st.dictionaries(st.integers(), st.integers(0, 10**15), min_size=1).filter(lambda shares: any(shares.values())),
    st.randoms(use_true_random=False),
)
def test_parts_sum_to_the_whole_are_within_one_of_their_share_and_do_not_depend_on_order(
    amount: int, weights: dict[int, int], chance: Random
) -> None:
    shares = list(weights.items())
    parts = allocate(amount, shares)
    whole = sum(weights.values())
    chance.shuffle(shares)

    assert sum(parts.values()) == amount
    assert all(abs(parts[key] * whole - amount * weight) < whole for key, weight in weights.items())
    assert all(parts[key] == 0 for key, weight in weights.items() if weight == 0)
    assert allocate(amount, shares) == parts
    assert allocate(-amount, shares) == {key: -part for key, part in parts.items()}


def test_largest_remainders_are_served_first_and_ties_by_the_smaller_key() -> None:
    assert allocate(100, [(3, 1), (1, 1), (2, 1)]) == {1: 34, 2: 33, 3: 33}
    assert allocate(10, [("a", 1), ("b", 1), ("c", 98)]) == {"a": 0, "b": 0, "c": 10}
    assert allocate(-100, [(1, 1), (2, 1), (3, 1)]) == {1: -34, 2: -33, 3: -33}

"""Money is a whole number of minor units beside an ISO 4217 currency. No float, no Decimal column."""

from collections.abc import Sequence
from copy import copy
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from babel import Locale
from babel.numbers import UnknownCurrencyError, get_currency_precision, validate_currency

from stoa.kernel.refusals import Invalid

# ISO 4217 (table A.1, column "minor unit") where CLDR, which Babel carries, shows fewer digits than the currency has.
_ISO_4217 = {
    "AFN": 2, "ALL": 2, "BHD": 3, "BIF": 0, "CLF": 4, "CLP": 0, "COP": 2, "CRC": 2, "DJF": 0, "GNF": 0, "HUF": 2,
    "IDR": 2, "IQD": 3, "IRR": 2, "ISK": 0, "JOD": 3, "JPY": 0, "KMF": 0, "KPW": 2, "KRW": 0, "KWD": 3, "LAK": 2,
    "LBP": 2, "LYD": 3, "MGA": 2, "MMK": 2, "MRU": 2, "OMR": 3, "PKR": 2, "PYG": 0, "RSD": 2, "RWF": 0, "SLE": 2,
    "SOS": 2, "SYP": 2, "TND": 3, "TWD": 2, "TZS": 2, "UGX": 0, "UYI": 0, "UYW": 4, "UZS": 2, "VND": 0, "VUV": 0,
    "XAF": 0, "XOF": 0, "XPF": 0, "YER": 2,
}  # fmt: skip

# Anything larger is a typing mistake, and sums of many such amounts still fit a bigint.
LARGEST_AMOUNT = 10**15

K = TypeVar("K", int, str, UUID)


class UnknownCurrency(Invalid):
    """The three letters name no currency."""

    code = "money.unknown_currency"
    says = "{currency} is no currency; an ISO 4217 code such as EUR is."

    currency: str


def exponent(currency: str) -> int:
    """How many decimals the currency has: 0, 2, 3 or 4.

    Raises UnknownCurrency.
    """
    if currency in _ISO_4217:
        return _ISO_4217[currency]
    try:
        validate_currency(currency)
    except UnknownCurrencyError:
        raise UnknownCurrency(currency=currency) from None
    return get_currency_precision(currency)


def decimal_amount(amount: int, currency: str) -> Decimal:
    """The amount in major units, exact: 1250 EUR is 12.50."""
    return Decimal(amount).scaleb(-exponent(currency))


def format_money(amount: int, currency: str, locale: str) -> str:
    """The amount as people of that locale write it ("de-DE": "12,50 €")."""
    spoken = Locale.parse(locale, sep="-")
    pattern = copy(spoken.currency_formats["standard"])
    # The currency's own decimals: CLDR leaves out those that people seldom use, and what is left out would be owed.
    pattern.frac_prec = (exponent(currency),) * 2
    return str(pattern.apply(decimal_amount(amount, currency), spoken, currency=currency, currency_digits=False))


def divide(numerator: int, denominator: int) -> int:
    """The quotient rounded to a whole number, half away from zero.

    `denominator` is positive. Exact: no float on the way.
    """
    assert denominator > 0, "amounts are divided by something positive"
    quotient, rest = divmod(abs(numerator), denominator)
    if 2 * rest >= denominator:
        quotient += 1
    return quotient if numerator >= 0 else -quotient


def allocate(amount: int, weights: Sequence[tuple[K, int]]) -> dict[K, int]:
    """Split an amount in proportion to weights by largest remainder: the parts always sum to the whole.

    Weights are not negative and not all zero. Where remainders tie, the smaller key is served first, so the result
    does not depend on the order in which the lines stand.
    """
    whole = sum(weight for _, weight in weights)
    assert whole > 0, "an amount is split over something"
    sign = -1 if amount < 0 else 1
    parts = {key: abs(amount) * weight // whole for key, weight in weights}
    remainders = sorted(weights, key=lambda kw: (-(abs(amount) * kw[1] % whole), kw[0]))
    for key, _ in remainders[: abs(amount) - sum(parts.values())]:
        parts[key] += 1
    return {key: sign * part for key, part in parts.items()}

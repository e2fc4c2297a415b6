"""Countries by ISO 3166-1 alpha-2 code, with the names people of a language give them."""

from babel import Locale

from stoa.kernel.refusals import Invalid
from stoa.kernel.text import shown

# What CLDR names with two letters besides countries: islands inside another country, groupings, test and unknown codes.
_NO_COUNTRY = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}

# The 249 codes of ISO 3166-1, and XK, which ISO leaves to its users and everybody uses for Kosovo.
COUNTRIES = frozenset(
    code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRY
)


class CountryMissing(Invalid):
    """An address without a country: nobody can ship or tax it."""

    code = "address.country_missing"
    says = "An address without a country cannot be used; choose the country."


class UnknownCountry(Invalid):
    """The code is no country's."""

    code = "address.unknown_country"
    says = "“{country}” is no country; a two-letter ISO 3166-1 code such as GB is."

    country: str


def clean_country(text: str) -> str:
    """The code in capital letters.

    Raises CountryMissing, UnknownCountry.
    """
    given = text.strip()
    if not given:
        raise CountryMissing()
    # Only ASCII is put in capitals: those of "ß" would be the code of South Sudan.
    code = given.upper() if given.isascii() else given
    if code not in COUNTRIES:
        raise UnknownCountry(country=shown(given))
    return code


def country_name(code: str, locale: str) -> str:
    """The country's name in a language ("de-DE": "Frankreich"); the code itself where that language has none."""
    return str(Locale.parse(locale, sep="-").territories.get(code, code))

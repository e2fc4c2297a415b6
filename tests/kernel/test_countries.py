"""A country is one of ISO 3166-1, and is named in the reader's language."""

import pytest

from stoa.kernel.countries import COUNTRIES, CountryMissing, UnknownCountry, clean_country, country_name


def test_the_countries_of_iso_3166_and_kosovo() -> None:
    assert len(COUNTRIES) == 250
    assert {"GB", "FR", "AQ", "SS", "XK"} <= COUNTRIES
    assert COUNTRIES.isdisjoint({"EU", "UN", "UK", "ZZ", "IC", "EN"})


def test_a_code_may_be_written_small() -> None:
    assert clean_country(" gb ") == "GB"


def test_an_address_without_a_country_is_told_so() -> None:
    with pytest.raises(CountryMissing) as refusal:
        clean_country("  ")
    assert refusal.value.sentence == "An address without a country cannot be used; choose the country."


@pytest.mark.parametrize("text", ["UK", "EU", "GBR", "Germany", "🇬🇧", "\x00\x00", "ß", "ZZ" * 10_000])
def test_what_is_no_country_is_refused(text: str) -> None:
    with pytest.raises(UnknownCountry):
        clean_country(text)


def test_countries_have_names_in_a_language() -> None:
    assert country_name("FR", "de-DE") == "Frankreich"

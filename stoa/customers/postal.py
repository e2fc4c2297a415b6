"""A postal address: the form it has everywhere in the shop, and the one check it passes."""

from dataclasses import dataclass

from stoa.kernel.countries import clean_country, country_name
from stoa.kernel.text import NAME, clean

_CITY = 100
_POSTAL_CODE = 20
_PHONE = 40


@dataclass(frozen=True, kw_only=True)
class PostalAddress:
    """Where something is sent or who is billed. `country` is ISO 3166-1 alpha-2."""

    name: str
    company: str = ""
    line1: str
    line2: str = ""
    city: str
    region: str = ""
    postal_code: str = ""
    country: str
    phone: str = ""


def check_address(address: PostalAddress) -> PostalAddress:
    """The address as it is kept: trimmed, its country in capital letters.

    Name, first line and city are needed; a postal code is not, since a good third of the world has none.

    Raises CountryMissing, UnknownCountry, TextMissing, TextTooLong, TextUnprintable.
    """
    return PostalAddress(
        country=clean_country(address.country),
        name=clean("name", address.name, NAME, required=True),
        company=clean("company", address.company, NAME),
        line1=clean("line1", address.line1, NAME, required=True),
        line2=clean("line2", address.line2, NAME),
        city=clean("city", address.city, _CITY, required=True),
        region=clean("region", address.region, _CITY),
        postal_code=clean("postal_code", address.postal_code, _POSTAL_CODE),
        phone=clean_phone(address.phone),
    )


def envelope(
    *,
    name: str,
    company: str,
    line1: str,
    line2: str,
    city: str,
    region: str,
    postal_code: str,
    country: str,
    locale: str,
) -> list[str]:
    """The lines of an address as they stand on an envelope, the country in words of that locale; none without one."""
    if not country:
        return []
    town = " ".join(part for part in (city, postal_code) if part)
    lines = (name, company, line1, line2, town, region, country_name(country, locale))
    return [line for line in lines if line]


def clean_phone(text: str) -> str:
    """A telephone number as it was written, at most 40 characters. Raises TextTooLong, TextUnprintable."""
    return clean("phone", text, _PHONE)

"""The file's 38 country names as ISO 3166-1 codes.

An order needs a country to be sent to, and the file has no addresses. Where a name is no one country, a stand-in takes
its place and the file's own word stays readable in the address (`region`).
"""

from functools import lru_cache

from stoa.customers.postal import PostalAddress

HOME = "GB"

_CODES = {
    "Australia": "AU", "Austria": "AT", "Bahrain": "BH", "Belgium": "BE", "Brazil": "BR", "Canada": "CA",
    "Cyprus": "CY", "Czech Republic": "CZ", "Denmark": "DK", "EIRE": "IE", "Finland": "FI", "France": "FR",
    "Germany": "DE", "Greece": "GR", "Hong Kong": "HK", "Iceland": "IS", "Israel": "IL", "Italy": "IT", "Japan": "JP",
    "Lebanon": "LB", "Lithuania": "LT", "Malta": "MT", "Netherlands": "NL", "Norway": "NO", "Poland": "PL",
    "Portugal": "PT", "RSA": "ZA", "Saudi Arabia": "SA", "Singapore": "SG", "Spain": "ES", "Sweden": "SE",
    "Switzerland": "CH", "USA": "US", "United Arab Emirates": "AE", "United Kingdom": "GB",
}  # fmt: skip

# Jersey and Guernsey have a code each and none together; the other two are the shop's own country for want of another.
STAND_INS = {"Channel Islands": "JE", "European Community": HOME, "Unspecified": HOME}

_NOT_IN_THE_FILE = "not in the file"


@lru_cache(maxsize=8192)
def address_of(customer: str, country: str) -> PostalAddress:
    """The address of an order: the country the file names, and stand-ins for what it does not hold."""
    code = _CODES.get(country)
    return PostalAddress(
        name=f"Customer {customer}" if customer else "Unknown customer",
        line1=_NOT_IN_THE_FILE,
        city=_NOT_IN_THE_FILE,
        region="" if code else country or "Unspecified",
        country=code or STAND_INS.get(country, HOME),
    )


def has_stand_in(country: str) -> bool:
    """Whether the name is no one country, so that another stands for it."""
    return country not in _CODES

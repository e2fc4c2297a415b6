"""A place on the globe: decimal degrees as people write them, whole microdegrees (some eleven centimetres) inside."""

import re
from dataclasses import dataclass

from stoa.kernel.refusals import Invalid
from stoa.kernel.text import shown

_DEGREES = re.compile(r"([+-]?)(\d{1,3})(?:\.(\d{1,6}))?")
_POLE, _ANTIMERIDIAN = 90_000_000, 180_000_000


class BadSpot(Invalid):
    """No place on the globe."""

    code = "address.bad_spot"
    says = (
        "“{latitude}”, “{longitude}” is no place; decimal degrees are meant, at most 90 of latitude and 180 of"
        " longitude, with at most six decimals."
    )

    latitude: str
    longitude: str


@dataclass(frozen=True)
class Spot:
    """Where something is. Degrees are text outside, so that nobody rounds them on the way."""

    latitude_microdegrees: int
    longitude_microdegrees: int

    @staticmethod
    def read(latitude: str, longitude: str) -> "Spot":
        """From decimal degrees, such as 51.507351 and -0.127758. Raises BadSpot."""
        lat, lon = _microdegrees(latitude), _microdegrees(longitude)
        if lat is None or lon is None or abs(lat) > _POLE or abs(lon) > _ANTIMERIDIAN:
            raise BadSpot(latitude=shown(latitude), longitude=shown(longitude))
        return Spot(lat, lon)

    @property
    def latitude(self) -> str:
        """Decimal degrees, north above zero."""
        return _degrees(self.latitude_microdegrees)

    @property
    def longitude(self) -> str:
        """Decimal degrees, east above zero."""
        return _degrees(self.longitude_microdegrees)


def spot_of(latitude_microdegrees: int | None, longitude_microdegrees: int | None) -> Spot | None:
    """The place that two columns name; None where they are empty."""
    if latitude_microdegrees is None or longitude_microdegrees is None:
        return None
    return Spot(latitude_microdegrees, longitude_microdegrees)


def _microdegrees(text: str) -> int | None:
    found = _DEGREES.fullmatch(text.strip()) if text.isascii() else None
    if found is None:
        return None
    sign, whole, part = found.groups()
    size = int(whole) * 1_000_000 + int((part or "").ljust(6, "0"))
    return -size if sign == "-" else size


def _degrees(microdegrees: int) -> str:
    whole, part = divmod(abs(microdegrees), 1_000_000)
    return f"{'-' if microdegrees < 0 else ''}{whole}.{part:06}"

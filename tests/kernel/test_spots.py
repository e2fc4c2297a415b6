"""Places on the globe are read from decimal degrees and told again to the last digit."""

import pytest

from stoa.kernel.spots import BadSpot, Spot, spot_of
from tests.promises import refused


@pytest.mark.parametrize(
    ("latitude", "longitude", "inside", "told"),
    [
        ("51.507351", "-0.127758", (51_507_351, -127_758), ("51.507351", "-0.127758")),
        ("+90", "180", (90_000_000, 180_000_000), ("90.000000", "180.000000")),
        ("-90.0", "-180.000000", (-90_000_000, -180_000_000), ("-90.000000", "-180.000000")),
        (" 0 ", "-0", (0, 0), ("0.000000", "0.000000")),
        ("1.1", "0.000001", (1_100_000, 1), ("1.100000", "0.000001")),
    ],
)
def test_a_place_is_kept_to_the_last_digit(latitude, longitude, inside, told):
    spot = Spot.read(latitude, longitude)

    assert (spot.latitude_microdegrees, spot.longitude_microdegrees) == inside
    assert (spot.latitude, spot.longitude) == told
    assert Spot.read(*told) == spot_of(*inside) == spot


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        ("90.000001", "0"), ("-91", "0"), ("0", "180.000001"), ("0", "999"), ("", "0"), ("0", ""), ("51,5", "0"),
        ("5e1", "0"), ("1.1234567", "0"), ("١", "0"), ("nan", "0"), ("1" * 400, "0"), ("0", "--1"),
    ],
)  # fmt: skip
def test_what_is_no_place_is_refused(latitude, longitude):
    with refused(BadSpot):
        Spot.read(latitude, longitude)


def test_without_both_there_is_no_place():
    assert spot_of(None, None) is spot_of(1, None) is spot_of(None, 1) is None

"""Slugs are what is left of a title in an address."""

import pytest

from stoa.catalog.slugs import LONGEST_SLUG, free_slug, slugify


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Harbour Mug", "harbour-mug"),
        ("  Crème   brûlée & Söhne ", "creme-brulee-sohne"),
        ("Grandma’s  “best” jam", "grandmas-best-jam"),
        ("Smørrebrød, Łódź, Straße", "smorrebrod-lodz-strasse"),
        ("½ price — 50%", "1-2-price-50"),
        ("花瓶", ""),
        ("---", ""),
    ],
)
def test_a_title_becomes_a_slug(text, slug):
    assert slugify(text) == slug


def test_a_slug_is_cut_without_a_hyphen_at_its_end():
    assert slugify("a" * (LONGEST_SLUG - 1) + " b") == "a" * (LONGEST_SLUG - 1)


def test_a_numbered_slug_still_fits():
    longest = "a" * LONGEST_SLUG

    assert free_slug(longest, {longest}) == "a" * 68 + "-2"

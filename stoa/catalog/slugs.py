"""Slugs: the part of an address that names a product or a category."""

import re
from collections.abc import Collection

from stoa.catalog.errors import BadSlug
from stoa.kernel.folding import fold

LONGEST_SLUG = 80

# A slug that is given a number keeps so much of its beginning.
NUMBERED_STEM = 68

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

# Letters that Unicode does not take apart into a plain letter and an accent.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i"})


def slugify(text: str) -> str:
    """The text as part of an address: "Crème brûlée & Söhne" is "creme-brulee-sohne".

    Letters a to z, digits and single hyphens; empty where nothing of the text can stay.
    """
    plain = re.sub(r"['’`]", "", fold(text)).translate(_PLAIN)
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_SLUG].rstrip("-")


def checked_slug(slug: str) -> str:
    """The slug itself. Raises BadSlug unless it could stand in an address as it is."""
    if len(slug) > LONGEST_SLUG or not _SLUG.fullmatch(slug):
        raise BadSlug(slug=slug[:100], longest=LONGEST_SLUG)
    return slug


def free_slug(wanted: str, taken: Collection[str]) -> str:
    """`wanted`, or with the first number from 2 on that makes it free: "mug", "mug-2", "mug-3"."""
    if wanted not in taken:
        return wanted
    number = 2
    while (slug := f"{wanted[:NUMBERED_STEM]}-{number}") in taken:
        number += 1
    return slug

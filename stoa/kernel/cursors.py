"""Cursors of lists: where the last page ended, as opaque text. Lists go on from a key, never by counting rows."""

import base64
import binascii
import json
from typing import Any

from stoa.kernel.refusals import Invalid


class BadCursor(Invalid):
    """The cursor was not made by us, or not for this list."""

    code = "cursor.invalid"
    says = "This cursor is not one of this list; take `next` from the page before, or leave it out to begin anew."


def encode(key: list[Any]) -> str:
    """Opaque text for the sort key (JSON values) of the last row of a page."""
    return base64.urlsafe_b64encode(json.dumps(key, separators=(",", ":")).encode()).rstrip(b"=").decode()


def decode(cursor: str, kinds: tuple[type, ...]) -> list[Any]:
    """The sort key again.

    Raises BadCursor unless it holds exactly values of these kinds.
    """
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        raise BadCursor() from None
    if not isinstance(key, list) or [type(value) for value in key] != list(kinds):
        raise BadCursor()
    if any(not _is_storable(value) for value in key if isinstance(value, str)):
        raise BadCursor()
    return key


def _is_storable(text: str) -> bool:
    """Whether the database could compare with it: no NUL, and no half of a surrogate pair."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)

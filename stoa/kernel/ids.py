"""Ids and tokens.

An id is a UUIDv7 (RFC 9562, section 5.7) made before the insert, its time taken from the clock that was handed in.
A token opens something for whoever holds it: 128 bits derived from the installation's secret and the id, so it
can be told again without being kept; the database holds only its SHA-256.
"""

import base64
import hashlib
import hmac
import os
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def uuid7(now: datetime) -> UUID:
    """A new id whose first 48 bits are the milliseconds of `now` since 1970 (an aware instant, not before 1970)."""
    return _uuid7(_milliseconds(now), os.urandom(10))


def child_id(parent: UUID, n: int) -> UUID:
    """The id of the n-th row that belongs to `parent`: its first twelve bytes, then `n` (0 to 2**32 - 1).

    `stoa.child_id` in SQL gives the same one, so rows that set statements write need no random values, sort at their
    parent's instant, and show at a glance whose they are.
    """
    return UUID(bytes=parent.bytes[:12] + n.to_bytes(4, "big"))


def named_id(now: datetime, name: str) -> UUID:
    """The id of something that has a name elsewhere (an invoice of a file): the same name and instant, the same id."""
    return _uuid7(_milliseconds(now), hashlib.sha256(name.encode()).digest()[:10])


def token(secret_key: bytes, kind: str, of: UUID) -> str:
    """The 128-bit token, 22 URL-safe characters, that opens the `kind` with this id."""
    digest = hmac.digest(secret_key, f"{kind}:{of}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()


def hash_token(given: str) -> bytes:
    """What the database keeps of a token: its SHA-256, 32 bytes. Tokens are random enough to need no salt."""
    return hashlib.sha256(given.encode()).digest()


def _milliseconds(now: datetime) -> int:
    assert now.tzinfo is not None, "an id is made from an aware instant"
    # Whole numbers all the way: a float of seconds would be a millisecond early now and then.
    return (now - _EPOCH) // _MILLISECOND


def _uuid7(milliseconds: int, tail: bytes) -> UUID:
    assert 0 <= milliseconds < 1 << 48, "an id's instant lies between 1970 and the year 10889"
    rest = bytearray(tail)
    rest[0] = 0x70 | (rest[0] & 0x0F)
    rest[2] = 0x80 | (rest[2] & 0x3F)
    return UUID(bytes=milliseconds.to_bytes(6, "big") + bytes(rest))

"""Passwords: bcrypt, away from the event loop, and never past what bcrypt reads.

Hashing takes a quarter of a second on purpose. Operations that hash therefore hold no transaction meanwhile, and a
small pool of threads keeps a wave of sign-ins from taking every core.
"""

import asyncio
import hmac
import os
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import bcrypt

from stoa.people.errors import PasswordTooLong, PasswordTooShort, PasswordUnprintable

T = TypeVar("T")

SHORTEST_CHARACTERS = 10
LONGEST_BYTES = 72

# Each step doubles the time. The variable is there for tests, which sign in by the hundred; bcrypt's least is 4.
_COST = int(os.environ.get("STOA_BCRYPT_COST", "12"))

_threads = ThreadPoolExecutor(max_workers=max(1, (os.cpu_count() or 2) // 2), thread_name_prefix="bcrypt")


def check_password(password: str) -> None:
    """Refuse what cannot be a new password.

    Raises PasswordTooShort, PasswordTooLong, PasswordUnprintable.
    """
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in password):
        raise PasswordUnprintable()
    if len(password) < SHORTEST_CHARACTERS:
        raise PasswordTooShort(shortest=SHORTEST_CHARACTERS)
    if len(_bytes(password)) > LONGEST_BYTES:
        raise PasswordTooLong(longest=LONGEST_BYTES)


async def hash_password(password: str) -> str:
    """What the database keeps of a password: bcrypt with its salt and cost.

    Raises what `check_password` raises.
    """
    check_password(password)
    return await _away(_hash, password)


async def password_matches(password: str, password_hash: str | None) -> bool:
    """Whether this is the password.

    Without a hash, because there is no account or none with a password, the answer is no after the same work: how long
    it takes tells nobody whether an account exists.
    """
    return await _away(_matches, password, password_hash)


def _hash(password: str) -> str:
    return bcrypt.hashpw(_bytes(password), bcrypt.gensalt(_COST)).decode()


def _matches(password: str, password_hash: str | None) -> bool:
    given = _bytes(password)
    # Nothing longer was ever accepted, so nothing longer is right; it is cut, so that the work is done all the same.
    whole = len(given) <= LONGEST_BYTES
    known = (password_hash or _nobodys_hash()).encode()
    same = hmac.compare_digest(bcrypt.hashpw(given[:LONGEST_BYTES], known), known)
    return same and whole and password_hash is not None


def _nobodys_hash() -> str:
    """A hash of today's cost that no password has."""
    return f"$2b${_COST:02d}${'.' * 53}"


def _bytes(password: str) -> bytes:
    # The same keys pressed on two systems give the same text in NFC only.
    return unicodedata.normalize("NFC", password).encode(errors="surrogatepass")


async def _away(work: Callable[..., T], *arguments: Any) -> T:
    return await asyncio.get_running_loop().run_in_executor(_threads, work, *arguments)

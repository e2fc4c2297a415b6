"""Secrets that the database keeps without being able to read them: gateway keys, webhook secrets.

Sealed by AES-256-GCM under a key that HKDF (RFC 5869, SHA-256) derives from the installation's secret for one
purpose. What was sealed for one purpose and one thing (`bound_to`: the store, as a rule) opens for no other, so a
sealed secret that is copied into another store's row is of no use there.
"""

import os
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

# The form of what is sealed, as its first byte: a later form tells itself apart.
_FORM = b"\x01"
_NONCE_BYTES = 12
_TAG_BYTES = 16
_KEY_BYTES = 32


class NotOurs(Exception):
    """It was not sealed by this installation's secret for this purpose and this thing, or has been changed since.

    A secret key that was lost or exchanged shows itself by it: what was sealed has to be entered again.
    """


def seal(secret_key: bytes, purpose: str, plain: bytes, bound_to: UUID) -> bytes:
    """What may be stored in place of `plain`: 29 bytes longer, and different each time."""
    nonce = os.urandom(_NONCE_BYTES)
    return _FORM + nonce + _cipher(secret_key, purpose).encrypt(nonce, plain, bound_to.bytes)


def unseal(secret_key: bytes, purpose: str, sealed: bytes, bound_to: UUID) -> bytes:
    """The plain bytes again. Raises NotOurs."""
    nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    if sealed[:1] != _FORM or len(body) < _TAG_BYTES:
        raise NotOurs(purpose)
    try:
        return _cipher(secret_key, purpose).decrypt(nonce, body, bound_to.bytes)
    except InvalidTag as error:
        raise NotOurs(purpose) from error


@lru_cache(maxsize=32)
def _cipher(secret_key: bytes, purpose: str) -> AESGCM:
    key = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=f"stoa:{purpose}".encode()).derive(secret_key)
    return AESGCM(key)

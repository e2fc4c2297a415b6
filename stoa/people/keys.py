"""API keys: what a program shows to act in one store.

A key reads `stoa_<the store's id, 32 hex digits>_<22 characters>`, so the store is known before anything is looked up,
and a scanner for leaked secrets knows one when it sees it. It is derived from the installation's secret, told when it
is made, and kept as a hash.
"""

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update

from stoa.db.transaction import Actor, Tx
from stoa.kernel.ids import hash_token, token
from stoa.kernel.text import clean, shown
from stoa.people.errors import KeyExpiresInThePast, ScopeBeyondYours, TooManyKeys, UnknownKey, UnknownScope
from stoa.people.models import ApiKey
from stoa.people.roles import PERMISSIONS

MOST_KEYS = 100

# How exactly `last_used_at` is kept: a write for every request would cost more than many requests do.
_USE_NOTED_EVERY = timedelta(minutes=1)

_PLAIN = re.compile(r"stoa_([0-9a-f]{32})_[A-Za-z0-9_-]{22}")


async def create_key(
    tx: Tx, *, name: str, scopes: Collection[str], secret_key: bytes, expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """A new key of the store entered, and its plain form, which is told this once.

    `scopes` are permissions, at least one, and none that the actor lacks. A store has 100 keys that are not revoked
    at most. Raises UnknownScope, ScopeBeyondYours, KeyExpiresInThePast, TooManyKeys, and what `clean` raises.
    """
    name = clean("name", name, required=True)
    _check_scopes(tx.actor, scopes)
    if expires_at is not None and expires_at <= tx.now:
        raise KeyExpiresInThePast()
    live = select(func.count()).select_from(ApiKey).where(ApiKey.revoked_at.is_(None))
    if (await tx.one_or_none(live) or 0) >= MOST_KEYS:
        raise TooManyKeys(most=MOST_KEYS)
    key_id = tx.new_id()
    plain = plain_key(secret_key, tx.store_id, key_id)
    key = tx.add(
        ApiKey(
            id=key_id,
            name=name,
            token_hash=hash_token(plain),
            scopes=sorted(set(scopes)),
            created_by=tx.actor.id if tx.actor.kind == "staff" else None,
            created_at=tx.now,
            expires_at=expires_at,
        )
    )
    await tx.flush()
    tx.emit("key.created", key_id)
    return key, plain


def plain_key(secret_key: bytes, store_id: UUID, key_id: UUID) -> str:
    """The plain form of a key, for an answer that is given again to whoever got it first."""
    return f"stoa_{store_id.hex}_{token(secret_key, 'api-key', key_id)}"


def store_of_key(plain: str) -> UUID | None:
    """The store that a key names, or None for what is no key. Nothing is looked up, so nothing is proved."""
    read = _PLAIN.fullmatch(plain)
    return UUID(hex=read.group(1)) if read else None


async def actor_of_key(tx: Tx, plain: str) -> Actor | None:
    """Who acts with this key in the store entered; None for a key of another store, revoked, run out, or unknown."""
    if store_of_key(plain) != tx.store_id:
        return None
    key = await tx.one_or_none(
        select(ApiKey).where(
            ApiKey.token_hash == hash_token(plain),
            ApiKey.revoked_at.is_(None),
            ApiKey.expires_at.is_(None) | (ApiKey.expires_at > tx.now),
        )
    )
    if key is None:
        return None
    if key.last_used_at is None or key.last_used_at <= tx.now - _USE_NOTED_EVERY:
        await _note_use(tx, key.id)
    return Actor("key", key.id, frozenset(key.scopes))


async def revoke_key(tx: Tx, *, key_id: UUID) -> None:
    """Let a key open nothing from now on. To revoke it again is no mistake.

    Raises UnknownKey.
    """
    key = await tx.get(ApiKey, key_id)
    if key is None:
        raise UnknownKey()
    if key.revoked_at is None:
        key.revoked_at = tx.now
        await tx.flush()
        tx.emit("key.revoked", key_id)


async def keys_of_store(tx: Tx, *, limit: int = 50, before: UUID | None = None) -> list[ApiKey]:
    """Keys of the store entered, revoked ones too, newest first; `before` is the last id of the page before."""
    page = select(ApiKey).order_by(ApiKey.id.desc()).limit(limit)
    return list(await tx.scalars(page if before is None else page.where(ApiKey.id < before)))


async def _note_use(tx: Tx, key_id: UUID) -> None:
    # Who cannot have the row at once leaves the noting to whoever has it: requests never wait for each other here.
    free = await tx.one_or_none(select(ApiKey.id).where(ApiKey.id == key_id).with_for_update(skip_locked=True))
    if free is not None:
        await tx.execute(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=tx.now))


def _check_scopes(actor: Actor, scopes: Collection[str]) -> None:
    unknown = sorted(set(scopes) - PERMISSIONS)
    if unknown or not scopes:
        raise UnknownScope(scope=shown(unknown[0]) if unknown else "", known=", ".join(sorted(PERMISSIONS)))
    beyond = sorted(set(scopes) - actor.permissions)
    # The program itself (an installation's commands, a demo) has no permissions and needs none.
    if beyond and actor.kind != "system":
        raise ScopeBeyondYours(scopes=", ".join(beyond))

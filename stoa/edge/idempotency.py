"""The same act asked for twice happens once: the answer to an Idempotency-Key, kept with what it did.

A key belongs to whoever sent it (customer, staff, key, cart or order token, else the client's address) on one route;
nobody else who sends it sees the answer. Many guests may share an address: where the answer has a token in it, the key
itself must then be one that nobody guesses. What is kept holds ids and no personal data; tokens are left out and
derived again.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson
from fastapi import Request
from sqlalchemy.exc import DBAPIError

from stoa.checkout.errors import KeyReused
from stoa.checkout.placing import Key
from stoa.db.calls import Calls
from stoa.db.transaction import Actor
from stoa.edge.asking import Asking, BadHeader
from stoa.edge.problems import LOCK_NOT_AVAILABLE, sqlstate
from stoa.kernel.ids import hash_token
from stoa.kernel.refusals import Conflict, Invalid

Rederive = Mapping[str, Callable[[Any, dict[str, Any]], str]]

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
# A UUID, or 128 bits and more in base64. Chance cannot be seen in a text; what people number or name is no such thing.
_UNGUESSABLE = re.compile(r"[A-Za-z0-9+/_=-]{22,255}")
_LEAST_CHARACTERS = 8  # different ones: of 22 made at random so few are never seen


class RequestInProgress(Conflict):
    """The same request is being worked on."""

    code = "idempotency.in_progress"
    says = "The same request is being worked on; ask again in a moment for its answer."
    retry_after_seconds = 1


class KeyGuessable(Invalid):
    """A key that others at the same address may send too, for an answer that opens what it made."""

    code = "idempotency.key_guessable"
    says = (
        "Without a session or a token, this takes only an Idempotency-Key that nobody can guess: a UUID, or 22 or more "
        "letters and digits made at random."
    )


async def key_of(
    request: Request, actor: Actor, asking: Asking, route: str, *, shows_token: bool = False
) -> Key | None:
    """The key of this request, or None where it has none. `shows_token`: whoever sends it again is given a token.

    Raises BadHeader, KeyGuessable.
    """
    given = request.headers.get("idempotency-key")
    if given is None:
        return None
    if not _KEY.fullmatch(given):
        raise BadHeader(header="Idempotency-Key", reason="1 to 255 visible ASCII characters are meant, such as a UUID")
    token = request.headers.get("cart-token") or request.headers.get("order-token") or ""
    if shows_token and actor.id is None and not (_is_unguessable(given) or _is_unguessable(token)):
        raise KeyGuessable()
    asked = hashlib.sha256()
    asked.update(f"{request.method}\n{request.scope['path']}\n".encode())
    asked.update(request.scope["query_string"] + b"\n" + await request.body())
    return Key(owner=_owner(token, actor, asking), route=route, key=given, request_hash=asked.digest())


@dataclass(frozen=True, slots=True)
class Stored:
    """The answer that stands under a key."""

    status: int
    answer: dict[str, Any]


async def claim(tx: Calls, key: Key) -> Stored | None:
    """Take the key for this transaction, or give the answer that stands under it already.

    A concurrent duplicate waits here, briefly, for the first to end. Raises KeyReused, RequestInProgress.
    """
    try:
        [row] = await tx.call("claim_key", tx.new_id(), key.owner, key.route, key.key, key.request_hash)
    except (DBAPIError, asyncpg.PostgresError) as error:
        if sqlstate(error) == LOCK_NOT_AVAILABLE:
            raise RequestInProgress() from None
        raise
    if row["taken"]:
        return None
    if row["request_hash"] is None:
        raise RequestInProgress()
    if row["request_hash"] != key.request_hash:
        raise KeyReused()
    return Stored(row["status"], orjson.loads(row["answer"]))


async def keep_answer(tx: Calls, key: Key, status: int, body: bytes, rederive: Rederive) -> None:
    """Keep the answer under the key, without its tokens, in the act's own transaction."""
    answer = orjson.loads(body) if body else {}
    kept = orjson.dumps({name: value for name, value in answer.items() if name not in rederive}).decode()
    await tx.call("keep_answer", key.owner, key.route, key.key, status, kept)


def _owner(token: str, actor: Actor, asking: Asking) -> str:
    if actor.id is not None:
        return str(actor)
    if token:
        return f"token:{hash_token(token).hex()}"
    # Keyed with the secret, since the few addresses there are could all be tried against a plain hash.
    return f"address:{hmac.digest(asking.house.secret_key, asking.address.encode(), hashlib.sha256).hex()}"


def _is_unguessable(text: str) -> bool:
    return _UNGUESSABLE.fullmatch(text) is not None and len(set(text)) >= _LEAST_CHARACTERS

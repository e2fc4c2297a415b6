"""Who asks, from where, and for which store: read from a request's headers."""

from dataclasses import dataclass
from ipaddress import ip_address
from uuid import UUID

from fastapi import Request

from stoa import customers
from stoa.config import Config
from stoa.db.calls import Calls
from stoa.db.transaction import GUEST, Actor, Tx
from stoa.edge.directory import StoreEntry
from stoa.edge.house import House
from stoa.edge.middleware import host_of
from stoa.kernel.refusals import Forbidden, Invalid, Unauthenticated
from stoa.people.keys import actor_of_key, store_of_key
from stoa.people.sessions import actor_of_session


class NotSignedIn(Unauthenticated):
    """Nobody is signed in, or the session or key is over."""

    code = "people.not_signed_in"
    says = "Sign in first, or send a valid session or API key as “Authorization: Bearer …”; this one opens nothing."


class NotAllowed(Forbidden):
    """Somebody is signed in who may not do this."""

    code = "people.not_allowed"
    says = "This needs the permission {permission}, which you do not have in this store; ask its owner for it."

    permission: str


class BadHeader(Invalid):
    """A header that cannot be read."""

    code = "request.bad_header"
    says = "The header {header} is not right: {reason}."

    header: str
    reason: str


@dataclass(frozen=True)
class Asking:
    """One request's context, found once."""

    house: House
    store: StoreEntry
    address: str


def bearer(request: Request) -> str | None:
    """The session or key that the client sent, if any.

    Raises BadHeader where the header is something else.
    """
    given = request.headers.get("authorization")
    if given is None:
        return None
    scheme, _, credentials = given.partition(" ")
    if scheme.lower() != "bearer" or not credentials.strip():
        raise BadHeader(header="Authorization", reason="“Bearer” and a session or API key are meant")
    return credentials.strip()


async def store_asked(request: Request, house: House) -> StoreEntry:
    """The store this request is for.

    Raises UnknownStore, StoreAmbiguous, StoreSuspended, BadHeader.
    """
    given = bearer(request)
    return await house.directory.find(
        host=host_of(request.headers),
        named=request.headers.get("stoa-store"),
        key_store=store_of_key(given) if given else None,
    )


async def staff_actor(request: Request, tx: Tx, permission: str | None) -> Actor:
    """The staff member or key behind the request.

    Raises NotSignedIn, and NotAllowed where `permission` is not among theirs.
    """
    given = bearer(request)
    if given is None:
        raise NotSignedIn()
    actor = await (actor_of_key if store_of_key(given) else actor_of_session)(tx, given)
    if actor is None:
        raise NotSignedIn()
    if permission is not None and permission not in actor.permissions:
        raise NotAllowed(permission=permission)
    return actor


async def shopper_actor(request: Request, tx: Calls) -> Actor:
    """The customer behind the request, or a guest.

    Raises NotSignedIn where a session was sent that is over: a shopper is never silently made a guest.
    """
    given = bearer(request)
    actor = GUEST if given is None else await customers.actor_of_session(tx, given)
    if actor is None:
        raise NotSignedIn()
    return actor


def client_address(request: Request, config: Config) -> str:
    """The client's address: the connection's, or what a trusted proxy says it forwarded for."""
    peer = request.client.host if request.client else "unknown"
    chain = [part.strip() for part in request.headers.get("x-forwarded-for", "").split(",") if part.strip()]
    while chain and _is_trusted(peer, config):
        peer = chain.pop()
    return peer


def _is_trusted(address: str, config: Config) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in config.trusted_proxies)


def uuid_or_none(text: str | None) -> UUID | None:
    """The UUID in this text, or None."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None

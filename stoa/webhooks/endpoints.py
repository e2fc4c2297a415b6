"""The addresses that hear what happens in a store: added, changed, given a new secret, tried, removed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from stoa.db.transaction import Tx
from stoa.events.kinds import KINDS, PING, PUBLIC
from stoa.kernel.text import LINE, clean, shown
from stoa.webhooks.addresses import check_url
from stoa.webhooks.errors import EndpointInactive, TooManyEndpoints, UnknownEndpoint, UnknownKind
from stoa.webhooks.models import WebhookEndpoint
from stoa.webhooks.secrets import PREVIOUS_LASTS

MOST_ENDPOINTS = 20


@dataclass(frozen=True, kw_only=True)
class EndpointChange:
    """What is to be otherwise; None stays as it is."""

    url: str | None = None
    kinds: Collection[str] | None = None
    description: str | None = None
    is_active: bool | None = None


async def add_endpoint(
    tx: Tx, *, url: str, kinds: Collection[str] = (), description: str = "", reach_private: bool = False
) -> WebhookEndpoint:
    """A new endpoint that hears of what is relayed from now on: of these kinds, or of all where none are named.

    Its secret is `secret_of(secret_key, its id, 1)`. Raises BadUrl, UnknownKind, TooManyEndpoints, and what `clean`
    raises.
    """
    endpoint = WebhookEndpoint(
        url=check_url(url, reach_private=reach_private),
        kinds=_known(kinds),
        description=clean("description", description, LINE),
        is_active=True,
        created_at=tx.now,
        listens_since=tx.now,
    )
    kept = select(func.count()).select_from(WebhookEndpoint).where(WebhookEndpoint.removed_at.is_(None))
    if (await tx.one_or_none(kept) or 0) >= MOST_ENDPOINTS:
        raise TooManyEndpoints(most=MOST_ENDPOINTS)
    tx.add(endpoint)
    await tx.flush()
    return endpoint


async def change_endpoint(
    tx: Tx, *, endpoint_id: UUID, change: EndpointChange, reach_private: bool = False
) -> WebhookEndpoint:
    """Change what is named. Switched off, it is told of nothing that happens meanwhile; what waits for it goes on to
    wait, and is sent when it is switched on again. (What happens while it is off as failing is kept: dead, to be
    replayed.)

    Raises UnknownEndpoint, BadUrl, UnknownKind, and what `clean` raises.
    """
    endpoint = await lock_endpoint(tx, endpoint_id)
    if change.description is not None:
        endpoint.description = clean("description", change.description, LINE)
    if change.url is not None:
        endpoint.url = check_url(change.url, reach_private=reach_private)
        _forget_failures(endpoint)
    if change.kinds is not None:
        endpoint.kinds = _known(change.kinds)
        endpoint.listens_since = tx.now
    if change.is_active is not None and change.is_active != endpoint.is_active:
        endpoint.is_active = change.is_active
        endpoint.disabled_reason = None
        endpoint.listens_since = tx.now
        _forget_failures(endpoint)
    await tx.flush()
    return endpoint


async def rotate_secret(tx: Tx, *, endpoint_id: UUID) -> WebhookEndpoint:
    """Give it a new secret. For a day its messages carry the signature of the secret before as well.

    Raises UnknownEndpoint.
    """
    endpoint = await lock_endpoint(tx, endpoint_id)
    endpoint.secret_number += 1
    endpoint.previous_until = tx.now + PREVIOUS_LASTS
    await tx.flush()
    return endpoint


async def remove_endpoint(tx: Tx, *, endpoint_id: UUID) -> None:
    """Nothing is sent to it any more, and it is gone with its deliveries. (A job deletes their rows.)

    Raises UnknownEndpoint.
    """
    endpoint = await lock_endpoint(tx, endpoint_id)
    endpoint.is_active = False
    endpoint.removed_at = tx.now
    await tx.flush()


async def ping_endpoint(tx: Tx, *, endpoint_id: UUID) -> None:
    """Send it an event that says nothing, to see whether it answers: `webhook.ping`, a delivery like any other.

    Raises UnknownEndpoint, EndpointInactive.
    """
    endpoint = await read_endpoint(tx, endpoint_id=endpoint_id)
    if not endpoint.is_active:
        raise EndpointInactive()
    tx.emit(PING, endpoint_id)


async def list_endpoints(tx: Tx) -> Sequence[WebhookEndpoint]:
    """All of the store's, oldest first: there are never many."""
    kept = select(WebhookEndpoint).where(WebhookEndpoint.removed_at.is_(None)).order_by(WebhookEndpoint.id)
    return await tx.scalars(kept)


async def read_endpoint(tx: Tx, *, endpoint_id: UUID) -> WebhookEndpoint:
    """The endpoint. Raises UnknownEndpoint."""
    return _kept(await tx.get(WebhookEndpoint, endpoint_id))


async def lock_endpoint(tx: Tx, endpoint_id: UUID) -> WebhookEndpoint:
    """The endpoint, held until the end of the transaction: whoever writes or settles its deliveries waits.

    Raises UnknownEndpoint.
    """
    found = select(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id).with_for_update(key_share=True)
    return _kept(await tx.one_or_none(found))


def _kept(endpoint: WebhookEndpoint | None) -> WebhookEndpoint:
    if endpoint is None or endpoint.removed_at is not None:
        raise UnknownEndpoint()
    return endpoint


def _known(kinds: Collection[str]) -> list[str]:
    for kind in kinds:
        if kind not in PUBLIC:
            raise UnknownKind(kind=shown(kind), known=", ".join(name for name in KINDS if name in PUBLIC))
    return sorted(set(kinds))


def _forget_failures(endpoint: WebhookEndpoint) -> None:
    endpoint.failures = 0
    endpoint.failing_since = None
    endpoint.failed_at = None
    endpoint.quiet_until = None

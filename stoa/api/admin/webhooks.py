"""Webhook endpoints of a store: what is told to them, whether it arrived, and sending it again."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field

from stoa import webhooks
from stoa.api.admin.who import Asked, StaffTx
from stoa.api.views import Act, Cursor, Flag, Instant, Limit, Line, Made, Page, View, may_stay, page_of, whole_list
from stoa.edge.asking import Asking
from stoa.edge.problems import refusals
from stoa.edge.routes import StaffRoute, needs, rederives
from stoa.events.kinds import KINDS
from stoa.kernel.cursors import BadCursor
from stoa.kernel.text import TextTooLong, TextUnprintable
from stoa.webhooks.addresses import LONGEST_URL
from stoa.webhooks.errors import (
    BadUrl,
    EndpointInactive,
    StillWaiting,
    TooManyEndpoints,
    UnknownDelivery,
    UnknownEndpoint,
    UnknownKind,
)
from stoa.webhooks.models import DeliveryState, DisabledReason, FailureReason
from stoa.webhooks.replaying import MOST_AT_ONCE

router = APIRouter(route_class=StaffRoute, tags=["webhooks"])

Url = Annotated[str, Field(max_length=LONGEST_URL, examples=["https://example.com/hooks/stoa"])]
Kinds = Annotated[
    list[Annotated[str, Field(max_length=100)]],
    Field(max_length=100, description="of GET /webhook-kinds; empty: all of them", examples=[["order.placed"]]),
]
_SECRET = Field(
    description="what its messages are signed with, by the Standard Webhooks scheme",
    examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="],
)


class KindView(View):
    """A kind of event that endpoints can listen to."""

    kind: str = Field(examples=["order.placed"])
    subject: str = Field(description="what it happened to: `data` holds its id as `<subject>_id`", examples=["order"])
    says: str


class EndpointView(View):
    """An endpoint, and how it does."""

    id: UUID
    url: str
    kinds: list[str]
    description: str
    is_active: bool
    disabled_reason: DisabledReason | None = Field(
        description="why we switched it off: it answered 410, or failed for days (what happens is kept then)"
    )
    secret_number: int = Field(description="how many secrets it has had")
    previous_until: datetime | None = Field(description="until then the secret before is signed with too")
    created_at: datetime
    listens_since: datetime
    failures: int = Field(description="attempts in a row that were not taken")
    failing_since: datetime | None
    quiet_until: datetime | None = Field(description="until then nothing is sent to it")


class AddEndpoint(Act):
    """An address that is to be told."""

    url: Url
    kinds: Kinds = Field(default_factory=list)
    description: Line = ""


class ChangeEndpoint(Act):
    """What is to be otherwise."""

    url: Url = may_stay()
    kinds: Kinds = may_stay()
    description: Line = may_stay()
    is_active: Flag = may_stay()


class EndpointSecret(View):
    """An endpoint and its secret, which is shown this once."""

    id: UUID
    secret_number: int
    secret: str = _SECRET


class DeliveryView(View):
    """One event on its way to one endpoint."""

    id: UUID
    event_id: UUID = Field(description="the header webhook-id, and `id` of the message")
    kind: str
    subject_id: UUID
    data: dict[str, Any]
    happened_at: datetime
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime | None = Field(description="null where no other is to come")
    last_attempt_at: datetime | None
    last_status: int | None = Field(description="of the last answer; null where there was none")
    last_reason: FailureReason | None = Field(description="why the last attempt does not count")
    delivered_at: datetime | None

    @classmethod
    def of(cls, what: Any) -> "DeliveryView":
        """Of a delivery; what is over has no next attempt."""
        view = cls.model_validate(what)
        return view if view.state == DeliveryState.WAITING else view.model_copy(update={"next_attempt_at": None})


class ReplaySince(Act):
    """Of which dead letters."""

    since: Instant


class Replayed(View):
    """What was taken up again."""

    replayed: int
    more: bool = Field(description="whether there may be others: ask again")


def _secret(asking: Asking, answer: dict[str, Any]) -> str:
    return webhooks.secret_of(asking.house.secret_key, UUID(answer["id"]), answer["secret_number"])


def _with_secret(asking: Asking, endpoint: Any) -> EndpointSecret:
    secret = webhooks.secret_of(asking.house.secret_key, endpoint.id, endpoint.secret_number)
    return EndpointSecret(id=endpoint.id, secret_number=endpoint.secret_number, secret=secret)


@router.get("/webhook-kinds", summary="List what can be listened to")
@needs("webhooks.read")
async def list_webhook_kinds(tx: StaffTx) -> Page[KindView]:  # noqa: ARG001
    """Every kind of event that is told outside."""
    told = [
        {"kind": name, "subject": kind.subject, "says": kind.says} for name, kind in KINDS.items() if kind.is_public
    ]
    return whole_list(KindView, told)


@router.get("/webhook-endpoints", summary="List webhook endpoints")
@needs("webhooks.read")
async def list_webhook_endpoints(tx: StaffTx) -> Page[EndpointView]:
    """All of them, oldest first; a store has 20 at most."""
    return whole_list(EndpointView, await webhooks.list_endpoints(tx))


@router.post(
    "/webhook-endpoints",
    status_code=201,
    summary="Add a webhook endpoint",
    responses=refusals(BadUrl, UnknownKind, TooManyEndpoints, TextTooLong, TextUnprintable),
)
@needs("webhooks.manage")
@rederives(secret=_secret)
async def add_webhook_endpoint(body: AddEndpoint, tx: StaffTx, asking: Asked) -> EndpointSecret:
    """It is told what happens from now on. Its secret is in this answer and nowhere else."""
    endpoint = await webhooks.add_endpoint(
        tx, **body.model_dump(), reach_private=asking.house.config.webhooks.reach_private
    )
    return _with_secret(asking, endpoint)


@router.get("/webhook-endpoints/{endpoint_id}", summary="Read a webhook endpoint", responses=refusals(UnknownEndpoint))
@needs("webhooks.read")
async def read_webhook_endpoint(endpoint_id: UUID, tx: StaffTx) -> EndpointView:
    """Where it is, what it listens to, and whether it takes what it is sent."""
    return EndpointView.of(await webhooks.read_endpoint(tx, endpoint_id=endpoint_id))


@router.patch(
    "/webhook-endpoints/{endpoint_id}",
    summary="Change a webhook endpoint",
    responses=refusals(UnknownEndpoint, BadUrl, UnknownKind, TextTooLong, TextUnprintable),
)
@needs("webhooks.manage")
async def change_webhook_endpoint(endpoint_id: UUID, body: ChangeEndpoint, tx: StaffTx, asking: Asked) -> Made:
    """While it is switched off it is told of nothing; what waited for it before is sent when it is on again."""
    reach_private = asking.house.config.webhooks.reach_private
    change = webhooks.EndpointChange(**body.given())
    return Made.of(
        await webhooks.change_endpoint(tx, endpoint_id=endpoint_id, change=change, reach_private=reach_private)
    )


@router.delete(
    "/webhook-endpoints/{endpoint_id}",
    status_code=204,
    summary="Remove a webhook endpoint",
    responses=refusals(UnknownEndpoint),
)
@needs("webhooks.manage")
async def remove_webhook_endpoint(endpoint_id: UUID, tx: StaffTx) -> None:
    """It is sent nothing more, not even what waits."""
    await webhooks.remove_endpoint(tx, endpoint_id=endpoint_id)


@router.post(
    "/webhook-endpoints/{endpoint_id}/rotate-secret",
    summary="Give a webhook endpoint a new secret",
    responses=refusals(UnknownEndpoint),
)
@needs("webhooks.manage")
@rederives(secret=_secret)
async def rotate_webhook_secret(endpoint_id: UUID, tx: StaffTx, asking: Asked) -> EndpointSecret:
    """For 24 hours its messages are signed with the secret before, too."""
    return _with_secret(asking, await webhooks.rotate_secret(tx, endpoint_id=endpoint_id))


@router.post(
    "/webhook-endpoints/{endpoint_id}/ping",
    status_code=204,
    summary="Try a webhook endpoint",
    responses=refusals(UnknownEndpoint, EndpointInactive),
)
@needs("webhooks.manage")
async def ping_webhook_endpoint(endpoint_id: UUID, tx: StaffTx) -> None:
    """Sends it a `webhook.ping`, in a moment; what came of it stands among its deliveries."""
    await webhooks.ping_endpoint(tx, endpoint_id=endpoint_id)


@router.get(
    "/webhook-endpoints/{endpoint_id}/deliveries",
    summary="List what an endpoint was sent",
    responses=refusals(UnknownEndpoint, BadCursor),
)
@needs("webhooks.read")
async def list_webhook_deliveries(
    endpoint_id: UUID,
    tx: StaffTx,
    state: Annotated[DeliveryState | None, Query(description="these alone")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[DeliveryView]:
    """The newest event first; those of the last 30 days are kept."""
    page = await webhooks.list_deliveries(tx, endpoint_id=endpoint_id, state=state, cursor=cursor, limit=limit)
    return page_of(DeliveryView, page)


@router.post(
    "/webhook-endpoints/{endpoint_id}/replay",
    summary="Send an endpoint's dead letters again",
    responses=refusals(UnknownEndpoint, EndpointInactive),
)
@needs("webhooks.manage")
async def replay_dead_webhooks(endpoint_id: UUID, body: ReplaySince, tx: StaffTx) -> Replayed:
    """Those about what happened since then, oldest first, at most 1,000 at a time."""
    replayed = await webhooks.replay_dead(tx, endpoint_id=endpoint_id, since=body.since)
    return Replayed(replayed=replayed, more=replayed == MOST_AT_ONCE)


@router.post(
    "/webhook-deliveries/{delivery_id}/replay",
    summary="Send one delivery again",
    responses=refusals(UnknownDelivery, StillWaiting, EndpointInactive, UnknownEndpoint),
)
@needs("webhooks.manage")
async def replay_webhook_delivery(delivery_id: UUID, tx: StaffTx) -> Made:
    """A dead one, or one that arrived and was lost on your side; under the same id."""
    return Made.of(await webhooks.replay_delivery(tx, delivery_id=delivery_id))

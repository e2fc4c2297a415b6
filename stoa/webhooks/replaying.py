"""Taking up again what is over: a dead letter, or one that was delivered and lost on the other side."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from stoa.db.transaction import Tx
from stoa.webhooks.delivering import give_turns
from stoa.webhooks.endpoints import lock_endpoint
from stoa.webhooks.errors import EndpointInactive, StillWaiting, UnknownDelivery
from stoa.webhooks.models import DeliveryState, WebhookDelivery

# Dead letters that are taken up in one go.
MOST_AT_ONCE = 1000


async def replay_delivery(tx: Tx, *, delivery_id: UUID) -> WebhookDelivery:
    """Send this one again, with the same id and a new count of attempts.

    It waits for its turn behind what is being sent about the same thing, and comes before what waits.
    Raises UnknownDelivery, StillWaiting, EndpointInactive.
    """
    found = await tx.get(WebhookDelivery, delivery_id)
    if found is None:
        raise UnknownDelivery()
    await _listening(tx, found.endpoint_id)
    await tx.session.refresh(found)
    if found.state == DeliveryState.WAITING:
        raise StillWaiting()
    await _take_up(tx, found.endpoint_id, [delivery_id])
    await tx.session.refresh(found)
    return found


async def replay_dead(tx: Tx, *, endpoint_id: UUID, since: datetime, most: int = MOST_AT_ONCE) -> int:
    """Send again the endpoint's dead letters about what happened since then, the oldest first, at most `most`.

    How many those were; where it is `most`, there may be more. Raises UnknownEndpoint, EndpointInactive.
    """
    await _listening(tx, endpoint_id)
    # Ids count whole milliseconds: the second condition is for the index alone.
    values = {
        "store": tx.store_id, "endpoint": endpoint_id, "since": since, "since_id": since - timedelta(milliseconds=1),
        "most": most,
    }  # fmt: skip
    dead = list((await tx.execute(_DEAD, values)).scalars())
    await _take_up(tx, endpoint_id, dead)
    return len(dead)


async def _listening(tx: Tx, endpoint_id: UUID) -> None:
    """Hold the endpoint, which has to be active."""
    if not (await lock_endpoint(tx, endpoint_id)).is_active:
        raise EndpointInactive()


async def _take_up(tx: Tx, endpoint_id: UUID, ids: list[UUID]) -> None:
    if not ids:
        return
    values = {"store": tx.store_id, "ids": ids, "now": tx.now}
    subjects = (await tx.execute(_WAIT_AGAIN, values)).scalars()
    await give_turns(tx, [(endpoint_id, subject_id) for subject_id in subjects])
    tx.emit("webhook.replayed", endpoint_id, deliveries=len(ids))


_DEAD = text("""
    SELECT id FROM webhook_deliveries
     WHERE store_id = :store AND endpoint_id = :endpoint AND state <> 'delivered' AND state = 'dead'
       AND happened_at >= :since AND event_id >= stoa.first_id(:since_id)
     ORDER BY event_id LIMIT :most
""")

_WAIT_AGAIN = text("""
    UPDATE webhook_deliveries
       SET state = 'waiting', attempts = 0, next_attempt_at = :now, delivered_at = NULL,
           -- What was kept for an endpoint that was off is on its way from now on.
           created_at = CASE WHEN last_attempt_at IS NULL THEN CAST(:now AS timestamptz) ELSE created_at END
     WHERE store_id = :store AND id = ANY(:ids)
    RETURNING subject_id
""")

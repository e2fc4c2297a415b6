"""Webhook endpoints and what they were sent."""

from stoa import webhooks
from stoa.db.transaction import Tx
from stoa.webhooks.models import DeliveryState, FailureReason, WebhookDelivery


async def dead_letter(tx: Tx, *, url: str = "https://example.com/hooks") -> WebhookDelivery:
    """Something that an endpoint outside never took; the endpoint is new too."""
    endpoint = await webhooks.add_endpoint(tx, url=url)
    delivery = tx.add(
        WebhookDelivery(
            endpoint_id=endpoint.id, event_id=tx.new_id(), kind="order.placed", subject_id=tx.new_id(), told_at=tx.now,
            data={}, happened_at=tx.now, state=DeliveryState.DEAD, is_next=False, attempts=12, next_attempt_at=tx.now,
            last_attempt_at=tx.now, last_status=500, last_reason=FailureReason.STATUS, created_at=tx.now,
        )
    )  # fmt: skip
    await tx.flush()
    return delivery

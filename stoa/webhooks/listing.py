"""What has been told to an endpoint, what waits for it, and what it never took."""

from uuid import UUID

from sqlalchemy import select

from stoa.db.transaction import Tx
from stoa.kernel import cursors
from stoa.kernel.pages import Page, check_page_size
from stoa.webhooks.endpoints import read_endpoint
from stoa.webhooks.models import DeliveryState, WebhookDelivery


async def list_deliveries(
    tx: Tx, *, endpoint_id: UUID, state: DeliveryState | None = None, cursor: str | None = None, limit: int = 50
) -> Page[WebhookDelivery]:
    """An endpoint's deliveries, in this state or in any, the newest event first.

    Raises UnknownEndpoint, BadCursor, BadPageSize.
    """
    check_page_size(limit)
    await read_endpoint(tx, endpoint_id=endpoint_id)
    page = (
        select(WebhookDelivery)
        .where(WebhookDelivery.endpoint_id == endpoint_id)
        .order_by(WebhookDelivery.event_id.desc())
        .limit(limit + 1)
    )
    if state is not None:
        page = page.where(WebhookDelivery.state == state)
        if state != DeliveryState.DELIVERED:
            # Says what follows from the line before, for the index of what has not arrived.
            page = page.where(WebhookDelivery.state != "delivered")
    if cursor is not None:
        page = page.where(WebhookDelivery.event_id < _after(cursor))
    rows = await tx.scalars(page)
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(tuple(rows[:limit]), None if last is None else cursors.encode([str(last.event_id)]))


def _after(cursor: str) -> UUID:
    try:
        return UUID(cursors.decode(cursor, (str,))[0])
    except ValueError:
        raise cursors.BadCursor() from None

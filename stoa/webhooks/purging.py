"""What is kept of deliveries: those of 30 days and of events that are still there, and none of a removed endpoint."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from stoa.db.transaction import Tx
from stoa.webhooks.delivering import give_turns

# A day longer than the events themselves (`stoa.jobs.purging`), which go first: as long as there is an event, its
# deliveries tell.
DAYS_KEPT = 31


async def purge_deliveries(tx: Tx, limit: int) -> int:
    """Delete the oldest deliveries past their days, whatever their state, and those of removed endpoints; then the
    removed endpoints themselves. At most `limit` rows; how many those were.
    """
    values: dict[str, Any] = {"store": tx.store_id, "before": tx.now - timedelta(days=DAYS_KEPT), "rows": limit}
    # Turns are given away below, and whoever gives turns holds the endpoints.
    await tx.execute(_HOLD, values)
    gone = (await tx.execute(_OLD, values)).all()
    await give_turns(tx, [(row.endpoint_id, row.subject_id) for row in gone if row.is_next])
    if len(gone) == limit:
        return limit
    values["rows"] = limit - len(gone)
    left = len((await tx.execute(_OF_REMOVED, values)).all())
    if left == values["rows"]:
        return limit
    values["rows"] -= left
    return len(gone) + left + len((await tx.execute(_REMOVED, values)).all())


_HOLD = text("SELECT id FROM webhook_endpoints WHERE store_id = :store ORDER BY id FOR NO KEY UPDATE")

_OLD = text("""
    DELETE FROM webhook_deliveries WHERE store_id = :store AND id IN (
        SELECT d.id FROM webhook_deliveries d WHERE d.store_id = :store AND d.event_id < stoa.first_id(:before)
            AND NOT EXISTS (SELECT FROM events e WHERE e.store_id = d.store_id AND e.id = d.event_id)
         ORDER BY d.event_id LIMIT :rows)
    RETURNING endpoint_id, subject_id, is_next
""")

_OF_REMOVED = text("""
    DELETE FROM webhook_deliveries WHERE store_id = :store AND id IN (
        SELECT d.id FROM webhook_endpoints e
          JOIN webhook_deliveries d ON d.store_id = e.store_id AND d.endpoint_id = e.id
         WHERE e.store_id = :store AND e.removed_at IS NOT NULL LIMIT :rows)
    RETURNING id
""")

_REMOVED = text("""
    DELETE FROM webhook_endpoints WHERE store_id = :store AND id IN (
        SELECT e.id FROM webhook_endpoints e WHERE e.store_id = :store AND e.removed_at IS NOT NULL LIMIT :rows)
    RETURNING id
""")

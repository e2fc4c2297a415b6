"""What providers told is kept for a while, so that what they send again is known, and then deleted."""

from datetime import timedelta

from sqlalchemy import text

from stoa.db.transaction import Tx

# Providers send what was not taken in for some days; whoever asks after one payment does so within a quarter.
DAYS_KEPT = 90


async def purge_messages(tx: Tx, limit: int) -> int:
    """Delete the oldest messages past 90 days, at most `limit`; how many those were."""
    values = {"store": tx.store_id, "before": tx.now - timedelta(days=DAYS_KEPT), "rows": limit}
    return len((await tx.execute(_MESSAGES, values)).all())


# Ids are ordered by time, so the oldest rows are the first of the store's key.
_MESSAGES = text("""
    DELETE FROM provider_messages WHERE store_id = :store AND id IN (
        SELECT id FROM provider_messages WHERE store_id = :store AND id < stoa.first_id(:before)
        ORDER BY id LIMIT :rows)
    RETURNING id
""")

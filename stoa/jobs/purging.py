"""What is kept for a while and then deleted: answers given to idempotency keys, and events that have been told.

Both tables are keyed by time-ordered ids, so the oldest rows are the first of the store's key.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from stoa.db.transaction import Tx

DAYS_KEPT = 30


async def purge_answers(tx: Tx, limit: int) -> int:
    """Delete the oldest stored answers past 30 days, at most `limit`; how many those were."""
    return await _purge(tx, limit, _ANSWERS)


async def purge_events(tx: Tx, limit: int) -> int:
    """Delete the oldest relayed events past 30 days, at most `limit`; how many those were. Unrelayed ones stay."""
    return await _purge(tx, limit, _EVENTS)


async def _purge(tx: Tx, limit: int, statement: str) -> int:
    values: dict[str, Any] = {"store": tx.store_id, "before": tx.now - timedelta(days=DAYS_KEPT), "rows": limit}
    return len((await tx.execute(text(statement), values)).all())


_ANSWERS = """
    DELETE FROM idempotency_keys WHERE store_id = :store AND id IN (
        SELECT id FROM idempotency_keys WHERE store_id = :store AND id < stoa.first_id(:before)
        ORDER BY id LIMIT :rows)
    RETURNING id
"""

_EVENTS = """
    DELETE FROM events WHERE store_id = :store AND id IN (
        SELECT id FROM events WHERE store_id = :store AND id < stoa.first_id(:before) AND relayed_at IS NOT NULL
        ORDER BY id LIMIT :rows)
    RETURNING id
"""

"""What providers were asked and have not answered for good: what of it is looked at next."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from stoa.db.transaction import Tx
from stoa.payments.methods import TERMS

# A shopper who looks for their phone has settled it by then, mostly.
LEFT_TO_THE_SHOPPER = timedelta(minutes=2)

_OUTSIDE = [str(method) for method, terms in TERMS.items() if terms.asks]


async def due(tx: Tx, limit: int) -> Sequence[UUID]:
    """The attempts to look at now, at most `limit`: those that were never looked at, then those longest ago.

    In its first hour an attempt is looked at whenever somebody comes; then ever less often, at last once an hour.
    """
    values: dict[str, Any] = {"store": tx.store_id, "outside": _OUTSIDE, "rows": limit, "now": tx.now}
    return (await tx.execute(_DUE, values | {"before": tx.now - LEFT_TO_THE_SHOPPER})).scalars().all()


async def mark_looked_at(tx: Tx, attempt_id: UUID) -> None:
    """Write down that an attempt is looked at now, whatever comes of it: others have their turn before it has again."""
    await tx.execute(_MARK, {"store": tx.store_id, "attempt": attempt_id, "now": tx.now})


_DUE = text("""
SELECT a.id FROM payment_attempts a
JOIN payments p ON p.store_id = :store AND p.id = a.payment_id
WHERE a.store_id = :store AND a.settled_at IS NULL AND p.method = ANY(CAST(:outside AS text[]))
    AND a.opened_at < :before
    AND (a.looked_at IS NULL
        OR a.looked_at <= CAST(:now AS timestamptz)
            - least((CAST(:now AS timestamptz) - a.opened_at - interval '1 hour') / 10, interval '1 hour'))
ORDER BY a.looked_at NULLS FIRST, a.opened_at LIMIT :rows
""")

_MARK = text("UPDATE payment_attempts SET looked_at = :now WHERE store_id = :store AND id = :attempt")

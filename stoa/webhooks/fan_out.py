"""Fan-out: every event becomes a delivery to each endpoint that listens to it, as the relay marks it as relayed.

What an endpoint would have heard that we switched off as failing becomes a dead letter at once: it can be replayed when
the endpoint is on again.

Whoever writes deliveries or settles them holds the endpoint's row, so that turns (`is_next`) are given one at a time.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from stoa.events.kinds import PING, PUBLIC
from stoa.kernel.ids import uuid7

Audience = Sequence[asyncpg.Record]


class _Deliveries:
    """The follower that writes webhook deliveries (see `stoa.events.following`)."""

    async def audience(self, connection: "asyncpg.Connection[asyncpg.Record]", store_id: UUID) -> Audience:
        """The store's endpoints that listen, or would if they could; most stores have none."""
        return await connection.fetch(_ENDPOINTS, store_id)

    async def follow(
        self,
        connection: "asyncpg.Connection[asyncpg.Record]",
        store_id: UUID,
        audience: Audience,
        events: Sequence[asyncpg.Record],
        now: datetime,
    ) -> None:
        """Write the deliveries, in one statement."""
        wanted = [(event["id"], endpoint["id"]) for event in events for endpoint in audience if _hears(endpoint, event)]
        if wanted:
            event_ids, endpoint_ids = zip(*wanted, strict=True)
            off = [endpoint["id"] for endpoint in audience if not endpoint["is_active"]]
            await connection.execute(_WRITE, store_id, [uuid7(now) for _ in wanted], endpoint_ids, event_ids, now, off)


deliveries = _Deliveries()


def _hears(endpoint: asyncpg.Record, event: asyncpg.Record) -> bool:
    """Whether the endpoint listens to this event; a ping is for the one endpoint that it is about."""
    kind = event["kind"]
    if kind == PING:
        return bool(event["subject_id"] == endpoint["id"] and endpoint["is_active"])
    return kind in PUBLIC and (not endpoint["kinds"] or kind in endpoint["kinds"])


# Held until the relay commits: no other relay writes for these endpoints meanwhile, and nobody settles at them.
_ENDPOINTS = (
    "SELECT id, kinds, is_active FROM webhook_endpoints WHERE store_id = $1 AND removed_at IS NULL"
    " AND (is_active OR disabled_reason = 'failing') ORDER BY id FOR NO KEY UPDATE"
)

# Of what is new about one thing the first is next, unless something about it waits already.
_WRITE = """
    INSERT INTO webhook_deliveries (store_id, id, endpoint_id, event_id, kind, subject_id, told_at, data, happened_at,
        state, is_next, attempts, next_attempt_at, created_at)
    SELECT $1, w.id, w.endpoint_id, e.id, e.kind, e.subject_id, e.told_at, e.data, e.happened_at,
        CASE WHEN w.endpoint_id = ANY ($6) THEN 'dead' ELSE 'waiting' END,
        w.endpoint_id <> ALL ($6)
            AND row_number() OVER (PARTITION BY w.endpoint_id, e.subject_id ORDER BY e.told_at, e.id) = 1
            AND NOT EXISTS (SELECT FROM webhook_deliveries d WHERE d.store_id = $1 AND d.endpoint_id = w.endpoint_id
                AND d.subject_id = e.subject_id AND d.state = 'waiting'),
        0, $5, $5
      FROM unnest($2::uuid[], $3::uuid[], $4::uuid[]) AS w (id, endpoint_id, event_id)
      JOIN events e ON e.store_id = $1 AND e.id = w.event_id
    ON CONFLICT (store_id, endpoint_id, event_id) DO NOTHING
"""

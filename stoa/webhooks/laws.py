"""Queries over all stores that must return no row: what happened is told to whoever listens, in order."""

from stoa.events.kinds import PING, PUBLIC

_KINDS = ", ".join(f"'{kind}'" for kind in sorted(PUBLIC - {PING}))

LAWS = {
    # An endpoint that is being added or changed while the relay is at work is seen a moment later: a minute at most.
    # For one that was switched off as failing, what happens is kept.
    "every relayed event has a delivery to each endpoint that listened": f"""
        SELECT e.store_id, e.id AS event_id, e.kind, w.id AS endpoint_id
        FROM webhook_endpoints w
        JOIN events e ON e.store_id = w.store_id AND e.relayed_at > w.listens_since + interval '1 minute'
        WHERE w.removed_at IS NULL AND (w.is_active OR w.disabled_reason = 'failing')
            AND (w.kinds = '{{}}' OR e.kind = ANY (w.kinds)) AND e.kind IN ({_KINDS})
            AND NOT EXISTS (SELECT FROM webhook_deliveries d
                WHERE d.store_id = e.store_id AND d.endpoint_id = w.id AND d.event_id = e.id)
    """,  # noqa: S608 - over our own table of kinds
    "a delivery says when it arrived, and none says so that did not": """
        SELECT store_id, id, state, delivered_at FROM webhook_deliveries
        WHERE (state = 'delivered') <> (delivered_at IS NOT NULL)
    """,
    "of what waits about one thing, exactly one is next": """
        SELECT store_id, endpoint_id, subject_id, count(*) FILTER (WHERE is_next) AS next, count(*) AS waiting
        FROM webhook_deliveries WHERE state = 'waiting'
        GROUP BY store_id, endpoint_id, subject_id HAVING count(*) FILTER (WHERE is_next) <> 1
    """,
    "what an endpoint took about one thing, it took in order": """
        SELECT late.store_id, late.endpoint_id, late.subject_id, late.event_id, early.event_id AS waits_before
        FROM webhook_deliveries early
        JOIN webhook_deliveries late ON late.store_id = early.store_id AND late.endpoint_id = early.endpoint_id
            AND late.subject_id = early.subject_id AND late.told_at > early.told_at
            AND late.created_at >= early.created_at
        WHERE early.state = 'waiting' AND early.last_attempt_at IS NULL AND late.state = 'delivered'
    """,
}

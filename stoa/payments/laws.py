"""Queries over all stores that must return no row: what always holds of money that others hold for us."""

LAWS = {
    # What was there as the order was placed (the `test` method, or paid elsewhere) was asked of nobody.
    "what a payment took is what was asked for it": """
        SELECT p.store_id, p.id, p.captured, a.taken
        FROM payments p
        LEFT JOIN (
            SELECT store_id, payment_id, sum(
                CASE kind WHEN 'capture' THEN amount ELSE coalesce((details ->> 'captured')::bigint, 0) END) AS taken
            FROM payment_attempts WHERE kind IN ('authorize', 'capture') AND state = 'succeeded'
            GROUP BY store_id, payment_id
        ) a ON a.store_id = p.store_id AND a.payment_id = p.id
        WHERE p.captured <> coalesce(a.taken, 0)
            AND NOT (p.method IN ('test', 'external') AND a.taken IS NULL AND p.captured = p.amount)
    """,
    "what is promised was asked for": """
        SELECT p.store_id, p.id, p.authorized
        FROM payments p
        WHERE p.authorized > 0 AND NOT EXISTS (
            SELECT FROM payment_attempts a
            WHERE a.store_id = p.store_id AND a.payment_id = p.id AND a.kind = 'authorize' AND a.state = 'succeeded'
                AND a.amount = p.authorized)
    """,
    "a payment is called what it is": """
        SELECT store_id, id, status, authorized, captured FROM payments
        WHERE CASE status
            WHEN 'authorized' THEN authorized = 0
            WHEN 'captured' THEN captured = 0
            WHEN 'pending' THEN authorized + captured > 0
            WHEN 'requires_action' THEN authorized + captured > 0
            ELSE false END
    """,
    # Law 6. What a provider refused to give back is for staff, and what staff keep of an order they cancelled is theirs
    # to say: only what came, or stayed promised, afterwards is meant.
    "what came for nothing is on its way back": """
        SELECT p.store_id, p.id, p.order_id, p.status, p.authorized, p.captured, p.refunded, p.refunding
        FROM payments p
        JOIN orders o ON o.store_id = p.store_id AND o.id = p.order_id
        LEFT JOIN cancellations c ON c.store_id = p.store_id AND c.order_id = p.order_id AND c.is_whole
        WHERE (o.state = 'cancelled' OR p.status IN ('failed', 'voided')) AND (
            (p.authorized > 0 AND NOT EXISTS (
                SELECT FROM payment_attempts a WHERE a.store_id = p.store_id AND a.payment_id = p.id
                    AND (a.kind = 'void' AND a.state <> 'succeeded' OR a.kind = 'capture' AND a.settled_at IS NULL)))
            OR (p.captured > p.refunded + p.refunding AND EXISTS (
                SELECT FROM payment_attempts a WHERE a.store_id = p.store_id AND a.payment_id = p.id
                    AND a.kind IN ('authorize', 'capture') AND a.state = 'succeeded'
                    AND a.settled_at > coalesce(c.happened_at, a.opened_at))
                AND NOT EXISTS (
                SELECT FROM payment_attempts a WHERE a.store_id = p.store_id AND a.payment_id = p.id
                    AND a.kind = 'refund' AND a.state = 'failed')))
    """,
    "whoever is to be asked outside was told of, as long as events are kept": """
        SELECT a.store_id, a.id, a.kind
        FROM payment_attempts a
        JOIN payments p ON p.store_id = a.store_id AND p.id = a.payment_id AND p.method = 'card'
        WHERE a.opened_at > now() - interval '29 days' AND NOT EXISTS (
            SELECT FROM events e
            WHERE e.store_id = a.store_id AND e.kind = 'payment.attempt_opened' AND e.subject_id = a.id)
    """,
    # Where nothing is still open between us; of other providers, `stoa payments reconcile` tells.
    "our books say what the test provider's say": """
        SELECT p.store_id, p.id, p.captured, p.refunded, c.captured AS their_captured, c.refunded AS their_refunded
        FROM test_charges c
        JOIN payment_attempts a ON a.store_id = c.store_id AND a.id = c.id
        JOIN payments p ON p.store_id = a.store_id AND p.id = a.payment_id
        WHERE (p.captured <> c.captured OR p.refunded <> c.refunded) AND NOT EXISTS (
            SELECT FROM payment_attempts o
            WHERE o.store_id = p.store_id AND o.payment_id = p.id AND o.settled_at IS NULL)
    """,
}

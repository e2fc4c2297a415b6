"""Queries over all stores that must return no row: what always holds of orders and their money."""

LAWS = {
    "an order has lines, and its totals equal theirs": """
        SELECT o.store_id, o.id, o.number
        FROM orders o
        LEFT JOIN (
            SELECT store_id, order_id, sum(amount) AS amount, sum(discount) AS discount, sum(tax) AS tax,
                sum(total) AS total
            FROM order_lines GROUP BY store_id, order_id
        ) l ON l.store_id = o.store_id AND l.order_id = o.id
        WHERE l.order_id IS NULL OR l.amount <> o.subtotal OR l.discount <> o.discount
            OR l.tax + o.shipping_tax <> o.tax
            OR l.total + o.shipping + CASE WHEN o.tax_included THEN 0 ELSE o.shipping_tax END <> o.total
    """,
    "a line adds up": """
        SELECT l.store_id, l.id
        FROM order_lines l
        JOIN orders o ON o.store_id = l.store_id AND o.id = l.order_id
        WHERE l.total <> l.amount - l.discount + CASE WHEN o.tax_included THEN 0 ELSE l.tax END
            OR (l.override_reason IS NULL AND l.amount <> l.unit_price * l.quantity)
    """,
    "what an order is paid and refunded equals what its payments say": """
        SELECT o.store_id, o.id, o.number, o.paid, o.refunded, p.*
        FROM orders o
        LEFT JOIN (
            SELECT store_id AS of_store, order_id, min(currency) AS currency, max(currency) AS other_currency,
                sum(captured - refunded) AS held, sum(refunded) AS given_back
            FROM payments GROUP BY store_id, order_id
        ) p ON p.of_store = o.store_id AND p.order_id = o.id
        WHERE o.paid <> coalesce(p.held, 0) OR o.refunded <> coalesce(p.given_back, 0)
            OR p.currency <> o.currency OR p.other_currency <> o.currency
    """,
    # Tenders that failed or were let go have others in their place, or the order waits for one.
    "the payments of a confirmed order make up its total, and of no order more": """
        SELECT o.store_id, o.id, o.number, o.total, coalesce(p.asked, 0) AS asked
        FROM orders o
        LEFT JOIN (
            SELECT store_id, order_id, sum(amount) AS asked
            FROM payments WHERE status NOT IN ('failed', 'voided') GROUP BY store_id, order_id
        ) p ON p.store_id = o.store_id AND p.order_id = o.id
        WHERE coalesce(p.asked, 0) > o.total OR (o.state = 'confirmed' AND coalesce(p.asked, 0) < o.total - o.cancelled)
    """,
    "an order is called what its money is": """
        SELECT store_id, id, number, payment_state, total, cancelled, paid, refunded FROM orders
        WHERE payment_state IS DISTINCT FROM CASE
            WHEN refunded > 0 THEN CASE paid WHEN 0 THEN 'refunded' ELSE 'partially_refunded' END
            WHEN total = 0 OR (paid > 0 AND paid >= total - cancelled) THEN 'paid'
            WHEN total = cancelled THEN 'voided'
            WHEN paid > 0 THEN 'partially_paid'
            WHEN payment_state = 'authorized' THEN 'authorized'
            ELSE 'pending' END
    """,
    "a cart became one order, and only where it is completed": """
        SELECT coalesce(o.store_id, c.store_id) AS store_id, coalesce(o.cart_id, c.id) AS cart_id, count(o.id)
        FROM (SELECT store_id, id FROM carts WHERE state = 'completed') c
        FULL JOIN orders o ON o.store_id = c.store_id AND o.cart_id = c.id
        GROUP BY coalesce(o.store_id, c.store_id), coalesce(o.cart_id, c.id), c.id
        HAVING count(o.id) <> 1 OR c.id IS NULL
    """,
    "an order was bought at its cart's quote": """
        SELECT o.store_id, o.id, o.number
        FROM orders o
        JOIN quotes q ON q.store_id = o.store_id AND q.id = o.quote_id
        WHERE q.cart_id <> o.cart_id OR q.total <> o.total OR q.currency <> o.currency
    """,
    # No foreign keys look after these (docs/decisions/0006), so this does.
    "an order's quote and contact are there": """
        SELECT o.store_id, o.id, o.number
        FROM orders o
        LEFT JOIN quotes q ON q.store_id = o.store_id AND q.id = o.quote_id
        LEFT JOIN order_contacts c ON c.store_id = o.store_id AND c.id = o.contact_id
        WHERE q.id IS NULL OR (o.contact_id IS NOT NULL AND c.id IS NULL)
    """,
    "a line, a payment and a history have their order": """
        SELECT child.store_id, child.of_table, child.id, child.order_id
        FROM (
            SELECT store_id, 'order_lines' AS of_table, id, order_id FROM order_lines
            UNION ALL SELECT store_id, 'payments', id, order_id FROM payments
            UNION ALL SELECT store_id, 'order_history', id, order_id FROM order_history
        ) child
        LEFT JOIN orders o ON o.store_id = child.store_id AND o.id = child.order_id
        WHERE o.id IS NULL OR stoa.child_id(child.order_id, 0) <> stoa.child_id(child.id, 0)
    """,
    "a line's variant is there": """
        SELECT l.store_id, l.id, l.variant_id
        FROM order_lines l
        LEFT JOIN variants v ON v.store_id = l.store_id AND v.id = l.variant_id
        WHERE v.id IS NULL
    """,
    "every order was told, as long as events are kept": """
        SELECT o.store_id, o.id, o.number
        FROM orders o
        WHERE o.id >= stoa.first_id(now() - interval '29 days') AND NOT EXISTS (
            SELECT FROM events e
            WHERE e.store_id = o.store_id AND e.id = stoa.child_id(o.id, 1) AND e.kind = 'order.placed'
                AND e.subject_id = o.id)
    """,
    # Being placed is told under an id of its own, above.
    "whatever else happened to an order was told too, as long as events are kept": """
        SELECT h.store_id, h.order_id, h.kind, h.happened, e.told
        FROM (
            SELECT store_id, order_id, kind, count(*) AS happened FROM order_history
            WHERE kind <> 'placed' AND happened_at >= now() - interval '29 days' GROUP BY store_id, order_id, kind
        ) h
        LEFT JOIN (
            SELECT store_id, subject_id, kind, count(*) AS told FROM events
            WHERE kind LIKE 'order.%' AND kind <> 'order.placed' GROUP BY store_id, subject_id, kind
        ) e ON e.store_id = h.store_id AND e.subject_id = h.order_id AND e.kind = 'order.' || h.kind
        WHERE coalesce(e.told, 0) < h.happened
    """,
    "an order's history ends in the states it has": """
        SELECT o.store_id, o.id, o.number
        FROM orders o
        LEFT JOIN (
            -- Not looked up order by order: each look-up would try every month's partition.
            SELECT DISTINCT ON (store_id, order_id) store_id, order_id, state, payment_state
            FROM order_history ORDER BY store_id, order_id, id DESC
        ) h ON h.store_id = o.store_id AND h.order_id = o.id
        WHERE h.state IS DISTINCT FROM o.state OR h.payment_state IS DISTINCT FROM o.payment_state
    """,
    "a counted line has its units promised, less those taken back, and another has none": """
        SELECT coalesce(l.store_id, m.store_id) AS store_id, coalesce(l.id, m.order_line_id) AS id, l.quantity,
            m.promised, c.units AS taken_back
        FROM order_lines l
        FULL JOIN (
            SELECT store_id, order_line_id, sum(committed + reserved) AS promised
            FROM stock_movements WHERE order_line_id IS NOT NULL GROUP BY store_id, order_line_id
        ) m ON m.store_id = l.store_id AND m.order_line_id = l.id
        LEFT JOIN (
            SELECT store_id, order_line_id, sum(quantity) AS units
            FROM cancellation_lines GROUP BY store_id, order_line_id
        ) c ON c.store_id = l.store_id AND c.order_line_id = l.id
        WHERE coalesce(m.promised, 0)
            IS DISTINCT FROM CASE WHEN l.counted THEN l.quantity - coalesce(c.units, 0) WHEN NOT l.counted THEN 0 END
    """,
    "what was taken back of an order is what its cancellations say": """
        SELECT o.store_id, o.id, o.number, o.cancelled, c.amount, c.of_lines
        FROM orders o
        LEFT JOIN (
            SELECT c.store_id, c.order_id, sum(c.amount) AS amount, sum(c.shipping) AS shipping,
                sum(l.amount) AS of_lines
            FROM cancellations c
            LEFT JOIN (
                SELECT store_id, cancellation_id, sum(amount) AS amount
                FROM cancellation_lines GROUP BY store_id, cancellation_id
            ) l ON l.store_id = c.store_id AND l.cancellation_id = c.id
            GROUP BY c.store_id, c.order_id
        ) c ON c.store_id = o.store_id AND c.order_id = o.id
        WHERE o.cancelled <> coalesce(c.amount, 0)
            OR coalesce(c.amount, 0) <> coalesce(c.of_lines, 0) + coalesce(c.shipping, 0)
    """,
    "units taken back were bought, and cost their share of the line": """
        SELECT c.store_id, c.order_line_id, l.quantity, c.units, l.total, c.amount
        FROM (
            SELECT c.store_id, c.order_line_id, min(h.order_id::text) AS order_id,
                max(h.order_id::text) AS other_order_id, sum(c.quantity) AS units, sum(c.amount) AS amount
            FROM cancellation_lines c
            JOIN cancellations h ON h.store_id = c.store_id AND h.id = c.cancellation_id
            GROUP BY c.store_id, c.order_line_id
        ) c
        JOIN order_lines l ON l.store_id = c.store_id AND l.id = c.order_line_id
        WHERE c.units > l.quantity OR c.amount <> div(2 * l.total * c.units + l.quantity, 2 * l.quantity)
            OR c.order_id <> l.order_id::text OR c.other_order_id <> l.order_id::text
    """,
    "an order is cancelled when its last units and its delivery are taken back, and only then": """
        SELECT o.store_id, o.id, o.number, o.state, o.total, o.cancelled, l.bought, c.taken_back
        FROM orders o
        JOIN (
            SELECT store_id, order_id, sum(quantity) AS bought FROM order_lines GROUP BY store_id, order_id
        ) l ON l.store_id = o.store_id AND l.order_id = o.id
        LEFT JOIN (
            SELECT c.store_id, c.order_id, coalesce(sum(t.units), 0) AS taken_back,
                count(*) FILTER (WHERE c.is_whole) AS whole
            FROM cancellations c
            LEFT JOIN (
                SELECT store_id, cancellation_id, sum(quantity) AS units
                FROM cancellation_lines GROUP BY store_id, cancellation_id
            ) t ON t.store_id = c.store_id AND t.cancellation_id = c.id
            GROUP BY c.store_id, c.order_id
        ) c ON c.store_id = o.store_id AND c.order_id = o.id
        WHERE CASE o.state
            WHEN 'cancelled' THEN (l.bought, o.total, 1) IS DISTINCT FROM (c.taken_back, o.cancelled, c.whole)
            ELSE c.whole > 0 OR c.taken_back >= l.bought END
    """,
    "an order that is cancelled gave back what it spent, and another nothing": """
        SELECT e.store_id, e.order_id, e.budget_id, o.state, e.spent, e.given_back
        FROM (
            SELECT store_id, order_id, budget_id, coalesce(-sum(amount) FILTER (WHERE kind = 'spend'), 0) AS spent,
                coalesce(sum(amount) FILTER (WHERE kind = 'give_back'), 0) AS given_back
            FROM budget_entries WHERE order_id IS NOT NULL GROUP BY store_id, order_id, budget_id
        ) e
        LEFT JOIN orders o ON o.store_id = e.store_id AND o.id = e.order_id
        WHERE e.given_back <> CASE o.state WHEN 'cancelled' THEN e.spent ELSE 0 END
    """,
    "stock is held only for an order that waits for its money": """
        SELECT r.store_id, r.id, r.order_id, o.state
        FROM reservations r
        LEFT JOIN orders o ON o.store_id = r.store_id AND o.id = r.order_id
        WHERE r.state = 'held' AND r.order_id IS NOT NULL AND o.state IS DISTINCT FROM 'pending'
    """,
    "a refund is what it asks of the tenders of its order": """
        SELECT coalesce(r.store_id, a.of_store) AS store_id, coalesce(r.id, a.refund_id) AS id, r.amount, a.asked
        FROM refunds r
        FULL JOIN (
            SELECT store_id AS of_store, refund_id, order_id, sum(amount) AS asked
            FROM payment_attempts WHERE kind = 'refund' GROUP BY store_id, refund_id, order_id
        ) a ON a.of_store = r.store_id AND a.refund_id = r.id AND a.order_id = r.order_id
        WHERE r.amount IS DISTINCT FROM a.asked
    """,
    "what a payment gave back, or is giving back, is what it was asked for": """
        SELECT p.store_id, p.id, p.refunded, p.refunding, a.given, a.giving
        FROM payments p
        LEFT JOIN (
            SELECT store_id, payment_id, coalesce(sum(amount) FILTER (WHERE state = 'succeeded'), 0) AS given,
                coalesce(sum(amount) FILTER (WHERE settled_at IS NULL), 0) AS giving
            FROM payment_attempts WHERE kind = 'refund' GROUP BY store_id, payment_id
        ) a ON a.store_id = p.store_id AND a.payment_id = p.id
        WHERE p.refunded <> coalesce(a.given, 0) OR p.refunding <> coalesce(a.giving, 0)
    """,
    # Whether money goes back with units is for staff to say, and what they kept is written down. What a provider
    # refused to give back is for them too.
    "what is held of an order is no more than it costs and staff kept, or is on its way back": """
        SELECT o.store_id, o.id, o.number, o.total, o.cancelled, p.held, c.kept
        FROM orders o
        JOIN (
            SELECT store_id, order_id, sum(captured - refunded - refunding) AS held FROM payments
            WHERE status NOT IN ('failed', 'voided') GROUP BY store_id, order_id
        ) p ON p.store_id = o.store_id AND p.order_id = o.id
        LEFT JOIN (
            SELECT DISTINCT ON (store_id, order_id) store_id, order_id, kept FROM cancellations
            ORDER BY store_id, order_id, position DESC
        ) c ON c.store_id = o.store_id AND c.order_id = o.id
        WHERE p.held > o.total - o.cancelled + coalesce(c.kept, 0) AND NOT EXISTS (
            SELECT FROM payment_attempts a
            WHERE a.store_id = o.store_id AND a.order_id = o.id AND a.kind = 'refund' AND a.state = 'failed'
                AND a.payment_id BETWEEN stoa.child_id(o.id, 0) AND stoa.child_id(o.id, 4294967295))
    """,
}

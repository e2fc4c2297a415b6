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
}

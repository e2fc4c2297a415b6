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
    "what an order is paid equals the payments that came in": """
        SELECT o.store_id, o.id, o.number, o.paid, coalesce(p.captured, 0) AS captured
        FROM orders o
        LEFT JOIN (
            SELECT store_id, order_id, currency, sum(amount) AS asked,
                sum(amount) FILTER (WHERE status = 'captured') AS captured
            FROM payments GROUP BY store_id, order_id, currency
        ) p ON p.store_id = o.store_id AND p.order_id = o.id
        WHERE o.paid <> coalesce(p.captured, 0) OR coalesce(p.asked, 0) <> o.total OR p.currency <> o.currency
    """,
    "an order is called paid when it is": """
        SELECT store_id, id, number, payment_state, paid, total FROM orders
        WHERE (payment_state = 'paid') <> (paid = total)
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
        LEFT JOIN LATERAL (
            SELECT h.state, h.payment_state FROM order_history h
            WHERE h.store_id = o.store_id AND h.order_id = o.id ORDER BY h.id DESC LIMIT 1
        ) h ON true
        WHERE h.state IS DISTINCT FROM o.state OR h.payment_state IS DISTINCT FROM o.payment_state
    """,
    "a line's stock is committed whole": """
        SELECT m.store_id, m.order_line_id, m.committed, l.quantity
        FROM (
            SELECT store_id, order_line_id, sum(committed) AS committed
            FROM stock_movements WHERE kind = 'commit' GROUP BY store_id, order_line_id
        ) m
        LEFT JOIN order_lines l ON l.store_id = m.store_id AND l.id = m.order_line_id
        WHERE m.committed IS DISTINCT FROM l.quantity
    """,
    # Whether a variant is counted may change, so only lines sold since it last could have changed are judged.
    "a line of a counted variant has its stock committed": """
        SELECT l.store_id, l.id
        FROM order_lines l
        JOIN orders o ON o.store_id = l.store_id AND o.id = l.order_id
        JOIN variants v ON v.store_id = l.store_id AND v.id = l.variant_id AND v.tracks_stock
        JOIN products p ON p.store_id = v.store_id AND p.id = v.product_id AND p.updated_at < o.placed_at
        WHERE NOT EXISTS (
            SELECT FROM stock_movements m
            WHERE m.store_id = l.store_id AND m.order_line_id = l.id AND m.kind = 'commit')
    """,
}

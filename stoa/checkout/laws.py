"""Queries over all stores that must return no row: an order is what was quoted, and took what it says."""

LAWS = {
    "an order has the lines of its quote, and no others": """
        SELECT coalesce(l.store_id, o.store_id) AS store_id, coalesce(l.order_id, o.id) AS order_id, l.position, q.line
        FROM orders o
        JOIN quotes quote ON quote.store_id = o.store_id AND quote.id = o.quote_id
        CROSS JOIN LATERAL jsonb_to_recordset(quote.lines)
            AS q (line bigint, variant_id uuid, quantity bigint, amount bigint, discount bigint, tax bigint,
                total bigint)
        FULL JOIN order_lines l ON l.store_id = o.store_id AND l.order_id = o.id AND l.position = q.line
        WHERE (l.variant_id, l.quantity, l.amount, l.discount, l.tax, l.total)
            IS DISTINCT FROM (q.variant_id, q.quantity, q.amount, q.discount, q.tax, q.total)
    """,
    "a line takes its units from stock of its own variant": """
        SELECT m.store_id, m.order_line_id, m.level_id
        FROM stock_movements m
        JOIN stock_levels level ON level.store_id = m.store_id AND level.id = m.level_id
        JOIN order_lines l ON l.store_id = m.store_id AND l.id = m.order_line_id
        WHERE l.variant_id <> level.variant_id OR l.order_id <> m.order_id
    """,
    "an order spends the budgets of its quote, and no others": """
        SELECT coalesce(spent.store_id, meant.store_id) AS store_id,
            coalesce(spent.order_id, meant.order_id) AS order_id, meant.amount AS meant, spent.amount AS spent
        FROM (
            SELECT o.store_id, o.id AS order_id, b.id AS budget_id, b.amount
            FROM orders o
            JOIN quotes q ON q.store_id = o.store_id AND q.id = o.quote_id
            CROSS JOIN LATERAL unnest(q.budget_ids, q.budget_amounts) AS b (id, amount)
        ) meant
        FULL JOIN (
            SELECT store_id, order_id, budget_id, -amount AS amount FROM budget_entries WHERE kind = 'spend'
        ) spent ON spent.store_id = meant.store_id AND spent.order_id = meant.order_id
            AND spent.budget_id = meant.budget_id
        WHERE meant.amount IS DISTINCT FROM spent.amount
    """,
    "a stored answer names an order that is there": """
        SELECT k.store_id, k.id, k.answer ->> 'order_id' AS order_id
        FROM idempotency_keys k
        LEFT JOIN orders o ON o.store_id = k.store_id AND o.id = (k.answer ->> 'order_id')::uuid
        WHERE k.answer ->> 'order_id' IS NOT NULL AND o.id IS NULL
    """,
}

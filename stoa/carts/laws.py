"""Queries over all stores that must return no row: a quote adds up and is its cart's, and nobody shares a contact."""

LAWS = {
    "a quote adds up, and its lines to it": """
        SELECT q.store_id, q.id
        FROM quotes q
        CROSS JOIN LATERAL (
            SELECT sum(amount) AS amount, sum(discount) AS discount, sum(tax) AS tax, sum(total) AS total
            FROM jsonb_to_recordset(q.lines) AS l (amount bigint, discount bigint, tax bigint, total bigint)
        ) l
        WHERE (l.amount, l.discount, l.tax) IS DISTINCT FROM (q.subtotal, q.discount, q.tax - q.shipping_tax)
            OR q.total <> q.subtotal - q.discount + q.shipping + CASE WHEN q.tax_included THEN 0 ELSE q.tax END
            OR l.total IS DISTINCT FROM
                q.total - q.shipping - CASE WHEN q.tax_included THEN 0 ELSE q.shipping_tax END
    """,
    "the quote of a cart is its own, in its currency": """
        SELECT c.store_id, c.id, c.quote_id
        FROM carts c
        LEFT JOIN quotes q ON q.store_id = c.store_id AND q.id = c.quote_id
        WHERE c.quote_id IS NOT NULL AND (q.cart_id, q.currency) IS DISTINCT FROM (c.id, c.currency)
    """,
    "no two carts share a contact": """
        SELECT store_id, contact_id FROM carts
        WHERE contact_id IS NOT NULL GROUP BY store_id, contact_id HAVING count(*) > 1
    """,
    "units at the price of the list stand in one line of a cart": """
        SELECT store_id, cart_id, variant_id FROM cart_lines
        WHERE override_amount IS NULL GROUP BY store_id, cart_id, variant_id HAVING count(*) > 1
    """,
}

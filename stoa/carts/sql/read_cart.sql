-- A cart as it stands, with all that its price and its changes depend on, as of one instant. A row for each of its lines, in
-- their order, then one for each variant of `p_also` (what is to be put in); at least one, unless there is no such cart.
-- What a row says of the cart, its contact, its code and the store is the same in all.
CREATE OR REPLACE FUNCTION stoa.read_cart(p_store uuid, p_cart uuid, p_also uuid[])
RETURNS TABLE (
    revision bigint, token_hash bytea, customer_id uuid, contact_id uuid, state text, currency text, quote_id uuid,
    reservation_id uuid, shipping_override bigint, expires_at timestamptz, email text, country text,
    code text, code_amount bigint, code_budget uuid, code_starts_at timestamptz, code_ends_at timestamptz,
    tax_display text, tax_rate_ppm bigint, rounding text,
    shipping_title text, shipping_amount bigint, free_shipping_from bigint,
    line_id uuid, "position" bigint, variant_id uuid, quantity bigint, seen_unit_price bigint,
    override_amount bigint, override_reason text, override_by text,
    product_slug text, sku text, title text, variant_title text, price bigint, is_sold boolean,
    tracks_stock boolean, requires_shipping boolean, beyond_stock text, ships_on date, in_stock bigint, later bigint
)
LANGUAGE plpgsql
-- Everything is looked up by key. The plan is made once for any cart.
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
    PERFORM stoa.enter_store(p_store);
    RETURN QUERY
        SELECT c.revision, c.token_hash, c.customer_id, c.contact_id, c.state, c.currency, c.quote_id,
               c.reservation_id, c.shipping_override, c.expires_at, k.email, k.country,
               d.code, d.amount, d.budget_id, d.starts_at, d.ends_at,
               s.tax_display, s.tax_rate_ppm, s.rounding, s.shipping_title, s.shipping_amount, s.free_shipping_from,
               l.id, l.position, l.variant_id, l.quantity, l.seen_unit_price,
               l.override_amount, l.override_reason, l.override_by,
               f.product_slug, f.sku, f.title, f.variant_title, f.price, f.is_sold,
               f.tracks_stock, f.requires_shipping, f.beyond_stock, f.ships_on,
               -- What the cart holds, it does not compete with.
               f.in_stock + coalesce(h.there, 0)::bigint, f.later + coalesce(h.later, 0)::bigint
          FROM carts c
          JOIN store_settings s ON s.store_id = p_store
          LEFT JOIN order_contacts k ON k.store_id = p_store AND k.id = c.contact_id
          LEFT JOIN discount_codes d ON d.store_id = p_store AND d.id = c.discount_code_id
          LEFT JOIN LATERAL (
               SELECT l.id, l.position, l.variant_id, l.quantity, l.seen_unit_price,
                      l.override_amount, l.override_reason, l.override_by
                 FROM cart_lines l WHERE l.store_id = p_store AND l.cart_id = p_cart
                UNION ALL
               SELECT NULL, NULL, a.id, NULL, NULL, NULL, NULL, NULL FROM unnest(p_also) AS a(id)) l ON true
          LEFT JOIN LATERAL stoa.variant_facts(p_store, l.variant_id, c.currency) f ON true
          LEFT JOIN LATERAL (
               SELECT sum(i.quantity) FILTER (WHERE w.kind <> 'backorder') AS there,
                      sum(i.quantity) FILTER (WHERE w.kind = 'backorder') AS later
                 FROM reservations r
                 JOIN reservation_items i ON i.store_id = p_store AND i.reservation_id = r.id AND i.variant_id = l.variant_id
                 JOIN stock_levels v ON v.store_id = p_store AND v.id = i.level_id
                 JOIN warehouses w ON w.store_id = p_store AND w.id = v.warehouse_id
                WHERE r.store_id = p_store AND r.id = c.reservation_id AND r.state = 'held' AND r.order_id IS NULL
               ) h ON c.reservation_id IS NOT NULL
         WHERE c.store_id = p_store AND c.id = p_cart
         ORDER BY l.position;
END
$$;
GRANT EXECUTE ON FUNCTION stoa.read_cart TO stoa_server;

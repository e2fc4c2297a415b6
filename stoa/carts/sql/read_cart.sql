-- A cart as it stands, with all that its changes depend on, and with `p_priced` all that its price does. A row for each of its
-- lines, in their order, then one for each variant of `p_also` (what is to be put in); at least one, unless there is no such
-- cart. What a row says of the cart, its contact, its code and the store is the same in all.
-- The cart itself is read first: whoever changes what is read after it counts its revision on, and so is found out.
CREATE OR REPLACE FUNCTION stoa.read_cart(p_store uuid, p_cart uuid, p_also uuid[], p_priced boolean)
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
-- Everything is looked up by key. Plans are made once for any cart, perhaps while there are hardly any.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    v_cart carts;
    v_contact order_contacts;
    v_code discount_codes;
    v_terms store_settings;
    -- What the cart holds: it does not compete with that.
    h_variant uuid[]; h_there bigint[]; h_later bigint[];
BEGIN
    PERFORM stoa.enter_store(p_store);
    SELECT * INTO v_cart FROM carts c WHERE c.store_id = p_store AND c.id = p_cart;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF p_priced THEN
        SELECT * INTO v_terms FROM store_settings s WHERE s.store_id = p_store;
        SELECT * INTO v_contact FROM order_contacts k WHERE k.store_id = p_store AND k.id = v_cart.contact_id;
    END IF;
    IF v_cart.discount_code_id IS NOT NULL THEN
        SELECT * INTO v_code FROM discount_codes d WHERE d.store_id = p_store AND d.id = v_cart.discount_code_id;
    END IF;
    IF v_cart.reservation_id IS NOT NULL THEN
        SELECT array_agg(h.variant_id), array_agg(h.there), array_agg(h.later) INTO h_variant, h_there, h_later
          FROM (SELECT i.variant_id, sum(i.quantity) FILTER (WHERE w.kind <> 'backorder')::bigint AS there,
                       sum(i.quantity) FILTER (WHERE w.kind = 'backorder')::bigint AS later
                  FROM reservations r
                  JOIN reservation_items i ON i.store_id = p_store AND i.reservation_id = r.id
                  JOIN stock_levels s ON s.store_id = p_store AND s.id = i.level_id
                  JOIN warehouses w ON w.store_id = p_store AND w.id = s.warehouse_id
                 WHERE r.store_id = p_store AND r.id = v_cart.reservation_id AND r.state = 'held'
                 GROUP BY i.variant_id) h;
    END IF;
    RETURN QUERY
        SELECT v_cart.revision, v_cart.token_hash, v_cart.customer_id, v_cart.contact_id, v_cart.state, v_cart.currency,
               v_cart.quote_id, v_cart.reservation_id, v_cart.shipping_override, v_cart.expires_at,
               v_contact.email, v_contact.country,
               v_code.code, v_code.amount, v_code.budget_id, v_code.starts_at, v_code.ends_at,
               v_terms.tax_display, v_terms.tax_rate_ppm, v_terms.rounding,
               v_terms.shipping_title, v_terms.shipping_amount, v_terms.free_shipping_from,
               l.id, l.position, l.variant_id, l.quantity, l.seen_unit_price,
               l.override_amount, l.override_reason, l.override_by,
               f.product_slug, f.sku, f.title, f.variant_title, f.price, f.is_sold,
               f.tracks_stock, f.requires_shipping, f.beyond_stock, f.ships_on,
               f.in_stock + coalesce(h.there, 0), f.later + coalesce(h.later, 0)
          FROM (VALUES (1)) always_one
          LEFT JOIN LATERAL (
               SELECT l.id, l.position, l.variant_id, l.quantity, l.seen_unit_price,
                      l.override_amount, l.override_reason, l.override_by
                 FROM cart_lines l WHERE l.store_id = p_store AND l.cart_id = p_cart
                UNION ALL
               SELECT NULL, NULL, a.id, NULL, NULL, NULL, NULL, NULL FROM unnest(p_also) AS a(id)) l ON true
          LEFT JOIN LATERAL stoa.variant_facts(p_store, l.variant_id, v_cart.currency) f ON true
          LEFT JOIN unnest(h_variant, h_there, h_later) AS h(variant, there, later) ON h.variant = l.variant_id
         ORDER BY l.position;
END
$$;
GRANT EXECUTE ON FUNCTION stoa.read_cart TO stoa_server;

-- What the catalog and the warehouses say about a variant; `price` is NULL where it has none in this currency. Of what is
-- counted, `in_stock` is what may still be promised of the units that are there, `later` what may be beyond them.
-- Plain SQL without settings, so that it melts into whatever asks.
CREATE OR REPLACE FUNCTION stoa.variant_facts(p_store uuid, p_variant uuid, p_currency text)
RETURNS TABLE (
    product_slug text, sku text, title text, variant_title text, price bigint, is_sold boolean,
    tracks_stock boolean, requires_shipping boolean, beyond_stock text, ships_on date, in_stock bigint, later bigint
)
LANGUAGE sql STABLE AS $$
    SELECT p.slug, v.sku, p.title, v.title, c.amount,
           v.is_active AND v.deleted_at IS NULL AND p.state = 'active' AND p.deleted_at IS NULL AND c.amount IS NOT NULL,
           v.tracks_stock, v.requires_shipping, v.beyond_stock, v.ships_on,
           coalesce(a.in_stock, 0)::bigint, coalesce(a.later, 0)::bigint
      FROM variants v
      JOIN products p ON p.store_id = p_store AND p.id = v.product_id
      LEFT JOIN prices c ON c.store_id = p_store AND c.variant_id = v.id AND c.currency = p_currency
      LEFT JOIN LATERAL (
           SELECT sum(s.units) FILTER (WHERE NOT s.is_later) AS in_stock, sum(s.units) FILTER (WHERE s.is_later) AS later
             FROM sellable_stock s WHERE s.store_id = p_store AND s.variant_id = p_variant) a ON v.tracks_stock
     WHERE v.store_id = p_store AND v.id = p_variant
$$;
GRANT EXECUTE ON FUNCTION stoa.variant_facts TO stoa_server;

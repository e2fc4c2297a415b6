-- pick_stock: which levels serve the lines of one order, as its store allocates, where `p_taken` of `p_level` is gone
-- already.
--
-- The warehouses are put in an order: by priority; or by how near they are to where it goes (where that is not known,
-- those of its country first); or by how many of its variants they have whole. What is promised beyond stock comes last
-- in any order. Then demand and supply of each variant are laid along one line, and where two stretches overlap, that
-- level serves that line. An order that may not be split is served by one warehouse, what is still to come apart: of those
-- that can serve it so, by the first that has the most of its units there. What cannot be served is missing from the
-- answer: who calls compares.
--
-- `fewest_parcels` finds one warehouse where one has everything; otherwise it goes on with whoever has the most variants,
-- which is near the fewest parcels without trying all ways (the set-cover problem's greedy answer).
CREATE OR REPLACE FUNCTION stoa.pick_stock(
    p_store uuid,
    p_rule text,
    p_splits boolean,
    p_line int[],
    p_variant uuid[],
    p_quantity bigint[],
    p_level uuid[],
    p_taken bigint[],
    p_latitude bigint,
    p_longitude bigint,
    p_country text
) RETURNS TABLE (line int, level uuid, quantity bigint)
LANGUAGE sql STABLE AS $$
    -- Planned for a handful of lines, and asked for thousands as well: what is looked up is looked up by key for each
    -- variant, and no two long lists are ever joined. So a row of supply carries along what is wanted of its variant.
    WITH demand AS (
        SELECT a.line, a.variant, a.quantity, sum(a.quantity) OVER (PARTITION BY a.variant ORDER BY a.line) AS upto
          FROM unnest(p_line, p_variant, p_quantity) AS a(line, variant, quantity)
    ), wanted AS (
        SELECT d.variant, sum(d.quantity) AS quantity, array_agg(d.line ORDER BY d.line) AS lines,
               array_agg(d.quantity ORDER BY d.line) AS quantities, array_agg(d.upto ORDER BY d.line) AS uptos
          FROM demand d GROUP BY d.variant
    ), gone AS (
        SELECT jsonb_object_agg(t.level, t.taken) AS of_level
          FROM (SELECT t.level, sum(t.taken) AS taken FROM unnest(p_level, p_taken) AS t(level, taken) GROUP BY t.level) t
    ), there AS (
        SELECT s.level, w.variant, w.quantity AS wanted, w.lines, w.quantities, w.uptos,
               h.id AS warehouse, h.priority, h.kind = 'backorder' AS comes_later, h.country IS DISTINCT FROM p_country AS abroad,
               -- The haversine of the angle between the two places grows with their distance, and is all that sorting needs.
               sin(radians((h.latitude_microdegrees - p_latitude) / 2e6)) ^ 2
                   + cos(radians(p_latitude / 1e6)) * cos(radians(h.latitude_microdegrees / 1e6))
                   * sin(radians((h.longitude_microdegrees - p_longitude) / 2e6)) ^ 2 AS distance,
               greatest(s.free - coalesce((g.of_level ->> s.level::text)::bigint, 0), 0) AS free
          FROM wanted w
         CROSS JOIN gone g
         CROSS JOIN LATERAL (SELECT s.id AS level, s.warehouse_id, s.on_hand - s.safety - s.committed - s.reserved AS free
                               FROM stock_levels s WHERE s.store_id = p_store AND s.variant_id = w.variant OFFSET 0) s
         CROSS JOIN LATERAL (SELECT * FROM warehouses h WHERE h.store_id = p_store AND h.id = s.warehouse_id AND h.is_active
                             OFFSET 0) h
    ), supply AS (
        SELECT t.*, coalesce(sum(t.free) FILTER (WHERE t.comes_later) OVER (PARTITION BY t.variant), 0) AS later FROM there t
    ), able AS (
        SELECT s.warehouse, s.priority, s.comes_later, s.abroad, s.distance,
               count(*) FILTER (WHERE s.free >= s.wanted) AS whole, sum(least(s.free, s.wanted)) AS units,
               -- Variants that it has, or has with what is to come; and those that are to come whole, which it need not have.
               count(*) FILTER (WHERE s.free + s.later >= s.wanted AND s.later < s.wanted)
                   + (SELECT count(*) FROM supply l WHERE l.comes_later AND l.free >= l.wanted)
                   = (SELECT count(*) FROM wanted) AS has_all
          FROM supply s
         GROUP BY s.warehouse, s.priority, s.comes_later, s.abroad, s.distance
    ), ranked AS (
        SELECT a.warehouse, a.comes_later,
               row_number() OVER (ORDER BY a.comes_later, CASE WHEN NOT p_splits THEN -a.units END,
                   CASE p_rule WHEN 'nearest' THEN a.distance END, CASE p_rule WHEN 'nearest' THEN a.abroad END,
                   CASE p_rule WHEN 'fewest_parcels' THEN -a.whole END, a.priority, a.warehouse) AS turn
          FROM able a
         WHERE p_splits OR a.comes_later OR a.has_all
    ), stock AS (
        SELECT s.level, s.free, s.lines, s.quantities, s.uptos,
               sum(s.free) OVER (PARTITION BY s.variant ORDER BY r.turn) AS upto
          FROM supply s
          JOIN ranked r ON r.warehouse = s.warehouse AND (p_splits OR r.turn = 1 OR r.comes_later)
         WHERE s.free > 0
    )
    SELECT d.line, s.level, (least(d.upto, s.upto) - greatest(d.upto - d.quantity, s.upto - s.free))::bigint
      FROM stock s
     CROSS JOIN LATERAL unnest(s.lines, s.quantities, s.uptos) AS d(line, quantity, upto)
     WHERE s.upto - s.free < d.upto AND s.upto > d.upto - d.quantity
$$;
GRANT EXECUTE ON FUNCTION stoa.pick_stock TO stoa_server;

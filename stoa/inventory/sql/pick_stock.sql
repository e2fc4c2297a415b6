-- pick_stock: which levels serve the lines of one order, as its store allocates, where `p_taken` of `p_level` is gone
-- already.
--
-- The warehouses are put in an order: by priority; or by how near they are to where it goes (where that is not known,
-- those of its country first); or by how many of its variants they have whole. What is promised beyond stock comes last
-- in any order. Then demand and supply of each variant are laid along one line, and where two stretches overlap, that
-- level serves that line. An order that may not be split is served by the first warehouse that has all of it, what is
-- still to come apart. What cannot be served is missing from the answer: who calls compares.
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
    WITH demand AS (
        SELECT a.line, a.variant, a.quantity, sum(a.quantity) OVER (PARTITION BY a.variant ORDER BY a.line) AS upto
          FROM unnest(p_line, p_variant, p_quantity) AS a(line, variant, quantity)
    ), wanted AS (
        SELECT d.variant, sum(d.quantity) AS quantity FROM demand d GROUP BY d.variant
    ), supply AS (
        SELECT s.id AS level, s.variant_id AS variant, h.id AS warehouse, h.priority, h.kind = 'backorder' AS comes_later,
               h.country IS DISTINCT FROM p_country AS abroad,
               -- The haversine of the angle between the two places grows with their distance, and is all that sorting needs.
               sin(radians((h.latitude_microdegrees - p_latitude) / 2e6)) ^ 2
                   + cos(radians(p_latitude / 1e6)) * cos(radians(h.latitude_microdegrees / 1e6))
                   * sin(radians((h.longitude_microdegrees - p_longitude) / 2e6)) ^ 2 AS distance,
               greatest(s.on_hand - s.safety - s.committed - s.reserved - coalesce(t.taken, 0), 0) AS free
          FROM stock_levels s
          JOIN warehouses h ON h.store_id = p_store AND h.id = s.warehouse_id AND h.is_active
          LEFT JOIN (SELECT t.level, sum(t.taken) AS taken FROM unnest(p_level, p_taken) AS t(level, taken) GROUP BY t.level) t
            ON t.level = s.id
         WHERE s.store_id = p_store AND s.variant_id = ANY (p_variant)
    ), able AS (
        SELECT h.warehouse, h.priority, h.comes_later, h.abroad, h.distance,
               count(*) FILTER (WHERE coalesce(s.free, 0) >= w.quantity) AS whole,
               bool_and(coalesce(s.free, 0) + coalesce(later.free, 0) >= w.quantity) AS has_all
          FROM (SELECT DISTINCT s.warehouse, s.priority, s.comes_later, s.abroad, s.distance FROM supply s) h
         CROSS JOIN wanted w
          LEFT JOIN supply s ON s.warehouse = h.warehouse AND s.variant = w.variant
          LEFT JOIN supply later ON later.comes_later AND later.variant = w.variant AND NOT h.comes_later
         GROUP BY h.warehouse, h.priority, h.comes_later, h.abroad, h.distance
    ), ranked AS (
        SELECT a.warehouse, a.comes_later,
               row_number() OVER (ORDER BY a.comes_later,
                   CASE p_rule WHEN 'nearest' THEN a.distance END, CASE p_rule WHEN 'nearest' THEN a.abroad END,
                   CASE p_rule WHEN 'fewest_parcels' THEN -a.whole END, a.priority, a.warehouse) AS turn
          FROM able a
         WHERE p_splits OR a.comes_later OR a.has_all
    ), stock AS (
        SELECT s.level, s.variant, s.free, sum(s.free) OVER (PARTITION BY s.variant ORDER BY r.turn) AS upto
          FROM supply s
          JOIN ranked r ON r.warehouse = s.warehouse AND (p_splits OR r.turn = 1 OR r.comes_later)
         WHERE s.free > 0
    )
    SELECT d.line, s.level, (least(d.upto, s.upto) - greatest(d.upto - d.quantity, s.upto - s.free))::bigint
      FROM demand d
      JOIN stock s ON s.variant = d.variant AND s.upto - s.free < d.upto AND s.upto > d.upto - d.quantity
$$;
GRANT EXECUTE ON FUNCTION stoa.pick_stock TO stoa_server;

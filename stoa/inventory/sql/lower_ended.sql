-- lower_ended: units that came back to these levels are not promised again, where nothing is promised beyond stock any
-- more (by the merchant's word, or since the pre-order's day is past in the store's time zone): what may be promised there
-- becomes what is. Called in the transaction that gave them back, which holds these levels; the movements become children
-- of p_id.
CREATE OR REPLACE FUNCTION stoa.lower_ended(p_store uuid, p_levels uuid[], p_id uuid, p_at timestamptz, p_actor text)
RETURNS void
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_levels uuid[];
    v_by bigint[];
BEGIN
    SELECT array_agg(s.id ORDER BY s.id), array_agg(s.committed + s.reserved - s.on_hand ORDER BY s.id) INTO v_levels, v_by
      FROM (SELECT h.id FROM warehouses h WHERE h.store_id = p_store AND h.kind = 'backorder' OFFSET 0) h
     CROSS JOIN LATERAL (SELECT s.id, s.variant_id, s.on_hand, s.committed, s.reserved FROM stock_levels s
                          WHERE s.store_id = p_store AND s.id = ANY (p_levels) AND s.warehouse_id = h.id
                            AND s.on_hand > s.committed + s.reserved OFFSET 0) s
     CROSS JOIN LATERAL (SELECT FROM variants v WHERE v.store_id = p_store AND v.id = s.variant_id
                            AND (v.beyond_stock = 'none' OR (v.beyond_stock = 'preorder' AND v.ships_on <
                                (SELECT (p_at AT TIME ZONE t.time_zone)::date FROM store_settings t WHERE t.store_id = p_store)))
                            OFFSET 0) v;
    IF v_levels IS NULL THEN
        RETURN;
    END IF;
    UPDATE stock_levels s SET on_hand = s.on_hand + l.by
      FROM unnest(v_levels, v_by) AS l(level, by)
     WHERE s.store_id = p_store AND s.id = l.level;
    INSERT INTO stock_movements (store_id, id, level_id, kind, on_hand, committed, reserved, reason, actor)
    SELECT p_store, stoa.child_id(p_id, (1 << 21) + l.n), l.level, 'adjust', l.by, 0, 0, 'no longer promised', p_actor
      FROM unnest(v_levels, v_by) WITH ORDINALITY AS l(level, by, n)
    ON CONFLICT (store_id, id) DO NOTHING;
END
$$;
GRANT EXECUTE ON FUNCTION stoa.lower_ended TO stoa_server;

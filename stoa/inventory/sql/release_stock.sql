-- release_stock: what carts hold is given back, in one call and one transaction of the caller's. What orders hold is not
-- touched, nor what is not held any more; the answer is which holds were given back.
--
-- p_movements are ids made for this, one a hold, whose children its movements are. p_state is what the holds become:
-- `released`, or `expired`, and then only those whose time is past.
CREATE OR REPLACE FUNCTION stoa.release_stock(
    p_store uuid,
    p_reservation uuid[],
    p_movements uuid[],
    p_state text,
    p_at timestamptz,
    p_actor text
) RETURNS SETOF uuid
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    v_released uuid[];
BEGIN
    -- Locks in the order every transaction takes them.
    PERFORM FROM carts c
      WHERE c.store_id = p_store
        AND c.id = ANY (ARRAY(SELECT r.cart_id FROM reservations r WHERE r.store_id = p_store AND r.id = ANY (p_reservation)))
      ORDER BY c.id FOR UPDATE;
    PERFORM FROM reservations r WHERE r.store_id = p_store AND r.id = ANY (p_reservation) ORDER BY r.id FOR UPDATE;
    v_released := ARRAY(SELECT r.id FROM reservations r
                         WHERE r.store_id = p_store AND r.id = ANY (p_reservation) AND r.state = 'held' AND r.order_id IS NULL
                           AND (p_state <> 'expired' OR r.expires_at <= p_at));
    PERFORM FROM stock_levels s
      WHERE s.store_id = p_store
        AND s.id = ANY (ARRAY(SELECT t.level_id FROM reservation_items t
                               WHERE t.store_id = p_store AND t.reservation_id = ANY (v_released)))
      ORDER BY s.variant_id, s.warehouse_id FOR UPDATE;

    UPDATE stock_levels s SET reserved = s.reserved - m.quantity,
           short = greatest(0, s.committed + s.reserved - m.quantity + s.safety - s.on_hand)
      FROM (SELECT t.level_id, sum(t.quantity)::bigint AS quantity FROM reservation_items t
             WHERE t.store_id = p_store AND t.reservation_id = ANY (v_released) GROUP BY t.level_id) m
     WHERE s.store_id = p_store AND s.id = m.level_id;
    IF v_released <> '{}' THEN
        PERFORM stoa.lower_ended(p_store, ARRAY(SELECT DISTINCT t.level_id FROM reservation_items t
                                                 WHERE t.store_id = p_store AND t.reservation_id = ANY (v_released)),
                                 p_movements[1], p_at, p_actor);
    END IF;
    UPDATE reservations r SET state = p_state, closed_at = p_at
     WHERE r.store_id = p_store AND r.id = ANY (v_released);
    INSERT INTO stock_movements (store_id, id, level_id, kind, on_hand, committed, reserved, reason, reservation_id, actor)
    SELECT p_store, stoa.child_id(s.movements, row_number() OVER (PARTITION BY s.movements ORDER BY t.id)), t.level_id,
           'release', 0, 0, -t.quantity, CASE p_state WHEN 'expired' THEN 'expired' ELSE '' END, s.reservation, p_actor
      FROM unnest(p_reservation, p_movements) AS s(reservation, movements)
     CROSS JOIN LATERAL (SELECT * FROM reservation_items t WHERE t.store_id = p_store AND t.reservation_id = s.reservation) t
     WHERE s.reservation = ANY (v_released)
    ON CONFLICT (store_id, id) DO NOTHING;
    UPDATE carts c SET reservation_id = NULL
     WHERE c.store_id = p_store AND c.reservation_id = ANY (v_released)
       AND c.id = ANY (ARRAY(SELECT r.cart_id FROM reservations r WHERE r.store_id = p_store AND r.id = ANY (v_released)));
    RETURN QUERY SELECT unnest(v_released);
END
$$;
GRANT EXECUTE ON FUNCTION stoa.release_stock TO stoa_server;

-- What place_orders does with stock that carts hold, and with stock that orders hold while they wait for their money.
-- Arguments are named as there.

-- use_holds: lock what the carts in the running hold, and let it serve their own lines on the levels where it is held. A
-- shopper so never competes with their own hold: only the rest of their lines (`rest`, one element a line) is claimed.
-- Units that a cart holds and does not buy are free again once its order is written, not before: no such units are counted
-- for others of the batch. (A cart's hold is made anew whenever its lines change, so there are some only where a variant's
-- stock ceased to be counted meanwhile.)
CREATE OR REPLACE FUNCTION stoa.use_holds(
    p_store uuid,
    v_cart_hold uuid[],
    v_answer text[],
    l_of int[],
    l_line int[],
    l_variant uuid[],
    l_tracked boolean[],
    l_quantity bigint[],
    OUT h_of int[],
    OUT h_level uuid[],
    OUT h_quantity bigint[],
    OUT a_of int[],
    OUT a_line int[],
    OUT a_level uuid[],
    OUT a_quantity bigint[],
    OUT rest bigint[]
)
LANGUAGE plpgsql
-- Lines and holds are joined as wholes, and a batch of long orders has many of both. (OFFSET 0 keeps tables out of it.)
SET enable_hashjoin = on
AS $$
#variable_conflict use_column
DECLARE
    h_variant uuid[];
BEGIN
    PERFORM FROM reservations r WHERE r.store_id = p_store AND r.id = ANY (v_cart_hold) ORDER BY r.id FOR UPDATE;
    SELECT array_agg(s.i), array_agg(t.level_id), array_agg(t.variant_id), array_agg(t.quantity)
      INTO h_of, h_level, h_variant, h_quantity
      FROM unnest(v_cart_hold, v_answer) WITH ORDINALITY AS s(hold, answer, i)
     CROSS JOIN LATERAL (SELECT * FROM reservations r WHERE r.store_id = p_store AND r.id = s.hold AND r.state = 'held' OFFSET 0) r
     CROSS JOIN LATERAL (SELECT * FROM reservation_items t WHERE t.store_id = p_store AND t.reservation_id = r.id OFFSET 0) t
     WHERE s.answer IS NULL;

    SELECT array_agg(d.i), array_agg(d.line), array_agg(h.level),
           array_agg((least(d.upto, h.upto) - greatest(d.upto - d.quantity, h.upto - h.quantity))::bigint)
      INTO a_of, a_line, a_level, a_quantity
      FROM (SELECT l.i, l.line, l.variant, l.quantity, sum(l.quantity) OVER (PARTITION BY l.i, l.variant ORDER BY l.line) AS upto
              FROM unnest(l_of, l_line, l_variant, l_tracked, l_quantity) AS l(i, line, variant, tracked, quantity)
             WHERE l.tracked AND v_answer[l.i] IS NULL) d
      JOIN (SELECT h.i, h.level, h.variant, h.quantity, sum(h.quantity) OVER (PARTITION BY h.i, h.variant ORDER BY h.level) AS upto
              FROM unnest(h_of, h_level, h_variant, h_quantity) AS h(i, level, variant, quantity)) h
        ON h.i = d.i AND h.variant = d.variant AND h.upto - h.quantity < d.upto AND h.upto > d.upto - d.quantity;

    rest := ARRAY(
        SELECT l.quantity - coalesce(sum(a.quantity), 0)::bigint
          FROM unnest(l_of, l_line, l_quantity) WITH ORDINALITY AS l(i, line, quantity, n)
          LEFT JOIN unnest(a_of, a_line, a_quantity) AS a(i, line, quantity) ON a.i = l.i AND a.line = l.line
         GROUP BY l.n, l.quantity ORDER BY l.n);
END
$$;
GRANT EXECUTE ON FUNCTION stoa.use_holds TO stoa_server;

-- close_holds: what the carts held is sold, and what an order that waits for its money took is held for it. Movements that
-- end a cart's hold are numbered from 1 << 20, beyond those of the sale itself.
CREATE OR REPLACE FUNCTION stoa.close_holds(
    p_store uuid,
    v_answer text[],
    p_at timestamptz[],
    p_actor text[],
    p_cart uuid[],
    p_order uuid[],
    v_hold_until timestamptz[],
    v_cart_hold uuid[],
    h_of int[],
    h_level uuid[],
    h_quantity bigint[],
    a_of int[],
    a_line int[],
    a_level uuid[],
    a_quantity bigint[]
) RETURNS void
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    UPDATE reservations r SET state = 'confirmed', closed_at = s.at
      FROM unnest(v_cart_hold, p_at, v_answer) AS s(hold, at, answer)
     WHERE r.store_id = p_store AND r.id = s.hold AND r.state = 'held' AND s.answer = 'placed';

    INSERT INTO stock_movements (store_id, id, level_id, kind, on_hand, committed, reserved, reason, order_id, reservation_id,
                                 actor)
    SELECT p_store, stoa.child_id(p_order[h.i], (1 << 20) + row_number() OVER (PARTITION BY h.i ORDER BY h.level)), h.level,
           'release', 0, 0, -h.quantity, '', p_order[h.i], v_cart_hold[h.i], p_actor[h.i]
      FROM unnest(h_of, h_level, h_quantity) AS h(i, level, quantity) WHERE v_answer[h.i] = 'placed'
    ON CONFLICT (store_id, id) DO NOTHING;

    INSERT INTO reservations (store_id, id, cart_id, order_id, state, created_at, expires_at)
    SELECT p_store, stoa.child_id(s.order_id, 1), s.cart, s.order_id, 'held', s.at, s.until
      FROM unnest(p_order, p_cart, p_at, v_hold_until, v_answer) AS s(order_id, cart, at, until, answer)
     WHERE s.answer = 'placed' AND s.until IS NOT NULL
    ON CONFLICT (store_id, id) DO NOTHING;

    INSERT INTO reservation_items (store_id, id, reservation_id, level_id, variant_id, line, quantity)
    SELECT p_store, stoa.child_id(p_order[a.i], row_number() OVER (PARTITION BY a.i ORDER BY a.line, a.level)),
           stoa.child_id(p_order[a.i], 1), a.level, s.variant_id, a.line, a.quantity
      FROM unnest(a_of, a_line, a_level, a_quantity) AS a(i, line, level, quantity)
     CROSS JOIN LATERAL (SELECT s.variant_id FROM stock_levels s WHERE s.store_id = p_store AND s.id = a.level) s
     WHERE v_answer[a.i] = 'placed' AND v_hold_until[a.i] IS NOT NULL
    ON CONFLICT (store_id, id) DO NOTHING;
END
$$;
GRANT EXECUTE ON FUNCTION stoa.close_holds TO stoa_server;

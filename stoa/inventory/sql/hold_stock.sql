-- hold_stock: the units in n carts of one store are held for them, in one call and one transaction of the caller's.
--
-- A cart's former hold is given back and the new one taken in one, so that nobody competes with what they hold already;
-- where there is not enough, the former hold stays and the cart is refused. A batch gives exactly what holding for its
-- carts one after another would have given: what one gives back, the next may take. (Within a batch also what is not
-- promised beyond stock any more; after it, nobody.)
-- A hold that takes a former one's place is as old as that, and lasts a day at most from then on (LONGEST in
-- reservations.py), however often it is replaced.
-- Parallel arrays, one element a cart (each cart once): the id its new hold will have, since when, until when, and who
-- asks. Whose cart it is, the caller has seen to.
-- Each answer: `held` with the hold; `nothing_counted` (no unit in it is counted, or it is empty: it holds nothing
-- afterwards); or a refusal (`cart_not_found`, `cart_completed`, `out_of_stock`, `not_together`) that changed nothing.
CREATE OR REPLACE FUNCTION stoa.hold_stock(
    p_store uuid,
    p_cart uuid[],
    p_reservation uuid[],
    p_at timestamptz[],
    p_until timestamptz[],
    p_actor text[]
) RETURNS TABLE (answer text, reservation_id uuid, detail jsonb)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    v_answer text[];
    v_detail jsonb[];
    v_former uuid[];      -- what each cart holds now
    v_since timestamptz[]; -- since when
    v_rule text; v_splits boolean;
    -- Counted units wanted: by whom, of what.
    w_of int[]; w_variant uuid[]; w_quantity bigint[];
    -- What the carts hold now: whose, of which level.
    h_of int[]; h_level uuid[]; h_variant uuid[]; h_quantity bigint[];
    -- What they will hold.
    a_of int[]; a_level uuid[]; a_quantity bigint[];
    -- What has gone from the levels within this batch; below zero where it came back.
    t_level uuid[]; t_quantity bigint[];
    v_with_own_level uuid[]; v_with_own_quantity bigint[];
    v_picked record;
    i int;
BEGIN
    IF (SELECT count(DISTINCT c.cart) FROM unnest(p_cart) AS c(cart)) <> cardinality(p_cart) THEN
        RAISE EXCEPTION 'a cart is named twice' USING ERRCODE = 'invalid_parameter_value';
    END IF;

    -- 1. Lock carts and what they hold, in the order every transaction takes them.
    PERFORM FROM carts c WHERE c.store_id = p_store AND c.id = ANY (p_cart) ORDER BY c.id FOR UPDATE;
    SELECT array_agg(CASE WHEN c.id IS NULL OR (c.state = 'open' AND c.expires_at <= s.at) THEN 'cart_not_found'
                          WHEN c.state <> 'open' THEN 'cart_completed' END ORDER BY s.i),
           array_agg(c.reservation_id ORDER BY s.i)
      INTO v_answer, v_former
      FROM unnest(p_cart, p_at) WITH ORDINALITY AS s(cart, at, i)
      LEFT JOIN LATERAL (SELECT * FROM carts c WHERE c.store_id = p_store AND c.id = s.cart) c ON true;
    PERFORM FROM reservations r WHERE r.store_id = p_store AND r.id = ANY (v_former) ORDER BY r.id FOR UPDATE;
    SELECT array_agg(coalesce(r.created_at, s.at) ORDER BY s.i) INTO v_since
      FROM unnest(v_former, p_at) WITH ORDINALITY AS s(former, at, i)
      LEFT JOIN LATERAL (SELECT * FROM reservations r WHERE r.store_id = p_store AND r.id = s.former AND r.state = 'held') r ON true;

    SELECT array_agg(l.i), array_agg(l.variant), array_agg(l.quantity) INTO w_of, w_variant, w_quantity
      FROM (SELECT s.i, l.variant_id AS variant, sum(l.quantity)::bigint AS quantity
              FROM unnest(p_cart, v_answer) WITH ORDINALITY AS s(cart, answer, i)
             CROSS JOIN LATERAL (SELECT * FROM cart_lines l WHERE l.store_id = p_store AND l.cart_id = s.cart) l
             CROSS JOIN LATERAL (SELECT FROM variants v WHERE v.store_id = p_store AND v.id = l.variant_id AND v.tracks_stock) v
             WHERE s.answer IS NULL
             GROUP BY s.i, l.variant_id ORDER BY s.i, l.variant_id) l;
    SELECT array_agg(s.i), array_agg(t.level_id), array_agg(t.variant_id), array_agg(t.quantity)
      INTO h_of, h_level, h_variant, h_quantity
      FROM unnest(v_former, v_answer) WITH ORDINALITY AS s(former, answer, i)
     CROSS JOIN LATERAL (SELECT r.id FROM reservations r WHERE r.store_id = p_store AND r.id = s.former AND r.state = 'held') r
     CROSS JOIN LATERAL (SELECT * FROM reservation_items t WHERE t.store_id = p_store AND t.reservation_id = r.id) t
     WHERE s.answer IS NULL;
    PERFORM FROM stock_levels s
      WHERE s.store_id = p_store AND s.variant_id = ANY (w_variant || h_variant)
      ORDER BY s.variant_id, s.warehouse_id FOR UPDATE;

    -- 2. Decide, one after another: give back what the cart holds, then take what it wants of what is there.
    SELECT t.allocation, t.splits_orders INTO v_rule, v_splits FROM store_settings t WHERE t.store_id = p_store;
    v_rule := coalesce(v_rule, 'priority');
    v_splits := coalesce(v_splits, true);
    v_detail := array_fill(NULL::jsonb, ARRAY[cardinality(p_cart)]);
    FOR i IN 1 .. cardinality(p_cart) LOOP
        CONTINUE WHEN v_answer[i] IS NOT NULL;
        v_with_own_level := t_level || ARRAY(SELECT h.level FROM unnest(h_of, h_level) WITH ORDINALITY AS h(of, level, n)
                                              WHERE h.of = i ORDER BY h.n);
        v_with_own_quantity := t_quantity || ARRAY(SELECT -h.quantity FROM unnest(h_of, h_quantity) WITH ORDINALITY AS h(of, quantity, n)
                                                    WHERE h.of = i ORDER BY h.n);
        IF NOT i = ANY (coalesce(w_of, '{}')) THEN
            v_answer[i] := 'nothing_counted';
            t_level := v_with_own_level;
            t_quantity := v_with_own_quantity;
            CONTINUE;
        END IF;
        SELECT array_agg(p.level) AS levels, array_agg(p.quantity) AS quantities, coalesce(sum(p.quantity), 0) AS served
          INTO v_picked
          FROM carts c
          LEFT JOIN order_contacts o ON o.store_id = p_store AND o.id = c.contact_id
         CROSS JOIN LATERAL stoa.pick_stock(
               p_store, v_rule, v_splits,
               ARRAY(SELECT w.n::int FROM unnest(w_of) WITH ORDINALITY AS w(of, n) WHERE w.of = i ORDER BY w.n),
               ARRAY(SELECT w.variant FROM unnest(w_of, w_variant) WITH ORDINALITY AS w(of, variant, n) WHERE w.of = i ORDER BY w.n),
               ARRAY(SELECT w.quantity FROM unnest(w_of, w_quantity) WITH ORDINALITY AS w(of, quantity, n) WHERE w.of = i ORDER BY w.n),
               v_with_own_level, v_with_own_quantity, o.latitude_microdegrees, o.longitude_microdegrees, o.country) p
         WHERE c.store_id = p_store AND c.id = p_cart[i];
        IF v_picked.served < (SELECT sum(w.quantity) FROM unnest(w_of, w_quantity) AS w(of, quantity) WHERE w.of = i) THEN
            -- The first that is short says so; where none is by itself, they are not in one place.
            v_detail[i] := (
            SELECT jsonb_build_object('id', w.variant, 'asked', w.quantity, 'free', f.free)
              FROM unnest(w_of, w_variant, w_quantity) AS w(of, variant, quantity)
             CROSS JOIN LATERAL (
                   SELECT coalesce(sum(greatest(s.on_hand - s.safety - s.committed - s.reserved - coalesce(t.taken, 0), 0)), 0) AS free
                     FROM stock_levels s
                     JOIN warehouses a ON a.store_id = p_store AND a.id = s.warehouse_id AND a.is_active
                     LEFT JOIN LATERAL (SELECT sum(t.quantity) AS taken FROM unnest(v_with_own_level, v_with_own_quantity) AS t(level, quantity)
                                         WHERE t.level = s.id) t ON true
                    WHERE s.store_id = p_store AND s.variant_id = w.variant) f
             WHERE w.of = i AND f.free < w.quantity ORDER BY w.variant LIMIT 1);
            v_answer[i] := CASE WHEN v_detail[i] IS NULL THEN 'not_together' ELSE 'out_of_stock' END;
            CONTINUE;
        END IF;
        v_answer[i] := 'held';
        a_of := a_of || array_fill(i, ARRAY[cardinality(v_picked.levels)]);
        a_level := a_level || v_picked.levels;
        a_quantity := a_quantity || v_picked.quantities;
        t_level := v_with_own_level || v_picked.levels;
        t_quantity := v_with_own_quantity || v_picked.quantities;
    END LOOP;

    -- 3. Write: each table once. What is free again pays first what a level is short of.
    UPDATE stock_levels s SET reserved = s.reserved + m.quantity,
           short = greatest(0, s.committed + s.reserved + m.quantity + s.safety - s.on_hand)
      FROM (SELECT m.level, sum(m.quantity)::bigint AS quantity
              FROM (SELECT a.level, a.quantity FROM unnest(a_level, a_quantity) AS a(level, quantity)
                     UNION ALL
                    SELECT h.level, -h.quantity FROM unnest(h_of, h_level, h_quantity) AS h(of, level, quantity)
                     WHERE v_answer[h.of] IN ('held', 'nothing_counted')) m
             GROUP BY m.level) m
     WHERE s.store_id = p_store AND s.id = m.level;
    IF h_level IS NOT NULL THEN
        PERFORM stoa.lower_ended(p_store, h_level, p_reservation[1], p_at[1], p_actor[1]);
    END IF;
    UPDATE reservations r SET state = 'released', closed_at = s.at
      FROM unnest(v_former, p_at, v_answer) AS s(former, at, answer)
     WHERE r.store_id = p_store AND r.id = s.former AND r.state = 'held' AND s.answer IN ('held', 'nothing_counted');
    INSERT INTO reservations (store_id, id, cart_id, order_id, state, created_at, expires_at)
    SELECT p_store, s.reservation, s.cart, NULL, 'held', s.since, least(s.until, s.since + interval '24 hours')
      FROM unnest(p_reservation, p_cart, v_since, p_until, v_answer) AS s(reservation, cart, since, until, answer)
     WHERE s.answer = 'held'
    ON CONFLICT (store_id, id) DO NOTHING;
    INSERT INTO reservation_items (store_id, id, reservation_id, level_id, variant_id, line, quantity)
    SELECT p_store, stoa.child_id(p_reservation[a.of], row_number() OVER (PARTITION BY a.of ORDER BY a.level)),
           p_reservation[a.of], a.level, s.variant_id, 0, a.quantity
      FROM unnest(a_of, a_level, a_quantity) AS a(of, level, quantity)
     CROSS JOIN LATERAL (SELECT s.variant_id FROM stock_levels s WHERE s.store_id = p_store AND s.id = a.level) s
    ON CONFLICT (store_id, id) DO NOTHING;
    INSERT INTO stock_movements (store_id, id, level_id, kind, on_hand, committed, reserved, reason, reservation_id, actor)
    SELECT p_store, stoa.child_id(p_reservation[a.of], row_number() OVER (PARTITION BY a.of ORDER BY a.level)), a.level,
           'reserve', 0, 0, a.quantity, '', p_reservation[a.of], p_actor[a.of]
      FROM unnest(a_of, a_level, a_quantity) AS a(of, level, quantity)
    ON CONFLICT (store_id, id) DO NOTHING;
    INSERT INTO stock_movements (store_id, id, level_id, kind, on_hand, committed, reserved, reason, reservation_id, actor)
    SELECT p_store, stoa.child_id(p_reservation[h.of], (1 << 20) + row_number() OVER (PARTITION BY h.of ORDER BY h.level)), h.level,
           'release', 0, 0, -h.quantity, '', v_former[h.of], p_actor[h.of]
      FROM unnest(h_of, h_level, h_quantity) AS h(of, level, quantity)
     WHERE v_answer[h.of] IN ('held', 'nothing_counted')
    ON CONFLICT (store_id, id) DO NOTHING;
    UPDATE carts c SET reservation_id = CASE s.answer WHEN 'held' THEN s.reservation END
      FROM unnest(p_cart, p_reservation, v_answer) AS s(cart, reservation, answer)
     WHERE c.store_id = p_store AND c.id = s.cart AND s.answer IN ('held', 'nothing_counted');

    RETURN QUERY
        SELECT s.answer, CASE s.answer WHEN 'held' THEN s.reservation END, s.detail
          FROM unnest(v_answer, p_reservation, v_detail) WITH ORDINALITY AS s(answer, reservation, detail, i) ORDER BY s.i;
END
$$;
GRANT EXECUTE ON FUNCTION stoa.hold_stock TO stoa_server;

-- place_orders: n accepted quotes of one store become orders, in one call and one transaction. It enters the store
-- itself, so that the call can be the whole transaction: one message from the server, one answer, after the commit.
--
-- Read it top to bottom: lock the carts, judge each submission alone, gather what it claims, decide who gets it,
-- pick the stock, write. A batch gives exactly what its orders placed one after another would have given.
--
-- Submissions are parallel arrays, one element each. Whoever asks is told by p_token (SHA-256 of the cart's
-- token), p_customer, or both; or by p_staff. p_key is NULL where the caller gave no idempotency key. With p_hold_until
-- the stock is reserved until then, for an order that waits for its money; without, it is committed.
-- Tenders are parallel arrays too: p_tender_of is whose (1 for the first submission), in order. At most one of each order
-- has no amount: it pays what the others leave.
-- Each answer: `placed` or `already_placed` with the order, or a refusal (`cart_not_found`, `cart_expired`,
-- `key_reused`, `quote_changed`, `incomplete`, `tenders_unequal`, `out_of_stock`, `not_together`, `code_spent`,
-- `balance_short`) that changed nothing, with `detail`.
CREATE OR REPLACE FUNCTION stoa.place_orders(
    p_store uuid,
    p_at timestamptz[],
    p_cart uuid[],
    p_quote uuid[],
    p_token bytea[],
    p_customer uuid[],
    p_staff boolean[],
    p_actor text[],
    p_order uuid[],
    p_number bigint[],
    p_order_token bytea[],
    p_captured boolean[],
    p_confirmed boolean[],
    p_hold_until timestamptz[],
    p_owner text[],
    p_route text[],
    p_key text[],
    p_request bytea[],
    p_tender_of int[],
    p_tender_method text[],
    p_tender_provider text[],
    p_tender_amount bigint[],
    p_tender_captured boolean[]
) RETURNS TABLE (
    answer text, order_id uuid, number bigint, state text, payment_state text, total bigint, currency text, detail jsonb
)
LANGUAGE plpgsql
-- Every statement looks up a handful of rows by key. Plans are made once for any array, without statistics of them.
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    v_count int := cardinality(p_cart);
    v_answer text[];      -- NULL while a submission is still in the running
    v_detail jsonb[];
    v_found uuid[];       -- the order each cart became, now or before
    v_total bigint[];
    v_paid bigint[];      -- what comes in at once, where not all of it does
    v_amount bigint[];    -- what each tender pays, where an order has several
    v_until timestamptz[];
    -- Lines in the running: whose, which, what, and how many units of it their cart does not hold yet.
    l_of int[]; l_line int[]; l_variant uuid[]; l_quantity bigint[]; l_tracked boolean[]; l_rest bigint[];
    l_sku text[]; l_title text[]; l_variant_title text[]; l_unit_price bigint[]; l_amount bigint[]; l_override text[];
    l_discount bigint[]; l_tax bigint[]; l_rate bigint[]; l_total bigint[];
    -- What the carts hold: whose, and what of which level.
    v_hold uuid[]; v_holding boolean; h_of int[]; h_level uuid[]; h_variant uuid[]; h_quantity bigint[];
    -- Everything contested, stock and budgets alike, and how much of it is free.
    r_id uuid[]; r_kind text[]; r_free bigint[];
    -- Claims: submission c_of wants c_amount of resource number c_what, beside c_held that it holds already.
    c_of int[]; c_what int[]; c_amount bigint[]; c_held bigint[]; c_from int[]; c_to int[];
    -- Stock picked: which level serves which line.
    a_of int[]; a_line int[]; a_level uuid[]; a_quantity bigint[];
    -- The same of the units that no cart held.
    t_of int[]; t_line int[]; t_level uuid[]; t_quantity bigint[];
    v_rule text; v_splits boolean;
    v_alike boolean;      -- whether every order is served by the same warehouses in the same order
    v_picked record;
    v_stale int[];        -- submissions with a line that is not sold as it was quoted
    v_spends boolean;     -- whether any of them spends a budget
    v_contested boolean;
    v_written bigint;
    v_placed bigint;
    i int; j int; k int;
BEGIN
    PERFORM stoa.enter_store(p_store);

    -- 1. Lock the carts, in the order every transaction takes them.
    PERFORM FROM carts c WHERE c.store_id = p_store AND c.id = ANY (p_cart) ORDER BY c.id FOR UPDATE;

    -- 2. Judge each submission alone: whose cart it is, whether it was answered before, whether its quote still stands.
    SELECT array_agg(CASE
               WHEN c.id IS NULL OR NOT coalesce(c.token_hash = s.token OR c.customer_id = s.customer OR s.staff, false)
                   THEN 'cart_not_found'
               WHEN k.request_hash <> s.request THEN 'key_reused'
               WHEN k.id IS NOT NULL OR o.id IS NOT NULL THEN 'already_placed'
               WHEN c.expires_at <= s.at THEN 'cart_expired'
               WHEN q.id IS NULL OR c.quote_id IS DISTINCT FROM q.id OR q.expires_at <= s.at THEN 'quote_changed'
               WHEN q.missing <> '{}' THEN 'incomplete'
           END ORDER BY s.i),
           array_agg(c.reservation_id ORDER BY s.i),
           array_agg(q.total ORDER BY s.i),
           array_agg(coalesce((k.answer ->> 'order_id')::uuid, o.id, s.order_id) ORDER BY s.i),
           array_agg(CASE WHEN q.missing <> '{}' THEN to_jsonb(q.missing) END ORDER BY s.i)
      INTO v_answer, v_hold, v_total, v_found, v_detail
      FROM unnest(p_cart, p_quote, p_token, p_customer, p_staff, p_at, p_order, p_owner, p_route, p_key, p_request)
           WITH ORDINALITY AS s(cart, quote, token, customer, staff, at, order_id, owner, route, key, request, i)
      LEFT JOIN LATERAL (SELECT * FROM carts c WHERE c.store_id = p_store AND c.id = s.cart) c ON true
      LEFT JOIN LATERAL (SELECT * FROM quotes q WHERE q.store_id = p_store AND q.id = s.quote AND q.cart_id = s.cart) q ON true
      LEFT JOIN LATERAL (SELECT * FROM orders o WHERE o.store_id = p_store AND o.cart_id = s.cart) o ON true
      LEFT JOIN LATERAL (SELECT * FROM idempotency_keys k
                          WHERE k.store_id = p_store AND k.owner = s.owner AND k.route = s.route AND k.key = s.key) k ON true;

    -- 3. The lines of those in the running. A line counts as it was quoted only while its variant is still sold at the
    --    price it was quoted at; a price that staff set stands whatever the list says.
    SELECT array_agg(l.i), array_agg(l.line), array_agg(l.variant_id), array_agg(l.quantity), array_agg(l.tracked),
           array_agg(l.sku), array_agg(l.title), array_agg(l.variant_title), array_agg(l.unit_price), array_agg(l.amount),
           array_agg(l.override_reason), array_agg(l.discount), array_agg(l.tax), array_agg(l.tax_rate_ppm), array_agg(l.total),
           array_agg(l.i) FILTER (WHERE l.is_stale)
      INTO l_of, l_line, l_variant, l_quantity, l_tracked, l_sku, l_title, l_variant_title, l_unit_price, l_amount,
           l_override, l_discount, l_tax, l_rate, l_total, v_stale
      FROM (SELECT s.i, l.*, coalesce(v.tracks_stock, false) AS tracked,
                   v.id IS NULL OR (l.override_reason IS NULL AND p.amount IS DISTINCT FROM l.unit_price) AS is_stale
      FROM unnest(p_quote, v_answer) WITH ORDINALITY AS s(quote, answer, i)
      JOIN LATERAL (SELECT q.lines, q.currency FROM quotes q WHERE q.store_id = p_store AND q.id = s.quote) q ON s.answer IS NULL
     CROSS JOIN LATERAL jsonb_to_recordset(q.lines)
           AS l(line int, variant_id uuid, sku text, title text, variant_title text, quantity bigint, unit_price bigint,
                amount bigint, override_reason text, discount bigint, tax bigint, tax_rate_ppm bigint, total bigint)
      -- OFFSET 0 keeps the look-ups in this order: without statistics (a catalog just imported) the planner might join
      -- all variants with all products first.
      LEFT JOIN LATERAL (SELECT v.id, v.tracks_stock
                           FROM (SELECT * FROM variants v WHERE v.store_id = p_store AND v.id = l.variant_id
                                    AND v.is_active AND v.deleted_at IS NULL OFFSET 0) v
                          WHERE EXISTS (SELECT FROM products d WHERE d.store_id = p_store AND d.id = v.product_id
                                           AND d.state = 'active' AND d.deleted_at IS NULL OFFSET 0)) v ON true
      LEFT JOIN LATERAL (SELECT p.amount FROM prices p
                          WHERE p.store_id = p_store AND p.variant_id = l.variant_id AND p.currency = q.currency) p
             ON l.override_reason IS NULL
     ORDER BY s.i, l.line) l;
    FOREACH i IN ARRAY coalesce(v_stale, '{}') LOOP
        v_answer[i] := 'quote_changed';
    END LOOP;
    l_rest := l_quantity;
    -- Nobody has to wait for the money of what is free.
    v_until := ARRAY(SELECT CASE WHEN s.total > 0 THEN s.until END
                       FROM unnest(p_hold_until, v_total) WITH ORDINALITY AS s(until, total, i) ORDER BY s.i);

    -- What each tender pays, and what comes in at once, where an order has several.
    IF cardinality(p_tender_of) > v_count OR array_remove(p_tender_amount, NULL) <> '{}' THEN
        SELECT array_agg(coalesce(t.amount, t.rest) ORDER BY t.n) INTO v_amount
          FROM (SELECT t.n, t.amount, v_total[t.of] - coalesce(sum(t.amount) OVER (PARTITION BY t.of), 0) AS rest
                  FROM unnest(p_tender_of, p_tender_amount) WITH ORDINALITY AS t(of, amount, n)) t;
        SELECT array_agg(t.paid ORDER BY s.i), array_agg(CASE
                   WHEN s.answer IS NULL AND s.total > 0 AND (t.least <= 0 OR t.sum <> s.total) THEN 'tenders_unequal'
                   ELSE s.answer END ORDER BY s.i),
               array_agg(CASE WHEN s.answer IS NULL THEN to_jsonb(s.total) ELSE s.detail END ORDER BY s.i)
          INTO v_paid, v_answer, v_detail
          FROM unnest(v_answer, v_total, v_detail) WITH ORDINALITY AS s(answer, total, detail, i)
          LEFT JOIN LATERAL (SELECT min(t.amount) AS least, sum(t.amount) AS sum,
                                    coalesce(sum(t.amount) FILTER (WHERE t.captured), 0) AS paid
                               FROM unnest(p_tender_of, v_amount, p_tender_captured) AS t(of, amount, captured)
                              WHERE t.of = s.i) t ON true;
    END IF;

    -- 4. Lock what they claim, in one order everywhere: what their carts hold, stock of variants that are counted, budgets.
    v_holding := EXISTS (SELECT FROM unnest(v_hold, v_answer) AS s(hold, answer) WHERE s.hold IS NOT NULL AND s.answer IS NULL);
    IF v_holding THEN
        PERFORM FROM reservations r WHERE r.store_id = p_store AND r.id = ANY (v_hold) ORDER BY r.id FOR UPDATE;
        SELECT array_agg(s.i), array_agg(t.level_id), array_agg(t.variant_id), array_agg(t.quantity)
          INTO h_of, h_level, h_variant, h_quantity
          FROM unnest(v_hold, v_answer) WITH ORDINALITY AS s(hold, answer, i)
          JOIN reservations r ON r.store_id = p_store AND r.id = s.hold AND r.state = 'held'
          JOIN reservation_items t ON t.store_id = p_store AND t.reservation_id = r.id
         WHERE s.answer IS NULL;
    END IF;
    PERFORM FROM stock_levels s
      WHERE s.store_id = p_store
        AND s.variant_id = ANY (SELECT l.variant FROM unnest(l_variant, l_tracked) AS l(variant, tracked) WHERE l.tracked
                                UNION ALL SELECT unnest(h_variant))
      ORDER BY s.variant_id, s.warehouse_id FOR UPDATE;
    PERFORM FROM budgets b
      WHERE b.store_id = p_store
        AND b.id = ANY (SELECT unnest(q.budget_ids) FROM quotes q WHERE q.store_id = p_store AND q.id = ANY (p_quote))
      ORDER BY b.id FOR UPDATE;
    v_spends := FOUND;

    -- What a cart holds serves its own lines, on the levels where it is held; for the rest it is one among all who ask.
    IF v_holding THEN
        WITH demand AS (
            SELECT l.i, l.line, l.variant, l.quantity,
                   sum(l.quantity) OVER (PARTITION BY l.i, l.variant ORDER BY l.line) AS upto
              FROM unnest(l_of, l_line, l_variant, l_quantity, l_tracked) AS l(i, line, variant, quantity, tracked)
             WHERE l.tracked AND v_answer[l.i] IS NULL
        ), held AS (
            SELECT h.i, h.level, h.variant, h.quantity,
                   sum(h.quantity) OVER (PARTITION BY h.i, h.variant ORDER BY h.level) AS upto
              FROM unnest(h_of, h_level, h_variant, h_quantity) AS h(i, level, variant, quantity)
        )
        SELECT array_agg(d.i), array_agg(d.line), array_agg(h.level),
               array_agg((least(d.upto, h.upto) - greatest(d.upto - d.quantity, h.upto - h.quantity))::bigint)
          INTO a_of, a_line, a_level, a_quantity
          FROM demand d
          JOIN held h ON h.i = d.i AND h.variant = d.variant
               AND h.upto - h.quantity < d.upto AND h.upto > d.upto - d.quantity;
        SELECT array_agg(l.quantity - coalesce(a.quantity, 0) ORDER BY l.n) INTO l_rest
          FROM unnest(l_of, l_line, l_quantity) WITH ORDINALITY AS l(i, line, quantity, n)
          LEFT JOIN (SELECT a.i, a.line, sum(a.quantity)::bigint AS quantity
                       FROM unnest(a_of, a_line, a_quantity) AS a(i, line, quantity) GROUP BY a.i, a.line) a
            ON a.i = l.i AND a.line = l.line;
    END IF;

    -- 5. Decide. Is anything short for all that ask together, or a cart or a key submitted twice, or has every order its own
    --    best warehouses?
    SELECT t.allocation, t.splits_orders INTO v_rule, v_splits FROM store_settings t WHERE t.store_id = p_store;
    v_alike := coalesce(v_rule, 'priority') = 'priority' AND coalesce(v_splits, true);
    v_contested := NOT v_alike
        OR EXISTS (
            SELECT FROM (SELECT l.variant, sum(l.quantity) AS asked
                           FROM unnest(l_of, l_variant, l_rest, l_tracked) AS l(i, variant, quantity, tracked)
                          WHERE l.tracked AND v_answer[l.i] IS NULL GROUP BY l.variant) w
             WHERE w.asked > (SELECT coalesce(sum(greatest(s.on_hand - s.safety - s.committed - s.reserved, 0)), 0)
                                FROM stock_levels s
                                JOIN warehouses h ON h.store_id = p_store AND h.id = s.warehouse_id AND h.is_active
                               WHERE s.store_id = p_store AND s.variant_id = w.variant))
        OR (v_spends AND EXISTS (
            SELECT FROM (SELECT b.id, sum(b.amount) AS asked
                           FROM unnest(v_answer, p_quote) AS s(answer, quote)
                           JOIN LATERAL (SELECT q.* FROM quotes q WHERE q.store_id = p_store AND q.id = s.quote) q ON s.answer IS NULL
                          CROSS JOIN LATERAL unnest(q.budget_ids, q.budget_amounts) AS b(id, amount) GROUP BY b.id) w
             WHERE w.asked > coalesce((SELECT b.balance FROM budgets b WHERE b.store_id = p_store AND b.id = w.id), 0)))
        OR EXISTS (SELECT FROM unnest(p_cart) AS s(cart) GROUP BY s.cart HAVING count(*) > 1)
        OR EXISTS (SELECT FROM unnest(p_owner, p_route, p_key) AS s(owner, route, key)
                    WHERE s.key IS NOT NULL GROUP BY s.owner, s.route, s.key HAVING count(*) > 1);

    IF NOT v_contested THEN
        -- Everything can serve all that ask: all are placed.
        v_answer := ARRAY(SELECT coalesce(s.answer, 'placed') FROM unnest(v_answer) WITH ORDINALITY AS s(answer, i) ORDER BY s.i);
    ELSE
        -- They are taken one by one in their order, and whoever is refused frees what it claimed.
        WITH claimed AS (
            SELECT l.i, l.variant AS id, 'stock' AS kind, sum(l.rest)::bigint AS amount, sum(l.quantity - l.rest)::bigint AS held
              FROM unnest(l_of, l_variant, l_quantity, l_tracked, l_rest) AS l(i, variant, quantity, tracked, rest)
             WHERE l.tracked AND v_answer[l.i] IS NULL
             GROUP BY l.i, l.variant
             UNION ALL
            SELECT s.i, b.id, 'budget', b.amount, 0
              FROM unnest(v_answer, p_quote) WITH ORDINALITY AS s(answer, quote, i)
              JOIN LATERAL (SELECT q.* FROM quotes q WHERE q.store_id = p_store AND q.id = s.quote) q ON s.answer IS NULL
             CROSS JOIN LATERAL unnest(q.budget_ids, q.budget_amounts) AS b(id, amount)
        ), wanted AS (
            -- What is wanted by several is one resource, under one number.
            SELECT c.*, dense_rank() OVER (ORDER BY c.kind, c.id)::int AS what FROM claimed c
        ), contested AS (
            SELECT w.id, w.kind, w.what,
                   CASE w.kind WHEN 'stock' THEN stock.free ELSE coalesce(budget.balance, 0) END AS free,
                   coalesce(budget.kind, 'stock') AS known_as
              FROM (SELECT DISTINCT w.id, w.kind, w.what FROM wanted w) w
              LEFT JOIN LATERAL (SELECT coalesce(sum(greatest(s.on_hand - s.safety - s.committed - s.reserved, 0)), 0)::bigint AS free
                                   FROM stock_levels s
                                   JOIN warehouses h ON h.store_id = p_store AND h.id = s.warehouse_id AND h.is_active
                                  WHERE s.store_id = p_store AND s.variant_id = w.id) stock ON w.kind = 'stock'
              LEFT JOIN LATERAL (SELECT b.balance, b.kind FROM budgets b WHERE b.store_id = p_store AND b.id = w.id) budget ON w.kind = 'budget'
        ), claims AS (
            SELECT w.i, w.what, w.amount, w.held, row_number() OVER (ORDER BY w.i, w.what)::int AS n FROM wanted w
        )
        SELECT (SELECT array_agg(c.id ORDER BY c.what) FROM contested c),
               (SELECT array_agg(c.known_as ORDER BY c.what) FROM contested c),
               (SELECT array_agg(c.free ORDER BY c.what) FROM contested c),
               array_agg(m.i ORDER BY m.n), array_agg(m.what ORDER BY m.n), array_agg(m.amount ORDER BY m.n),
               array_agg(m.held ORDER BY m.n),
               (SELECT array_agg(b.first ORDER BY s.i) FROM generate_series(1, v_count) AS s(i)
                  LEFT JOIN (SELECT m.i, min(m.n) AS first FROM claims m GROUP BY m.i) b ON b.i = s.i),
               (SELECT array_agg(b.last ORDER BY s.i) FROM generate_series(1, v_count) AS s(i)
                  LEFT JOIN (SELECT m.i, max(m.n) AS last FROM claims m GROUP BY m.i) b ON b.i = s.i)
          INTO r_id, r_kind, r_free, c_of, c_what, c_amount, c_held, c_from, c_to
          FROM claims m;

        FOR i IN 1 .. v_count LOOP
            CONTINUE WHEN v_answer[i] IN ('cart_not_found', 'key_reused');
            -- Whom an earlier submission of this batch has answered. A key goes before the cart, as it did above.
            FOR j IN 1 .. i - 1 LOOP
                CONTINUE WHEN v_answer[j] <> 'placed';
                IF p_owner[j] = p_owner[i] AND p_route[j] = p_route[i] AND p_key[j] = p_key[i] THEN
                    v_answer[i] := CASE WHEN p_request[j] = p_request[i] THEN 'already_placed' ELSE 'key_reused' END;
                    v_found[i] := v_found[j];
                    EXIT;
                ELSIF p_cart[j] = p_cart[i] AND v_answer[i] IS DISTINCT FROM 'already_placed' THEN
                    v_answer[i] := 'already_placed';
                    v_found[i] := v_found[j];
                END IF;
            END LOOP;
            CONTINUE WHEN v_answer[i] IS NOT NULL;
            FOR k IN coalesce(c_from[i], 1) .. coalesce(c_to[i], 0) LOOP
                CONTINUE WHEN r_free[c_what[k]] >= c_amount[k];
                IF v_answer[i] IS NULL THEN
                    v_answer[i] := CASE r_kind[c_what[k]]
                        WHEN 'stock' THEN 'out_of_stock' WHEN 'code_uses' THEN 'code_spent' ELSE 'balance_short' END;
                END IF;
                v_detail[i] := coalesce(v_detail[i], '[]') || jsonb_build_object(
                    'id', r_id[c_what[k]], 'kind', r_kind[c_what[k]], 'asked', c_amount[k] + c_held[k], 'free', r_free[c_what[k]] + c_held[k]);
            END LOOP;
            CONTINUE WHEN v_answer[i] IS NOT NULL;
            IF NOT v_alike THEN
                SELECT array_agg(p.line) AS lines, array_agg(p.level) AS levels, array_agg(p.quantity) AS quantities,
                       coalesce(sum(p.quantity), 0) AS served INTO v_picked
                  FROM carts c
                  LEFT JOIN order_contacts o ON o.store_id = p_store AND o.id = c.contact_id
                 CROSS JOIN LATERAL stoa.pick_stock(
                       p_store, v_rule, v_splits,
                       ARRAY(SELECT l.line FROM unnest(l_of, l_line, l_tracked, l_rest) WITH ORDINALITY AS l(of, line, tracked, rest, n)
                              WHERE l.of = i AND l.tracked AND l.rest > 0 ORDER BY l.n),
                       ARRAY(SELECT l.variant FROM unnest(l_of, l_variant, l_tracked, l_rest) WITH ORDINALITY AS l(of, variant, tracked, rest, n)
                              WHERE l.of = i AND l.tracked AND l.rest > 0 ORDER BY l.n),
                       ARRAY(SELECT l.rest FROM unnest(l_of, l_tracked, l_rest) WITH ORDINALITY AS l(of, tracked, rest, n)
                              WHERE l.of = i AND l.tracked AND l.rest > 0 ORDER BY l.n),
                       t_level, t_quantity, o.latitude_microdegrees, o.longitude_microdegrees, o.country) p
                 WHERE c.store_id = p_store AND c.id = p_cart[i];
                IF v_picked.served < (SELECT coalesce(sum(l.rest), 0) FROM unnest(l_of, l_tracked, l_rest) AS l(of, tracked, rest)
                                       WHERE l.of = i AND l.tracked) THEN
                    v_answer[i] := 'not_together';
                    CONTINUE;
                END IF;
                t_of := t_of || array_fill(i, ARRAY[coalesce(cardinality(v_picked.lines), 0)]);
                t_line := t_line || v_picked.lines;
                t_level := t_level || v_picked.levels;
                t_quantity := t_quantity || v_picked.quantities;
            END IF;
            FOR k IN coalesce(c_from[i], 1) .. coalesce(c_to[i], 0) LOOP
                r_free[c_what[k]] := r_free[c_what[k]] - c_amount[k];
            END LOOP;
            v_answer[i] := 'placed';
        END LOOP;
    END IF;
    SELECT count(*) INTO v_placed FROM unnest(v_answer) AS s(answer) WHERE s.answer = 'placed';

    IF v_placed > 0 THEN
        -- 6. Pick the stock: demand and supply of a variant are laid along one line, demand in the order of the lines,
        --    supply in the order of the warehouses; where two stretches overlap, that level serves that line.
        IF v_alike THEN
        WITH demand AS (
            SELECT l.i, l.line, l.variant, l.quantity,
                   sum(l.quantity) OVER (PARTITION BY l.variant ORDER BY l.i, l.line) AS upto
              FROM unnest(l_of, l_line, l_variant, l_rest, l_tracked) AS l(i, line, variant, quantity, tracked)
             WHERE l.tracked AND l.quantity > 0 AND v_answer[l.i] = 'placed'
        )
        SELECT array_agg(d.i), array_agg(d.line), array_agg(s.id),
               array_agg((least(d.upto, s.upto) - greatest(d.upto - d.quantity, s.upto - s.free))::bigint)
          INTO t_of, t_line, t_level, t_quantity
          FROM demand d
         -- Looked up line by line: joined as wholes, a batch of long orders would compare every line with every level.
         CROSS JOIN LATERAL (
               SELECT f.id, f.free, sum(f.free) OVER (ORDER BY f.comes_later, f.priority, f.warehouse_id) AS upto
                 FROM (SELECT s.id, s.warehouse_id, h.kind = 'backorder' AS comes_later, h.priority,
                              s.on_hand - s.safety - s.committed - s.reserved AS free
                         FROM stock_levels s
                         JOIN warehouses h ON h.store_id = p_store AND h.id = s.warehouse_id AND h.is_active
                        WHERE s.store_id = p_store AND s.variant_id = d.variant) f
                WHERE f.free > 0) s
         WHERE s.upto - s.free < d.upto AND s.upto > d.upto - d.quantity;
        END IF;
        a_of := a_of || t_of;
        a_line := a_line || t_line;
        a_level := a_level || t_level;
        a_quantity := a_quantity || t_quantity;
        -- The levels are locked, whether their warehouses ship is not: had one stopped since they were counted, units
        -- would be missing here.
        IF (SELECT sum(l.quantity) FROM unnest(l_of, l_quantity, l_tracked) AS l(i, quantity, tracked)
             WHERE l.tracked AND v_answer[l.i] = 'placed')
           <> coalesce((SELECT sum(a.quantity) FROM unnest(a_of, a_quantity) AS a(i, quantity)
                         WHERE v_answer[a.i] = 'placed'), 0) THEN
            RAISE EXCEPTION 'a warehouse closed in between' USING ERRCODE = 'serialization_failure';
        END IF;

        -- 7. Write: each table once, parents before children.
        UPDATE stock_levels s SET committed = s.committed + m.committed, reserved = s.reserved + m.reserved
          FROM (SELECT m.level, sum(m.committed)::bigint AS committed, sum(m.reserved)::bigint AS reserved
                  FROM (SELECT a.level, CASE WHEN v_until[a.i] IS NULL THEN a.quantity ELSE 0 END AS committed,
                               CASE WHEN v_until[a.i] IS NULL THEN 0 ELSE a.quantity END AS reserved
                          FROM unnest(a_of, a_level, a_quantity) AS a(i, level, quantity) WHERE v_answer[a.i] = 'placed'
                         UNION ALL
                        SELECT h.level, 0, -h.quantity
                          FROM unnest(h_of, h_level, h_quantity) AS h(i, level, quantity) WHERE v_answer[h.i] = 'placed') m
                 GROUP BY m.level) m
         WHERE s.store_id = p_store AND s.id = m.level;

        INSERT INTO orders (store_id, id, number, cart_id, quote_id, contact_id, customer_id, token_hash, state, payment_state,
                            currency, tax_included, subtotal, discount, shipping, shipping_tax, tax, total, paid,
                            refunded, cancelled, shipping_title, source, reference, placed_at)
        SELECT p_store, s.order_id, s.number, s.cart, s.quote, c.contact_id, c.customer_id, s.order_token,
               CASE WHEN s.confirmed OR q.total = 0 THEN 'confirmed' ELSE 'pending' END,
               CASE WHEN s.captured OR q.total = 0 THEN 'paid' WHEN s.paid > 0 THEN 'partially_paid' ELSE 'pending' END,
               q.currency, q.tax_included, q.subtotal, q.discount, q.shipping, q.shipping_tax, q.tax, q.total,
               CASE WHEN s.captured THEN q.total ELSE coalesce(s.paid, 0) END, 0, 0,
               q.shipping_title, c.source, c.reference, s.at
          FROM unnest(p_order, p_number, p_cart, p_quote, p_order_token, p_captured, p_confirmed, v_paid, p_at, v_answer)
               AS s(order_id, number, cart, quote, order_token, captured, confirmed, paid, at, answer)
         CROSS JOIN LATERAL (SELECT * FROM quotes q WHERE q.store_id = p_store AND q.id = s.quote) q
         CROSS JOIN LATERAL (SELECT * FROM carts c WHERE c.store_id = p_store AND c.id = s.cart) c
         WHERE s.answer = 'placed'
        ON CONFLICT (store_id, id) DO NOTHING;
        INSERT INTO order_lines (store_id, id, order_id, position, variant_id, sku, title, variant_title, quantity, counted,
                                 unit_price, amount, override_reason, discount, tax, tax_rate_ppm, total)
        SELECT p_store, stoa.child_id(p_order[l.i], l.line), p_order[l.i], l.line, l.variant, l.sku, l.title, l.variant_title,
               l.quantity, l.tracked, l.unit_price, l.amount, l.override, l.discount, l.tax, l.rate, l.total
          FROM unnest(l_of, l_line, l_variant, l_sku, l_title, l_variant_title, l_quantity, l_tracked, l_unit_price, l_amount,
                      l_override, l_discount, l_tax, l_rate, l_total)
               AS l(i, line, variant, sku, title, variant_title, quantity, tracked, unit_price, amount, override, discount,
                    tax, rate, total)
         WHERE v_answer[l.i] = 'placed'
        ON CONFLICT (store_id, id) DO NOTHING;

        INSERT INTO stock_movements (store_id, id, level_id, kind, on_hand, committed, reserved, reason, order_id, order_line_id,
                                     reservation_id, actor)
        SELECT p_store, stoa.child_id(p_order[a.i], row_number() OVER (PARTITION BY a.i ORDER BY a.line, a.level)), a.level,
               CASE WHEN v_until[a.i] IS NULL THEN 'commit' ELSE 'reserve' END, 0,
               CASE WHEN v_until[a.i] IS NULL THEN a.quantity ELSE 0 END, CASE WHEN v_until[a.i] IS NULL THEN 0 ELSE a.quantity END,
               '', p_order[a.i], stoa.child_id(p_order[a.i], a.line),
               CASE WHEN v_until[a.i] IS NOT NULL THEN stoa.child_id(p_order[a.i], 1) END, p_actor[a.i]
          FROM unnest(a_of, a_line, a_level, a_quantity) AS a(i, line, level, quantity)
         WHERE v_answer[a.i] = 'placed'
        ON CONFLICT (store_id, id) DO NOTHING;

        INSERT INTO payments (store_id, id, order_id, position, method, provider, status, amount, authorized, captured, refunded,
                              refunding, currency, created_at, captured_at)
        SELECT p_store, stoa.child_id(p_order[t.i], t.position), p_order[t.i], t.position, t.method, t.provider,
               CASE WHEN t.captured THEN 'captured' ELSE 'pending' END, t.amount, 0, CASE WHEN t.captured THEN t.amount ELSE 0 END,
               0, 0, q.currency, p_at[t.i], CASE WHEN t.captured THEN p_at[t.i] END
          FROM (SELECT t.i, row_number() OVER (PARTITION BY t.i ORDER BY t.n) AS position, t.method, t.provider, t.captured,
                       coalesce(t.amount, v_total[t.i]) AS amount
                  FROM unnest(p_tender_of, p_tender_method, p_tender_provider, v_amount, p_tender_captured)
                       WITH ORDINALITY AS t(i, method, provider, amount, captured, n)
                 WHERE v_answer[t.i] = 'placed' AND v_total[t.i] > 0) t
         CROSS JOIN LATERAL (SELECT q.currency FROM quotes q WHERE q.store_id = p_store AND q.id = p_quote[t.i]) q
        ON CONFLICT (store_id, id) DO NOTHING;

        INSERT INTO order_history (store_id, id, order_id, kind, state, payment_state, actor, note, happened_at)
        SELECT p_store, stoa.child_id(s.order_id, 1), s.order_id, 'placed', o.state, o.payment_state, s.actor, '', s.at
          FROM unnest(p_order, p_actor, p_at, v_answer) AS s(order_id, actor, at, answer)
         CROSS JOIN LATERAL (SELECT o.state, o.payment_state FROM orders o WHERE o.store_id = p_store AND o.id = s.order_id) o
         WHERE s.answer = 'placed'
        ON CONFLICT (store_id, id) DO NOTHING;
        -- Every order has one such row under a child id, so this also catches two orders whose children would collide.
        GET DIAGNOSTICS v_written = ROW_COUNT;
        IF v_written <> v_placed THEN
            RAISE EXCEPTION 'an order id was used twice' USING ERRCODE = 'unique_violation';
        END IF;

        IF v_spends THEN
            UPDATE budgets b SET balance = b.balance - c.amount
              FROM (SELECT b.id, sum(b.amount)::bigint AS amount
                      FROM unnest(p_quote, v_answer) AS s(quote, answer)
                     CROSS JOIN LATERAL (SELECT q.* FROM quotes q WHERE q.store_id = p_store AND q.id = s.quote) q
                     CROSS JOIN LATERAL unnest(q.budget_ids, q.budget_amounts) AS b(id, amount)
                     WHERE s.answer = 'placed' GROUP BY b.id) c
             WHERE b.store_id = p_store AND b.id = c.id;
            INSERT INTO budget_entries (store_id, id, budget_id, kind, amount, order_id, reason)
            SELECT p_store, stoa.child_id(s.order_id, b.n), b.id, 'spend', -b.amount, s.order_id, ''
              FROM unnest(p_order, p_quote, v_answer) AS s(order_id, quote, answer)
             CROSS JOIN LATERAL (SELECT q.* FROM quotes q WHERE q.store_id = p_store AND q.id = s.quote) q
             CROSS JOIN LATERAL unnest(q.budget_ids, q.budget_amounts) WITH ORDINALITY AS b(id, amount, n)
             WHERE s.answer = 'placed'
            ON CONFLICT (store_id, id) DO NOTHING;
        END IF;

        INSERT INTO events (store_id, id, kind, subject_id, data, happened_at)
        SELECT p_store, stoa.child_id(s.order_id, 1), 'order.placed', s.order_id, '{}', s.at
          FROM unnest(p_order, p_at, v_answer) AS s(order_id, at, answer)
         WHERE s.answer = 'placed'
        ON CONFLICT (store_id, id) DO NOTHING;

        INSERT INTO idempotency_keys (store_id, id, owner, route, key, request_hash, status, answer)
        SELECT p_store, stoa.child_id(s.order_id, 1), s.owner, s.route, s.key, s.request, 201,
               jsonb_build_object('order_id', s.order_id)
          FROM unnest(p_order, p_owner, p_route, p_key, p_request, v_answer) AS s(order_id, owner, route, key, request, answer)
         WHERE s.answer = 'placed' AND s.key IS NOT NULL
        ON CONFLICT (store_id, id) DO NOTHING;

        UPDATE carts c SET state = 'completed', reservation_id = NULL
          FROM unnest(p_cart, v_answer) AS s(cart, answer)
         WHERE c.store_id = p_store AND c.id = s.cart AND s.answer = 'placed';

        -- What the carts held is sold; what orders hold that wait for their money is kept for them.
        IF v_holding THEN
            UPDATE reservations r SET state = 'confirmed', closed_at = s.at
              FROM unnest(v_hold, p_at, v_answer) AS s(hold, at, answer)
             WHERE r.store_id = p_store AND r.id = s.hold AND r.state = 'held' AND s.answer = 'placed';
            INSERT INTO stock_movements (store_id, id, level_id, kind, on_hand, committed, reserved, reason, order_id,
                                         order_line_id, reservation_id, actor)
            SELECT p_store, stoa.child_id(p_order[h.i], (1 << 20) + row_number() OVER (PARTITION BY h.i ORDER BY h.level)), h.level,
                   'release', 0, 0, -h.quantity, '', p_order[h.i], NULL, v_hold[h.i], p_actor[h.i]
              FROM unnest(h_of, h_level, h_quantity) AS h(i, level, quantity) WHERE v_answer[h.i] = 'placed'
            ON CONFLICT (store_id, id) DO NOTHING;
        END IF;
        IF array_remove(v_until, NULL) <> '{}' THEN
            INSERT INTO reservations (store_id, id, cart_id, order_id, state, created_at, expires_at)
            SELECT p_store, stoa.child_id(s.order_id, 1), s.cart, s.order_id, 'held', s.at, s.until
              FROM unnest(p_order, p_cart, p_at, v_until, v_answer) AS s(order_id, cart, at, until, answer)
             WHERE s.answer = 'placed' AND s.until IS NOT NULL
            ON CONFLICT (store_id, id) DO NOTHING;
            INSERT INTO reservation_items (store_id, id, reservation_id, level_id, variant_id, line, quantity)
            SELECT p_store, stoa.child_id(p_order[a.i], row_number() OVER (PARTITION BY a.i ORDER BY a.line, a.level)),
                   stoa.child_id(p_order[a.i], 1), a.level, s.variant_id, a.line, a.quantity
              FROM unnest(a_of, a_line, a_level, a_quantity) AS a(i, line, level, quantity)
             CROSS JOIN LATERAL (SELECT s.variant_id FROM stock_levels s WHERE s.store_id = p_store AND s.id = a.level) s
             WHERE v_answer[a.i] = 'placed' AND v_until[a.i] IS NOT NULL
            ON CONFLICT (store_id, id) DO NOTHING;
        END IF;
    END IF;

    RETURN QUERY
        SELECT s.answer, o.id, o.number, o.state, o.payment_state, o.total, o.currency, s.detail
          FROM unnest(v_answer, v_found, v_detail) WITH ORDINALITY AS s(answer, found, detail, i)
          LEFT JOIN LATERAL (SELECT * FROM orders o WHERE o.store_id = p_store AND o.id = s.found) o
            ON s.answer IN ('placed', 'already_placed')
         ORDER BY s.i;
END
$$;
GRANT EXECUTE ON FUNCTION stoa.place_orders TO stoa_server;

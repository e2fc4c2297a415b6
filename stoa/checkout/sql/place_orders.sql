-- place_orders: n accepted quotes of one store become orders, in one call and one transaction. It enters the store
-- itself, so that the call can be the whole transaction: one message from the server, one answer, after the commit.
--
-- Read it top to bottom: lock the carts, judge each submission alone, gather its lines and what it claims, decide who
-- gets it, pick the stock, write. A batch gives exactly what its orders placed one after another would have given: where
-- there is enough for all of them, their turn makes no difference, and where there is not, serve_in_turn takes the turns.
--
-- Submissions are parallel arrays, one element each. Whoever asks is told by p_token (SHA-256 of the cart's
-- token), p_customer, or both; or by p_staff. p_key is NULL where the caller gave no idempotency key. With p_hold_until
-- the stock is reserved until then, for an order that waits for its money; without, it is committed.
-- Tenders are parallel arrays too: p_tender_of is whose (1: of the first submission). At most one of each order has no
-- amount: it pays what the others leave.
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
    -- Everything is parallel arrays, as if tables. The letter tells whose rows they are; (3) is the step that fills them.
    --
    --   p_, v_  submissions, in the order given; i is the number of one
    --   l_      lines of those that step 2 left in the running, in their order (3). Who falls out later keeps theirs: what
    --           counts is v_answer[l_of]
    --   w_      wanted variants, numbered as they are locked; l_wanted leads here (4)
    --   s_      supply: the levels of wanted variants, those of one after another, in the order they are emptied (4)
    --   h_      units that the carts of those in the running hold already, on which level (4)
    --   b_, g_  claims on budgets (codes, balances), and the budgets claimed (4)
    --   a_      allocation: which level serves how much of which line (4 from holds, 5 or 6 the rest)
    --
    -- An example. Submissions 1 and 2 want 3 and 4 of a variant that has 5 in one warehouse and 9 in another; the first cart
    -- holds 1 of the 5 already. Then l_of = {1,2}, l_wanted = {1,1}, l_quantity = {3,4}, l_rest = {2,4}; h_of = {1},
    -- h_quantity = {1}; s_free = {4,9}, s_upto = {4,13}; w_free = {13}, w_from = {1}, w_to = {2}. Six are asked of 13, so both
    -- are placed; a_of = {1,1,2,2} and a_quantity = {1,2,2,2}: the one it held, then 2 and 2 of the first level and 2 of the
    -- second.
    v_answer text[];      -- NULL while in the running (2); changed by 3 and 5
    v_detail jsonb[];     -- what a refusal tells beside its name
    v_became uuid[];      -- the order its cart became, now or before
    v_total bigint[];
    v_paid bigint[];      -- what is paid at once
    v_hold_until timestamptz[];  -- until when its stock is held, where it waits for its money
    v_cart_hold uuid[];   -- the reservation of its cart
    v_child uuid[];       -- the first child of its order
    v_spends boolean;     -- whether any of them spends a budget
    v_amount bigint[];    -- what each tender pays
    v_stale int[];        -- submissions with a line that is not sold as it was quoted
    l_of int[]; l_line int[]; l_variant uuid[]; l_wanted int[]; l_tracked boolean[]; l_quantity bigint[];
    l_rest bigint[];      -- units that its cart does not hold
    l_sku text[]; l_title text[]; l_variant_title text[]; l_unit_price bigint[]; l_amount bigint[]; l_override text[];
    l_discount bigint[]; l_tax bigint[]; l_rate bigint[]; l_total bigint[];
    w_free bigint[];      -- units free in all its levels
    w_from int[]; w_to int[];  -- where in the supply its levels begin and end
    s_level uuid[]; s_free bigint[];
    s_upto bigint[];      -- units free here and in all levels of its variant before it
    h_of int[]; h_level uuid[]; h_quantity bigint[];
    b_of int[]; b_id uuid[]; b_amount bigint[]; g_id uuid[]; g_kind text[]; g_left bigint[];
    a_of int[]; a_line int[]; a_level uuid[]; a_quantity bigint[];
    v_rule text; v_splits boolean;
    v_picks_alike boolean;  -- whether every order is served by the same warehouses in the same turn
    v_served record;
    v_written bigint; v_placed bigint;
    i int;
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
           END ORDER BY s.i) AS answer,
           array_agg(CASE WHEN q.missing <> '{}' THEN to_jsonb(q.missing) END ORDER BY s.i) AS detail,
           array_agg(coalesce((k.answer ->> 'order_id')::uuid, o.id, s.order_id) ORDER BY s.i) AS became,
           array_agg(q.total ORDER BY s.i) AS total,
           -- Nobody has to wait for the money of what is free.
           array_agg(CASE WHEN q.total > 0 THEN s.until END ORDER BY s.i) AS hold_until,
           array_agg(c.reservation_id ORDER BY s.i) AS cart_hold,
           array_agg(stoa.child_id(s.order_id, 1) ORDER BY s.i) AS child,
           bool_or(q.budget_ids <> '{}') AS spends
      INTO v_answer, v_detail, v_became, v_total, v_hold_until, v_cart_hold, v_child, v_spends
      FROM unnest(p_cart, p_quote, p_token, p_customer, p_staff, p_at, p_hold_until, p_order, p_owner, p_route, p_key, p_request)
           WITH ORDINALITY AS s(cart, quote, token, customer, staff, at, until, order_id, owner, route, key, request, i)
      LEFT JOIN LATERAL (SELECT * FROM carts c WHERE c.store_id = p_store AND c.id = s.cart) c ON true
      LEFT JOIN LATERAL (SELECT * FROM quotes q WHERE q.store_id = p_store AND q.id = s.quote AND q.cart_id = s.cart) q ON true
      LEFT JOIN LATERAL (SELECT * FROM orders o WHERE o.store_id = p_store AND o.cart_id = s.cart) o ON true
      LEFT JOIN LATERAL (SELECT * FROM idempotency_keys k
                          WHERE k.store_id = p_store AND k.owner = s.owner AND k.route = s.route AND k.key = s.key) k ON true;

    -- What is paid at once, if each order has one tender for all of it.
    v_paid := ARRAY(SELECT CASE WHEN s.captured THEN coalesce(s.total, 0) ELSE 0 END
                      FROM unnest(p_captured, v_total) WITH ORDINALITY AS s(captured, total, i) ORDER BY s.i);
    -- Where one has several, what each of them pays; they have to come to the total.
    IF cardinality(p_tender_of) > cardinality(p_cart) OR array_remove(p_tender_amount, NULL) <> '{}' THEN
        SELECT array_agg(coalesce(t.amount, t.rest) ORDER BY t.n) INTO v_amount
          FROM (SELECT t.n, t.amount, v_total[t.i] - coalesce(sum(t.amount) OVER (PARTITION BY t.i), 0) AS rest
                  FROM unnest(p_tender_of, p_tender_amount) WITH ORDINALITY AS t(i, amount, n)) t;
        SELECT array_agg(CASE WHEN s.answer IS NULL AND s.total > 0 AND (t.least <= 0 OR t.sum <> s.total)
                              THEN 'tenders_unequal' ELSE s.answer END ORDER BY s.i),
               array_agg(CASE WHEN s.answer IS NULL AND s.total > 0 AND (t.least <= 0 OR t.sum <> s.total)
                              THEN to_jsonb(s.total) ELSE s.detail END ORDER BY s.i),
               array_agg(CASE WHEN s.total > 0 THEN t.paid ELSE 0 END ORDER BY s.i)
          INTO v_answer, v_detail, v_paid
          FROM unnest(v_answer, v_total, v_detail) WITH ORDINALITY AS s(answer, total, detail, i)
          LEFT JOIN LATERAL (SELECT min(t.amount) AS least, sum(t.amount) AS sum,
                                    coalesce(sum(t.amount) FILTER (WHERE t.captured), 0)::bigint AS paid
                               FROM unnest(p_tender_of, v_amount, p_tender_captured) AS t(i, amount, captured)
                              WHERE t.i = s.i) t ON true;
    END IF;

    -- 3. The lines of those in the running. A line counts as it was quoted only while its variant is still sold at the
    --    price it was quoted at; a price that staff set stands whatever the list says.
    SELECT array_agg(l.i), array_agg(l.line), array_agg(l.variant_id), array_agg(l.wanted), array_agg(l.tracked),
           array_agg(l.quantity), array_agg(l.quantity) AS rest,
           array_agg(l.sku), array_agg(l.title), array_agg(l.variant_title), array_agg(l.unit_price), array_agg(l.amount),
           array_agg(l.override_reason), array_agg(l.discount), array_agg(l.tax), array_agg(l.tax_rate_ppm), array_agg(l.total),
           array_agg(l.i) FILTER (WHERE l.is_stale)
      INTO l_of, l_line, l_variant, l_wanted, l_tracked, l_quantity, l_rest,
           l_sku, l_title, l_variant_title, l_unit_price, l_amount, l_override, l_discount, l_tax, l_rate, l_total, v_stale
      FROM (SELECT s.i, l.*, dense_rank() OVER (ORDER BY l.variant_id)::int AS wanted, coalesce(v.tracks_stock, false) AS tracked,
                   v.id IS NULL OR (l.override_reason IS NULL AND p.amount IS DISTINCT FROM l.unit_price) AS is_stale
              FROM unnest(p_quote, v_answer) WITH ORDINALITY AS s(quote, answer, i)
              JOIN LATERAL (SELECT q.lines, q.currency FROM quotes q WHERE q.store_id = p_store AND q.id = s.quote) q
                   ON s.answer IS NULL
             CROSS JOIN LATERAL jsonb_to_recordset(q.lines)
                   AS l(line int, variant_id uuid, sku text, title text, variant_title text, quantity bigint, unit_price bigint,
                        amount bigint, override_reason text, discount bigint, tax bigint, tax_rate_ppm bigint, total bigint)
              -- OFFSET 0 keeps the look-ups in this order: without statistics (a catalog just imported) the planner might
              -- join all variants with all products first.
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

    -- 4. Lock what they claim, in one order everywhere: what their carts hold, stock of variants that are counted, budgets.
    --    Levels of warehouses that were closed are locked too, since a cart may hold some of theirs; nothing is free there.
    IF array_remove(v_cart_hold, NULL) <> '{}' THEN
        SELECT * INTO h_of, h_level, h_quantity, a_of, a_line, a_level, a_quantity, l_rest
          FROM stoa.use_holds(p_store, v_cart_hold, v_answer, l_of, l_line, l_variant, l_tracked, l_quantity);
    END IF;
    SELECT array_agg(f.level ORDER BY f.wanted, f.turn), array_agg(f.free ORDER BY f.wanted, f.turn),
           array_agg(f.upto ORDER BY f.wanted, f.turn),
           array_agg(f.n ORDER BY f.wanted) FILTER (WHERE f.turn = 1),
           array_agg(f.n + f.levels - 1 ORDER BY f.wanted) FILTER (WHERE f.turn = 1),
           array_agg(f.free_in_all ORDER BY f.wanted) FILTER (WHERE f.turn = 1)
      INTO s_level, s_free, s_upto, w_from, w_to, w_free
      FROM (SELECT w.wanted, e.level, coalesce(e.free, 0) AS free,
                   row_number() OVER in_turn AS turn,
                   row_number() OVER (ORDER BY w.wanted, e.comes_later, e.priority, e.warehouse) AS n,
                   coalesce(sum(e.free) OVER in_turn, 0)::bigint AS upto,
                   count(*) OVER (PARTITION BY w.wanted) AS levels,
                   coalesce(sum(e.free) OVER (PARTITION BY w.wanted), 0)::bigint AS free_in_all
              FROM (SELECT DISTINCT l.wanted, l.variant, l.tracked
                      FROM unnest(l_wanted, l_variant, l_tracked) AS l(wanted, variant, tracked) ORDER BY l.variant) w
              LEFT JOIN LATERAL (
                   SELECT e.id AS level, h.kind = 'backorder' AS comes_later, h.priority, h.id AS warehouse,
                          CASE WHEN h.is_active THEN greatest(e.on_hand - e.safety - e.committed - e.reserved, 0) ELSE 0 END AS free
                     FROM stock_levels e
                     JOIN warehouses h ON h.store_id = p_store AND h.id = e.warehouse_id
                    WHERE w.tracked AND e.store_id = p_store AND e.variant_id = w.variant
                    ORDER BY e.warehouse_id FOR UPDATE OF e) e ON true
            WINDOW in_turn AS (PARTITION BY w.wanted ORDER BY e.comes_later, e.priority, e.warehouse)) f;
    IF v_spends THEN
        SELECT array_agg(s.i), array_agg(b.id), array_agg(b.amount) INTO b_of, b_id, b_amount
          FROM unnest(v_answer, p_quote) WITH ORDINALITY AS s(answer, quote, i)
          JOIN LATERAL (SELECT * FROM quotes q WHERE q.store_id = p_store AND q.id = s.quote) q ON s.answer IS NULL
         CROSS JOIN LATERAL unnest(q.budget_ids, q.budget_amounts) AS b(id, amount);
        SELECT array_agg(b.id), array_agg(b.kind), array_agg(b.balance) INTO g_id, g_kind, g_left
          FROM (SELECT * FROM budgets b WHERE b.store_id = p_store AND b.id = ANY (b_id) ORDER BY b.id FOR UPDATE) b;
    END IF;

    -- 5. Decide. Where everything can serve all that ask, no cart and no key was handed in twice, and every order is served
    --    by the same warehouses in the same turn, all are placed. Otherwise they are taken one by one; and where each order
    --    has its own best warehouses (a rule is handed over then), their stock is picked there, too.
    SELECT t.allocation, t.splits_orders INTO v_rule, v_splits FROM store_settings t WHERE t.store_id = p_store;
    v_picks_alike := coalesce(v_rule = 'priority' AND v_splits, true);  -- what a store does that has no settings
    IF v_picks_alike
        AND NOT EXISTS (SELECT FROM unnest(l_of, l_wanted, l_tracked, l_rest) AS l(i, wanted, tracked, rest)
                         WHERE l.tracked AND v_answer[l.i] IS NULL GROUP BY l.wanted HAVING sum(l.rest) > w_free[l.wanted])
        AND NOT EXISTS (SELECT FROM unnest(b_of, b_id, b_amount) AS b(i, id, amount) WHERE v_answer[b.i] IS NULL
                         GROUP BY b.id HAVING sum(b.amount) > coalesce(g_left[array_position(g_id, b.id)], 0))
        AND NOT EXISTS (SELECT FROM unnest(p_cart) AS s(cart) GROUP BY s.cart HAVING count(*) > 1)
        AND NOT EXISTS (SELECT FROM unnest(p_owner, p_route, p_key) AS s(owner, route, key)
                         WHERE s.key IS NOT NULL GROUP BY s.owner, s.route, s.key HAVING count(*) > 1)
    THEN
        v_answer := ARRAY(SELECT coalesce(s.answer, 'placed') FROM unnest(v_answer) WITH ORDINALITY AS s(answer, i) ORDER BY s.i);
    ELSE
        SELECT * INTO v_served
          FROM stoa.serve_in_turn(p_store, v_answer, v_became, v_detail, p_cart, p_owner, p_route, p_key, p_request,
                                  CASE WHEN NOT v_picks_alike THEN v_rule END, v_splits,
                                  l_of, l_line, l_variant, l_wanted, l_tracked, l_quantity, l_rest, w_free,
                                  b_of, b_id, b_amount, g_id, g_kind, g_left);
        v_answer := v_served.answer;
        v_became := v_served.became;
        v_detail := v_served.detail;
        a_of := a_of || v_served.a_of;
        a_line := a_line || v_served.a_line;
        a_level := a_level || v_served.a_level;
        a_quantity := a_quantity || v_served.a_quantity;
    END IF;
    SELECT count(*) INTO v_placed FROM unnest(v_answer) AS s(answer) WHERE s.answer = 'placed';

    IF v_placed > 0 THEN
        -- 6. Pick the stock, where that is not done: demand and supply of a variant are laid along one ruler of units, demand
        --    in the order of the lines, supply in that of the levels; where two stretches overlap, that level serves that
        --    line. Lines of 3 and 4 against levels of 5 and 9 are served by 3, 2 of the first and 2 of the second.
        IF v_picks_alike THEN
            SELECT a_of || array_agg(d.i), a_line || array_agg(d.line), a_level || array_agg(s_level[k]),
                   a_quantity || array_agg(least(d.upto, s_upto[k]) - greatest(d.upto - d.quantity, s_upto[k] - s_free[k]))
              INTO a_of, a_line, a_level, a_quantity
              FROM (SELECT l.i, l.line, l.wanted, l.quantity,
                           (sum(l.quantity) OVER (PARTITION BY l.wanted ORDER BY l.i, l.line))::bigint AS upto
                      FROM unnest(l_of, l_line, l_wanted, l_tracked, l_rest) AS l(i, line, wanted, tracked, quantity)
                     WHERE l.tracked AND l.quantity > 0 AND v_answer[l.i] = 'placed') d
             CROSS JOIN LATERAL generate_series(w_from[d.wanted], w_to[d.wanted]) AS k
             WHERE s_free[k] > 0 AND s_upto[k] - s_free[k] < d.upto AND s_upto[k] > d.upto - d.quantity;
        END IF;
        -- What a cart holds of a level, and what its line takes of the same level beside it, is one.
        IF h_of IS NOT NULL THEN
            SELECT array_agg(a.i), array_agg(a.line), array_agg(a.level), array_agg(a.quantity)
              INTO a_of, a_line, a_level, a_quantity
              FROM (SELECT a.i, a.line, a.level, sum(a.quantity)::bigint AS quantity
                      FROM unnest(a_of, a_line, a_level, a_quantity) AS a(i, line, level, quantity)
                     GROUP BY a.i, a.line, a.level) a;
        END IF;

        -- 7. Write: each table once. An id that is there already is passed over; the count below then ends it all.
        UPDATE stock_levels e SET committed = e.committed + m.committed, reserved = e.reserved + m.reserved,
               -- What is promised beyond what is there. A sale takes free units alone, so it adds nothing to that; units that
               -- a cart held and does not buy make it less.
               short = CASE e.short WHEN 0 THEN 0 ELSE
                       greatest(0, e.committed + m.committed + e.reserved + m.reserved + e.safety - e.on_hand) END
          FROM (SELECT m.level, sum(m.committed)::bigint AS committed, sum(m.reserved)::bigint AS reserved
                  FROM (SELECT a.level, CASE WHEN v_hold_until[a.i] IS NULL THEN a.quantity ELSE 0 END AS committed,
                               CASE WHEN v_hold_until[a.i] IS NULL THEN 0 ELSE a.quantity END AS reserved
                          FROM unnest(a_of, a_level, a_quantity) AS a(i, level, quantity) WHERE v_answer[a.i] = 'placed'
                         UNION ALL
                        SELECT h.level, 0, -h.quantity
                          FROM unnest(h_of, h_level, h_quantity) AS h(i, level, quantity) WHERE v_answer[h.i] = 'placed') m
                 GROUP BY m.level) m
         WHERE e.store_id = p_store AND e.id = m.level;

        INSERT INTO orders (store_id, id, number, cart_id, quote_id, contact_id, customer_id, token_hash, state, payment_state,
                            currency, tax_included, subtotal, discount, shipping, shipping_tax, tax, total, paid, refunded,
                            cancelled, shipping_title, source, reference, placed_at)
        SELECT p_store, s.order_id, s.number, s.cart, s.quote, c.contact_id, c.customer_id, s.order_token,
               CASE WHEN s.confirmed OR q.total = 0 THEN 'confirmed' ELSE 'pending' END,
               CASE WHEN s.paid = q.total THEN 'paid' WHEN s.paid > 0 THEN 'partially_paid' ELSE 'pending' END,
               q.currency, q.tax_included, q.subtotal, q.discount, q.shipping, q.shipping_tax, q.tax, q.total, s.paid, 0, 0,
               q.shipping_title, c.source, c.reference, s.at
          FROM unnest(p_order, p_number, p_cart, p_quote, p_order_token, p_confirmed, v_paid, p_at, v_answer)
               AS s(order_id, number, cart, quote, order_token, confirmed, paid, at, answer)
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
               CASE WHEN v_hold_until[a.i] IS NULL THEN 'commit' ELSE 'reserve' END, 0,
               CASE WHEN v_hold_until[a.i] IS NULL THEN a.quantity ELSE 0 END,
               CASE WHEN v_hold_until[a.i] IS NULL THEN 0 ELSE a.quantity END,
               '', p_order[a.i], stoa.child_id(p_order[a.i], a.line), CASE WHEN v_hold_until[a.i] IS NOT NULL THEN v_child[a.i] END,
               p_actor[a.i]
          FROM unnest(a_of, a_line, a_level, a_quantity) AS a(i, line, level, quantity)
         WHERE v_answer[a.i] = 'placed'
        ON CONFLICT (store_id, id) DO NOTHING;

        INSERT INTO payments (store_id, id, order_id, position, method, provider, status, amount, authorized, captured, refunded,
                              refunding, currency, created_at, captured_at)
        SELECT p_store, stoa.child_id(o.id, t.position), o.id, t.position, t.method, t.provider,
               CASE WHEN t.captured THEN 'captured' ELSE 'pending' END, t.amount, 0, CASE WHEN t.captured THEN t.amount ELSE 0 END,
               0, 0, o.currency, o.placed_at, CASE WHEN t.captured THEN o.placed_at END
          FROM (SELECT t.i, row_number() OVER (PARTITION BY t.i ORDER BY t.n) AS position, t.method, t.provider, t.captured,
                       coalesce(t.amount, v_total[t.i]) AS amount
                  FROM unnest(p_tender_of, p_tender_method, p_tender_provider, v_amount, p_tender_captured)
                       WITH ORDINALITY AS t(i, method, provider, amount, captured, n)
                 WHERE v_answer[t.i] = 'placed' AND v_total[t.i] > 0) t
         CROSS JOIN LATERAL (SELECT * FROM orders o WHERE o.store_id = p_store AND o.id = p_order[t.i]) o
        ON CONFLICT (store_id, id) DO NOTHING;

        INSERT INTO order_history (store_id, id, order_id, kind, state, payment_state, actor, note, happened_at)
        SELECT p_store, s.child, o.id, 'placed', o.state, o.payment_state, s.actor, '', s.at
          FROM unnest(p_order, v_child, p_actor, p_at, v_answer) AS s(order_id, child, actor, at, answer)
         CROSS JOIN LATERAL (SELECT * FROM orders o WHERE o.store_id = p_store AND o.id = s.order_id) o
         WHERE s.answer = 'placed'
        ON CONFLICT (store_id, id) DO NOTHING;
        -- Every order has one such row under a child id, so this also catches two orders whose children would collide.
        GET DIAGNOSTICS v_written = ROW_COUNT;
        IF v_written <> v_placed THEN
            RAISE EXCEPTION 'an order id was used twice' USING ERRCODE = 'unique_violation';
        END IF;

        IF b_of <> '{}' THEN
            UPDATE budgets b SET balance = b.balance - c.amount
              FROM (SELECT b.id, sum(b.amount)::bigint AS amount FROM unnest(b_of, b_id, b_amount) AS b(i, id, amount)
                     WHERE v_answer[b.i] = 'placed' GROUP BY b.id) c
             WHERE b.store_id = p_store AND b.id = c.id;
            INSERT INTO budget_entries (store_id, id, budget_id, kind, amount, order_id, reason)
            SELECT p_store, stoa.child_id(p_order[b.i], row_number() OVER (PARTITION BY b.i ORDER BY b.id)), b.id, 'spend',
                   -b.amount, p_order[b.i], ''
              FROM unnest(b_of, b_id, b_amount) AS b(i, id, amount)
             WHERE v_answer[b.i] = 'placed'
            ON CONFLICT (store_id, id) DO NOTHING;
        END IF;

        INSERT INTO events (store_id, id, kind, subject_id, data, happened_at)
        SELECT p_store, s.child, 'order.placed', s.order_id, '{}', s.at
          FROM unnest(p_order, v_child, p_at, v_answer) AS s(order_id, child, at, answer)
         WHERE s.answer = 'placed'
        ON CONFLICT (store_id, id) DO NOTHING;

        INSERT INTO idempotency_keys (store_id, id, owner, route, key, request_hash, status, answer)
        SELECT p_store, s.child, s.owner, s.route, s.key, s.request, 201, jsonb_build_object('order_id', s.order_id)
          FROM unnest(p_order, v_child, p_owner, p_route, p_key, p_request, v_answer)
               AS s(order_id, child, owner, route, key, request, answer)
         WHERE s.answer = 'placed' AND s.key IS NOT NULL
        ON CONFLICT (store_id, id) DO NOTHING;

        UPDATE carts c SET state = 'completed', reservation_id = NULL
          FROM unnest(p_cart, v_answer) AS s(cart, answer)
         WHERE c.store_id = p_store AND c.id = s.cart AND s.answer = 'placed';

        IF h_of <> '{}' OR array_remove(v_hold_until, NULL) <> '{}' THEN
            PERFORM stoa.close_holds(p_store, v_answer, p_at, p_actor, p_cart, p_order, v_hold_until, v_cart_hold,
                                    h_of, h_level, h_quantity, a_of, a_line, a_level, a_quantity);
        END IF;
    END IF;

    RETURN QUERY
        SELECT s.answer, o.id, o.number, o.state, o.payment_state, o.total, o.currency, s.detail
          FROM unnest(v_answer, v_became, v_detail) WITH ORDINALITY AS s(answer, found, detail, i)
          LEFT JOIN LATERAL (SELECT * FROM orders o WHERE o.store_id = p_store AND o.id = s.found) o
            ON s.answer IN ('placed', 'already_placed')
         ORDER BY s.i;
END
$$;
GRANT EXECUTE ON FUNCTION stoa.place_orders TO stoa_server;

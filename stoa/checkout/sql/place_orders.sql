-- place_orders: n accepted quotes of one store become orders, in one call and one transaction. It enters the store
-- itself, so that the call can be the whole transaction: one message from the server, one answer, after the commit.
--
-- Read it top to bottom: lock the carts, judge each submission alone, gather what it claims, decide who gets it,
-- pick the stock, write. A batch gives exactly what its orders placed one after another would have given.
--
-- Submissions are parallel arrays, one element each. Whoever asks is told by p_token (SHA-256 of the cart's
-- token), p_customer, or both; or by p_staff. p_key is NULL where the caller gave no idempotency key.
-- Each answer: `placed` or `already_placed` with the order, or a refusal (`cart_not_found`, `cart_expired`,
-- `key_reused`, `quote_changed`, `incomplete`, `out_of_stock`, `code_spent`, `balance_short`) that changed nothing, with `detail`.
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
    p_method text[],
    p_captured boolean[],
    p_confirmed boolean[],
    p_owner text[],
    p_route text[],
    p_key text[],
    p_request bytea[]
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
    -- Lines in the running: whose, which, what.
    l_of int[]; l_line int[]; l_variant uuid[]; l_quantity bigint[]; l_tracked boolean[];
    -- Everything contested, stock and budgets alike, and how much of it is free.
    r_id uuid[]; r_kind text[]; r_free bigint[];
    -- Claims: submission c_of wants c_amount of resource number c_of_what.
    c_of int[]; c_what int[]; c_amount bigint[]; c_from int[]; c_to int[];
    -- Stock picked: which level serves which line.
    a_of int[]; a_line int[]; a_level uuid[]; a_quantity bigint[];
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
           array_agg(coalesce((k.answer ->> 'order_id')::uuid, o.id, s.order_id) ORDER BY s.i),
           array_agg(CASE WHEN q.missing <> '{}' THEN to_jsonb(q.missing) END ORDER BY s.i)
      INTO v_answer, v_found, v_detail
      FROM unnest(p_cart, p_quote, p_token, p_customer, p_staff, p_at, p_order, p_owner, p_route, p_key, p_request)
           WITH ORDINALITY AS s(cart, quote, token, customer, staff, at, order_id, owner, route, key, request, i)
      LEFT JOIN LATERAL (SELECT * FROM carts c WHERE c.store_id = p_store AND c.id = s.cart) c ON true
      LEFT JOIN LATERAL (SELECT * FROM quotes q WHERE q.store_id = p_store AND q.id = s.quote AND q.cart_id = s.cart) q ON true
      LEFT JOIN LATERAL (SELECT * FROM orders o WHERE o.store_id = p_store AND o.cart_id = s.cart) o ON true
      LEFT JOIN LATERAL (SELECT * FROM idempotency_keys k
                          WHERE k.store_id = p_store AND k.owner = s.owner AND k.route = s.route AND k.key = s.key) k ON true;

    -- 3. The lines of those in the running. A line counts as it was quoted only while its variant is still sold at the
    --    price it was quoted at; a price that staff set stands whatever the list says.
    SELECT array_agg(s.i ORDER BY s.i, l.line), array_agg(l.line ORDER BY s.i, l.line),
           array_agg(l.variant_id ORDER BY s.i, l.line), array_agg(l.quantity ORDER BY s.i, l.line),
           array_agg(coalesce(v.tracks_stock, false) ORDER BY s.i, l.line),
           array_agg(s.i) FILTER (WHERE v.id IS NULL OR (l.override_reason IS NULL AND p.amount IS DISTINCT FROM l.unit_price))
      INTO l_of, l_line, l_variant, l_quantity, l_tracked, v_stale
      FROM unnest(p_quote, v_answer) WITH ORDINALITY AS s(quote, answer, i)
      JOIN LATERAL (SELECT q.lines, q.currency FROM quotes q WHERE q.store_id = p_store AND q.id = s.quote) q ON s.answer IS NULL
     CROSS JOIN LATERAL jsonb_to_recordset(q.lines)
           AS l(line int, variant_id uuid, quantity bigint, unit_price bigint, override_reason text)
      -- OFFSET 0 keeps the look-ups in this order: without statistics (a catalog just imported) the planner might join
      -- all variants with all products first.
      LEFT JOIN LATERAL (SELECT v.id, v.tracks_stock
                           FROM (SELECT * FROM variants v WHERE v.store_id = p_store AND v.id = l.variant_id
                                    AND v.is_active AND v.deleted_at IS NULL OFFSET 0) v
                          WHERE EXISTS (SELECT FROM products d WHERE d.store_id = p_store AND d.id = v.product_id
                                           AND d.state = 'active' AND d.deleted_at IS NULL OFFSET 0)) v ON true
      LEFT JOIN LATERAL (SELECT p.amount FROM prices p
                          WHERE p.store_id = p_store AND p.variant_id = l.variant_id AND p.currency = q.currency) p
             ON l.override_reason IS NULL;
    FOREACH i IN ARRAY coalesce(v_stale, '{}') LOOP
        v_answer[i] := 'quote_changed';
    END LOOP;

    -- 4. Lock what they claim, in one order everywhere: stock of variants that are counted, and budgets.
    PERFORM FROM stock_levels s
      WHERE s.store_id = p_store
        AND s.variant_id = ANY (SELECT l.variant FROM unnest(l_variant, l_tracked) AS l(variant, tracked) WHERE l.tracked)
      ORDER BY s.variant_id, s.warehouse_id FOR UPDATE;
    PERFORM FROM budgets b
      WHERE b.store_id = p_store
        AND b.id = ANY (SELECT unnest(q.budget_ids) FROM quotes q WHERE q.store_id = p_store AND q.id = ANY (p_quote))
      ORDER BY b.id FOR UPDATE;
    v_spends := FOUND;

    -- 5. Decide. Is anything short for all that ask together, or a cart or a key submitted twice?
    v_contested := EXISTS (
            SELECT FROM (SELECT l.variant, sum(l.quantity) AS asked
                           FROM unnest(l_of, l_variant, l_quantity, l_tracked) AS l(i, variant, quantity, tracked)
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
            SELECT l.i, l.variant AS id, 'stock' AS kind, sum(l.quantity)::bigint AS amount
              FROM unnest(l_of, l_variant, l_quantity, l_tracked) AS l(i, variant, quantity, tracked)
             WHERE l.tracked AND v_answer[l.i] IS NULL
             GROUP BY l.i, l.variant
             UNION ALL
            SELECT s.i, b.id, 'budget', b.amount
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
            SELECT w.i, w.what, w.amount, row_number() OVER (ORDER BY w.i, w.what)::int AS n FROM wanted w
        )
        SELECT (SELECT array_agg(c.id ORDER BY c.what) FROM contested c),
               (SELECT array_agg(c.known_as ORDER BY c.what) FROM contested c),
               (SELECT array_agg(c.free ORDER BY c.what) FROM contested c),
               array_agg(m.i ORDER BY m.n), array_agg(m.what ORDER BY m.n), array_agg(m.amount ORDER BY m.n),
               (SELECT array_agg(b.first ORDER BY s.i) FROM generate_series(1, v_count) AS s(i)
                  LEFT JOIN (SELECT m.i, min(m.n) AS first FROM claims m GROUP BY m.i) b ON b.i = s.i),
               (SELECT array_agg(b.last ORDER BY s.i) FROM generate_series(1, v_count) AS s(i)
                  LEFT JOIN (SELECT m.i, max(m.n) AS last FROM claims m GROUP BY m.i) b ON b.i = s.i)
          INTO r_id, r_kind, r_free, c_of, c_what, c_amount, c_from, c_to
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
                    'id', r_id[c_what[k]], 'kind', r_kind[c_what[k]], 'asked', c_amount[k], 'free', r_free[c_what[k]]);
            END LOOP;
            CONTINUE WHEN v_answer[i] IS NOT NULL;
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
        WITH demand AS (
            SELECT l.i, l.line, l.variant, l.quantity,
                   sum(l.quantity) OVER (PARTITION BY l.variant ORDER BY l.i, l.line) AS upto
              FROM unnest(l_of, l_line, l_variant, l_quantity, l_tracked) AS l(i, line, variant, quantity, tracked)
             WHERE l.tracked AND v_answer[l.i] = 'placed'
        )
        SELECT array_agg(d.i), array_agg(d.line), array_agg(s.id),
               array_agg((least(d.upto, s.upto) - greatest(d.upto - d.quantity, s.upto - s.free))::bigint)
          INTO a_of, a_line, a_level, a_quantity
          FROM demand d
         -- Looked up line by line: joined as wholes, a batch of long orders would compare every line with every level.
         CROSS JOIN LATERAL (
               SELECT f.id, f.free, sum(f.free) OVER (ORDER BY f.priority, f.warehouse_id) AS upto
                 FROM (SELECT s.id, s.warehouse_id, h.priority, s.on_hand - s.safety - s.committed - s.reserved AS free
                         FROM stock_levels s
                         JOIN warehouses h ON h.store_id = p_store AND h.id = s.warehouse_id AND h.is_active
                        WHERE s.store_id = p_store AND s.variant_id = d.variant) f
                WHERE f.free > 0) s
         WHERE s.upto - s.free < d.upto AND s.upto > d.upto - d.quantity;
        -- The levels are locked, whether their warehouses ship is not: had one stopped since they were counted, units
        -- would be missing here.
        IF (SELECT sum(l.quantity) FROM unnest(l_of, l_quantity, l_tracked) AS l(i, quantity, tracked)
             WHERE l.tracked AND v_answer[l.i] = 'placed')
           <> coalesce((SELECT sum(a.quantity) FROM unnest(a_quantity) AS a(quantity)), 0) THEN
            RAISE EXCEPTION 'a warehouse closed in between' USING ERRCODE = 'serialization_failure';
        END IF;

        -- 7. Write: each table once, parents before children.
        UPDATE stock_levels s SET committed = s.committed + a.quantity
          FROM (SELECT a.level, sum(a.quantity)::bigint AS quantity FROM unnest(a_level, a_quantity) AS a(level, quantity) GROUP BY a.level) a
         WHERE s.store_id = p_store AND s.id = a.level;

        INSERT INTO orders (store_id, id, number, cart_id, quote_id, contact_id, customer_id, token_hash, state, payment_state,
                            currency, tax_included, subtotal, discount, shipping, shipping_tax, tax, total, paid,
                            shipping_title, source, reference, placed_at)
        SELECT p_store, s.order_id, s.number, s.cart, s.quote, c.contact_id, c.customer_id, s.order_token,
               CASE WHEN s.confirmed OR q.total = 0 THEN 'confirmed' ELSE 'pending' END,
               CASE WHEN s.captured OR q.total = 0 THEN 'paid' ELSE 'pending' END,
               q.currency, q.tax_included, q.subtotal, q.discount, q.shipping, q.shipping_tax, q.tax, q.total,
               CASE WHEN s.captured THEN q.total ELSE 0 END,
               q.shipping_title, c.source, c.reference, s.at
          FROM unnest(p_order, p_number, p_cart, p_quote, p_order_token, p_captured, p_confirmed, p_at, v_answer)
               AS s(order_id, number, cart, quote, order_token, captured, confirmed, at, answer)
         CROSS JOIN LATERAL (SELECT * FROM quotes q WHERE q.store_id = p_store AND q.id = s.quote) q
         CROSS JOIN LATERAL (SELECT * FROM carts c WHERE c.store_id = p_store AND c.id = s.cart) c
         WHERE s.answer = 'placed'
        ON CONFLICT (store_id, id) DO NOTHING;
        INSERT INTO order_lines (store_id, id, order_id, position, variant_id, sku, title, variant_title, quantity,
                                 unit_price, amount, override_reason, discount, tax, tax_rate_ppm, total)
        SELECT p_store, stoa.child_id(s.order_id, l.line), s.order_id, l.line, l.variant_id, l.sku, l.title, l.variant_title,
               l.quantity, l.unit_price, l.amount, l.override_reason, l.discount, l.tax, l.tax_rate_ppm, l.total
          FROM unnest(p_order, p_quote, v_answer) AS s(order_id, quote, answer)
         CROSS JOIN LATERAL (SELECT q.lines FROM quotes q WHERE q.store_id = p_store AND q.id = s.quote) q
         CROSS JOIN LATERAL jsonb_to_recordset(q.lines)
               AS l(line int, variant_id uuid, sku text, title text, variant_title text, quantity bigint, unit_price bigint,
                    amount bigint, override_reason text, discount bigint, tax bigint, tax_rate_ppm bigint, total bigint)
         WHERE s.answer = 'placed'
        ON CONFLICT (store_id, id) DO NOTHING;

        INSERT INTO stock_movements (store_id, id, level_id, kind, on_hand, committed, reserved, reason, order_id, order_line_id, actor)
        SELECT p_store, stoa.child_id(p_order[a.i], row_number() OVER (PARTITION BY a.i ORDER BY a.line, a.level)), a.level,
               'commit', 0, a.quantity, 0, '', p_order[a.i], stoa.child_id(p_order[a.i], a.line), p_actor[a.i]
          FROM unnest(a_of, a_line, a_level, a_quantity) AS a(i, line, level, quantity)
        ON CONFLICT (store_id, id) DO NOTHING;

        INSERT INTO payments (store_id, id, order_id, method, status, amount, currency, created_at, captured_at)
        SELECT p_store, stoa.child_id(s.order_id, 1), s.order_id, s.method,
               CASE WHEN s.captured THEN 'captured' ELSE 'pending' END, q.total, q.currency, s.at,
               CASE WHEN s.captured THEN s.at END
          FROM unnest(p_order, p_quote, p_method, p_captured, p_at, v_answer) AS s(order_id, quote, method, captured, at, answer)
         CROSS JOIN LATERAL (SELECT q.total, q.currency FROM quotes q WHERE q.store_id = p_store AND q.id = s.quote) q
         WHERE s.answer = 'placed' AND q.total > 0
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
            INSERT INTO budget_entries (store_id, id, budget_id, amount, order_id, reason)
            SELECT p_store, stoa.child_id(s.order_id, b.n), b.id, -b.amount, s.order_id, ''
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

        UPDATE carts c SET state = 'completed'
          FROM unnest(p_cart, v_answer) AS s(cart, answer)
         WHERE c.store_id = p_store AND c.id = s.cart AND s.answer = 'placed';
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

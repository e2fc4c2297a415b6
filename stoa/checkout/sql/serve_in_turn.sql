-- serve_in_turn: the slow way of place_orders to decide, where not everything can serve all that ask. Submissions are
-- taken one by one in their order, and whoever is refused claims nothing. Its arguments are named as there. Where p_rule is
-- given, every order has its own best warehouses, so its stock is picked here, too; else place_orders does it afterwards.
CREATE OR REPLACE FUNCTION stoa.serve_in_turn(
    p_store uuid,
    p_answer text[],
    p_became uuid[],
    p_detail jsonb[],
    p_cart uuid[],
    p_owner text[],
    p_route text[],
    p_key text[],
    p_request bytea[],
    p_rule text,
    p_splits boolean,
    l_of int[],
    l_line int[],
    l_variant uuid[],
    l_wanted int[],
    l_tracked boolean[],
    l_quantity bigint[],
    l_rest bigint[],
    w_free bigint[],
    b_of int[],
    b_id uuid[],
    b_amount bigint[],
    g_id uuid[],
    g_kind text[],
    g_left bigint[],
    OUT answer text[],
    OUT became uuid[],
    OUT detail jsonb[],
    OUT a_of int[],
    OUT a_line int[],
    OUT a_level uuid[],
    OUT a_quantity bigint[]
)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    -- What is contested is numbered: wanted variants as in l_wanted, budgets after them.
    v_variants int := coalesce(cardinality(w_free), 0);
    v_free bigint[] := w_free || g_left;
    -- Claims, in the order of who makes them: submission c_of wants c_amount of number c_of_which, beside c_held that its cart
    -- holds.
    c_of int[]; c_of_which int[]; c_id uuid[]; c_kind text[]; c_amount bigint[]; c_held bigint[];
    v_picked record;
    v_first int; v_next int := 1;
    i int; j int; k int;
BEGIN
    answer := p_answer;
    became := p_became;
    detail := p_detail;
    SELECT array_agg(c.i), array_agg(c.of_which), array_agg(c.id), array_agg(c.kind), array_agg(c.amount), array_agg(c.held)
      INTO c_of, c_of_which, c_id, c_kind, c_amount, c_held
      FROM (SELECT * FROM (
                SELECT l.i, l.wanted AS of_which, l.variant AS id, 'stock' AS kind, sum(l.rest)::bigint AS amount,
                       sum(l.quantity - l.rest)::bigint AS held
                  FROM unnest(l_of, l_wanted, l_variant, l_tracked, l_quantity, l_rest)
                       AS l(i, wanted, variant, tracked, quantity, rest)
                 WHERE l.tracked GROUP BY l.i, l.wanted, l.variant
                 UNION ALL
                SELECT b.i, v_variants + array_position(g_id, b.id), b.id, g_kind[array_position(g_id, b.id)],
                       sum(b.amount)::bigint, 0
                  FROM unnest(b_of, b_id, b_amount) AS b(i, id, amount) GROUP BY b.i, b.id) c
             ORDER BY c.i, c.kind = 'stock', c.id) c;

    FOR i IN 1 .. cardinality(answer) LOOP
        v_first := v_next;
        WHILE c_of[v_next] = i LOOP
            v_next := v_next + 1;
        END LOOP;
        CONTINUE WHEN answer[i] IN ('cart_not_found', 'key_reused');

        -- Whom an earlier submission of this batch has answered. A key goes before the cart, as it did in judging, so whoever
        -- has been found by its cart may still be found by its key.
        FOR j IN 1 .. i - 1 LOOP
            CONTINUE WHEN answer[j] <> 'placed';
            IF p_owner[j] = p_owner[i] AND p_route[j] = p_route[i] AND p_key[j] = p_key[i] THEN
                answer[i] := CASE WHEN p_request[j] = p_request[i] THEN 'already_placed' ELSE 'key_reused' END;
                became[i] := became[j];
                detail[i] := NULL;
                EXIT;
            ELSIF p_cart[j] = p_cart[i] AND answer[i] IS DISTINCT FROM 'already_placed' THEN
                answer[i] := 'already_placed';
                became[i] := became[j];
                detail[i] := NULL;
            END IF;
        END LOOP;
        CONTINUE WHEN answer[i] IS NOT NULL;

        FOR k IN v_first .. v_next - 1 LOOP
            CONTINUE WHEN coalesce(v_free[c_of_which[k]], 0) >= c_amount[k];
            answer[i] := coalesce(answer[i], CASE c_kind[k]
                WHEN 'stock' THEN 'out_of_stock' WHEN 'code_uses' THEN 'code_spent' ELSE 'balance_short' END);
            detail[i] := coalesce(detail[i], '[]') || jsonb_build_object(
                'id', c_id[k], 'kind', c_kind[k], 'asked', c_amount[k] + c_held[k],
                'free', coalesce(v_free[c_of_which[k]], 0) + c_held[k]);
        END LOOP;
        CONTINUE WHEN answer[i] IS NOT NULL;

        IF p_rule IS NOT NULL THEN
            SELECT * INTO v_picked
              FROM stoa.pick_for_cart(p_store, p_rule, p_splits, p_cart[i], i, l_of, l_line, l_variant, l_tracked, l_rest,
                                      a_level, a_quantity);
            IF NOT v_picked.is_whole THEN
                answer[i] := 'not_together';
                CONTINUE;
            END IF;
            a_of := a_of || array_fill(i, ARRAY[coalesce(cardinality(v_picked.lines), 0)]);
            a_line := a_line || v_picked.lines;
            a_level := a_level || v_picked.levels;
            a_quantity := a_quantity || v_picked.quantities;
        END IF;
        FOR k IN v_first .. v_next - 1 LOOP
            v_free[c_of_which[k]] := v_free[c_of_which[k]] - c_amount[k];
        END LOOP;
        answer[i] := 'placed';
    END LOOP;
END
$$;
GRANT EXECUTE ON FUNCTION stoa.serve_in_turn TO stoa_server;

-- The levels that serve one submission's lines, beside what those before it have taken (p_level, p_taken), and whether all
-- of it can be served.
CREATE OR REPLACE FUNCTION stoa.pick_for_cart(
    p_store uuid,
    p_rule text,
    p_splits boolean,
    p_cart uuid,
    p_i int,
    l_of int[],
    l_line int[],
    l_variant uuid[],
    l_tracked boolean[],
    l_rest bigint[],
    p_level uuid[],
    p_taken bigint[],
    OUT lines int[],
    OUT levels uuid[],
    OUT quantities bigint[],
    OUT is_whole boolean
)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    WITH wanted AS (
        SELECT array_agg(l.line) AS lines, array_agg(l.variant) AS variants, array_agg(l.rest) AS quantities, sum(l.rest) AS units
          FROM unnest(l_of, l_line, l_variant, l_tracked, l_rest) AS l(i, line, variant, tracked, rest)
         WHERE l.i = p_i AND l.tracked AND l.rest > 0
    )
    SELECT array_agg(p.line) FILTER (WHERE p.line IS NOT NULL), array_agg(p.level) FILTER (WHERE p.line IS NOT NULL),
           array_agg(p.quantity) FILTER (WHERE p.line IS NOT NULL), coalesce(sum(p.quantity), 0) = coalesce(max(w.units), 0)
      INTO lines, levels, quantities, is_whole
      FROM carts c
      LEFT JOIN order_contacts o ON o.store_id = p_store AND o.id = c.contact_id
     CROSS JOIN wanted w
      LEFT JOIN LATERAL stoa.pick_stock(p_store, p_rule, p_splits, w.lines, w.variants, w.quantities, p_level, p_taken,
                                        o.latitude_microdegrees, o.longitude_microdegrees, o.country) p ON true
     WHERE c.store_id = p_store AND c.id = p_cart;
END
$$;
GRANT EXECUTE ON FUNCTION stoa.pick_for_cart TO stoa_server;

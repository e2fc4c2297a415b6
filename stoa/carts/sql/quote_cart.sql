-- Keep the quote of a cart, if the cart is still open and as it was looked at (`p_revision`); whether that was so. If not,
-- nothing is kept. A quote the cart had before goes: no order was bought at it, or the cart would not be open. `p_quote`
-- holds every column of the quote. `p_line` are lines whose price is not what was seen last.
CREATE OR REPLACE FUNCTION stoa.quote_cart(
    p_store uuid, p_cart uuid, p_revision bigint, p_quote json, p_line uuid[], p_seen bigint[]
) RETURNS TABLE (kept boolean)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
BEGIN
    PERFORM stoa.enter_store(p_store);
    UPDATE carts c SET quote_id = (p_quote ->> 'id')::uuid
     WHERE c.store_id = p_store AND c.id = p_cart AND c.revision = p_revision AND c.state = 'open';
    kept := FOUND;
    IF kept THEN
        DELETE FROM quotes q WHERE q.store_id = p_store AND q.cart_id = p_cart;
        INSERT INTO quotes SELECT q.* FROM json_populate_record(NULL::quotes, p_quote) q
        ON CONFLICT (store_id, id) DO NOTHING;
    END IF;
    IF kept AND cardinality(p_line) > 0 THEN
        UPDATE cart_lines l SET seen_unit_price = s.seen
          FROM unnest(p_line, p_seen) AS s(line, seen)
         WHERE l.store_id = p_store AND l.id = s.line;
    END IF;
    RETURN NEXT;
END
$$;
GRANT EXECUTE ON FUNCTION stoa.quote_cart TO stoa_server;

-- Change the lines of a cart, if it is still open and as it was looked at (`p_revision`, and what it holds); whether that was
-- so. If not, nothing is changed. The quote it had no longer stands. Lines to put in or to change are parallel arrays.
CREATE OR REPLACE FUNCTION stoa.change_cart(
    p_store uuid, p_cart uuid, p_revision bigint, p_reservation uuid, p_removed uuid[],
    p_line uuid[], p_position bigint[], p_variant uuid[], p_quantity bigint[], p_seen bigint[],
    p_override bigint[], p_reason text[], p_by text[]
) RETURNS TABLE (changed boolean)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
BEGIN
    PERFORM stoa.enter_store(p_store);
    UPDATE carts c SET quote_id = NULL, revision = c.revision + 1
     WHERE c.store_id = p_store AND c.id = p_cart AND c.revision = p_revision AND c.state = 'open'
       AND c.reservation_id IS NOT DISTINCT FROM p_reservation;
    changed := FOUND;
    IF changed AND cardinality(p_removed) > 0 THEN
        DELETE FROM cart_lines l WHERE l.store_id = p_store AND l.id = ANY (p_removed);
    END IF;
    IF changed AND cardinality(p_line) > 0 THEN
        INSERT INTO cart_lines (store_id, id, cart_id, position, variant_id, quantity, seen_unit_price,
                                override_amount, override_reason, override_by)
        SELECT p_store, l.id, p_cart, l.position, l.variant, l.quantity, l.seen, l.override, l.reason, l.by
          FROM unnest(p_line, p_position, p_variant, p_quantity, p_seen, p_override, p_reason, p_by)
               AS l(id, position, variant, quantity, seen, override, reason, by)
        ON CONFLICT (store_id, id) DO UPDATE
           SET quantity = excluded.quantity, seen_unit_price = excluded.seen_unit_price;
    END IF;
    RETURN NEXT;
END
$$;
GRANT EXECUTE ON FUNCTION stoa.change_cart TO stoa_server;

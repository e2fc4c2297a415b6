-- Say who a cart is for. `p_contact` holds every column of the contact's new row, `id` among them; it takes the place of the
-- one the cart had, which is nobody's but its own. The quote the cart had no longer stands.
-- The answer is `set`, with what the cart holds, or why it is refused: `cart_not_found`, `completed`, or `not_served` with where the store sends to.
CREATE OR REPLACE FUNCTION stoa.set_cart_contact(
    p_store uuid, p_cart uuid, p_token bytea, p_customer uuid, p_staff boolean, p_at timestamptz, p_contact json
) RETURNS TABLE (answer text, served text[], reservation_id uuid)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
    v_cart carts;
BEGIN
    PERFORM stoa.enter_store(p_store);
    SELECT * INTO v_cart FROM carts c WHERE c.store_id = p_store AND c.id = p_cart FOR UPDATE;
    SELECT s.ships_to INTO served FROM store_settings s WHERE s.store_id = p_store;
    IF v_cart.id IS NULL OR NOT (p_staff OR coalesce(v_cart.token_hash = p_token, false)
                                         OR coalesce(v_cart.customer_id = p_customer, false))
       OR (v_cart.state = 'open' AND v_cart.expires_at <= p_at) THEN
        answer := 'cart_not_found';
    ELSIF v_cart.state <> 'open' THEN
        answer := 'completed';
    ELSIF p_contact ->> 'country' <> '' AND cardinality(served) > 0 AND p_contact ->> 'country' <> ALL (served) THEN
        answer := 'not_served';
    ELSE
        answer := 'set';
        reservation_id := v_cart.reservation_id;
        INSERT INTO order_contacts
        SELECT k.* FROM json_populate_record(NULL::order_contacts, p_contact) k
        ON CONFLICT (store_id, id) DO NOTHING;
        UPDATE carts c SET quote_id = NULL, revision = c.revision + 1, contact_id = (p_contact ->> 'id')::uuid
         WHERE c.store_id = p_store AND c.id = p_cart;
        IF v_cart.contact_id IS NOT NULL THEN
            DELETE FROM order_contacts k WHERE k.store_id = p_store AND k.id = v_cart.contact_id;
        END IF;
    END IF;
    RETURN NEXT;
END
$$;
GRANT EXECUTE ON FUNCTION stoa.set_cart_contact TO stoa_server;

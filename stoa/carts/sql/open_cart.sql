-- Begin a cart in the store's currency, which is the answer.
CREATE OR REPLACE FUNCTION stoa.open_cart(
    p_store uuid, p_cart uuid, p_token bytea, p_customer uuid, p_source text, p_reference text,
    p_at timestamptz, p_expires_at timestamptz
) RETURNS TABLE (currency text)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
#variable_conflict use_column
BEGIN
    PERFORM stoa.enter_store(p_store);
    RETURN QUERY
        INSERT INTO carts (store_id, id, token_hash, customer_id, currency, state, source, reference, created_at, expires_at)
        SELECT p_store, p_cart, p_token, p_customer, s.currency, 'open', p_source, p_reference, p_at, p_expires_at
          FROM store_settings s WHERE s.store_id = p_store
        RETURNING currency;
END
$$;
GRANT EXECUTE ON FUNCTION stoa.open_cart TO stoa_server;

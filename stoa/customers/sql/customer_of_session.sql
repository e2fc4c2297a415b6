-- Whose session this is, by the SHA-256 of its token; no row once it ended or ran out.
CREATE OR REPLACE FUNCTION stoa.customer_of_session(p_store uuid, p_token bytea, p_at timestamptz)
RETURNS TABLE (customer_id uuid)
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
        SELECT c.id
          FROM customer_sessions s
          JOIN customers c ON c.store_id = p_store AND c.id = s.customer_id AND c.deleted_at IS NULL
         WHERE s.store_id = p_store AND s.token_hash = p_token AND s.revoked_at IS NULL AND s.expires_at > p_at;
END
$$;
GRANT EXECUTE ON FUNCTION stoa.customer_of_session TO stoa_server;

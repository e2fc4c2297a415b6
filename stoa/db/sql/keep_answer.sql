-- Keep the answer under the key that this transaction took.
CREATE OR REPLACE FUNCTION stoa.keep_answer(
    p_store uuid, p_owner text, p_route text, p_key text, p_status bigint, p_answer text
) RETURNS void
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
BEGIN
    PERFORM stoa.enter_store(p_store);
    UPDATE idempotency_keys k SET status = p_status, answer = p_answer::jsonb
     WHERE k.store_id = p_store AND k.owner = p_owner AND k.route = p_route AND k.key = p_key;
END
$$;
GRANT EXECUTE ON FUNCTION stoa.keep_answer TO stoa_server;

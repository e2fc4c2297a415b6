-- Take an idempotency key for this transaction. If it is taken already, the answer that stands under it; while another
-- transaction is at work under it, its end is waited for, as long as for any lock.
CREATE OR REPLACE FUNCTION stoa.claim_key(p_store uuid, p_id uuid, p_owner text, p_route text, p_key text, p_request bytea)
RETURNS TABLE (taken boolean, request_hash bytea, status bigint, answer text)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
#variable_conflict use_column
BEGIN
    PERFORM stoa.enter_store(p_store);
    INSERT INTO idempotency_keys (store_id, id, owner, route, key, request_hash, status, answer)
    VALUES (p_store, p_id, p_owner, p_route, p_key, p_request, 0, '{}')
    ON CONFLICT DO NOTHING;
    taken := FOUND;
    IF NOT taken THEN
        SELECT k.request_hash, k.status, k.answer::text INTO request_hash, status, answer
          FROM idempotency_keys k
         WHERE k.store_id = p_store AND k.owner = p_owner AND k.route = p_route AND k.key = p_key;
    END IF;
    RETURN NEXT;
END
$$;
GRANT EXECUTE ON FUNCTION stoa.claim_key TO stoa_server;

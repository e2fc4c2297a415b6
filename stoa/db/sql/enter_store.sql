-- Enter a store: from here to the end of the transaction, row security shows this store and no other.
-- SET LOCAL by EXECUTE, since a bare set_config() of the application does not reach the workers of a cluster.
CREATE OR REPLACE FUNCTION stoa.enter_store(p_store uuid) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('SET LOCAL stoa.store_id = %L', p_store);
END
$$;
GRANT EXECUTE ON FUNCTION stoa.enter_store(uuid) TO stoa_server, stoa_reader;

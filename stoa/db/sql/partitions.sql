-- Tables partitioned by ranges of id (a UUIDv7 begins with its milliseconds): a DEFAULT partition for what lies outside,
-- and one a month for this month and the two after it. Run by every migration and by a daily job; safe to repeat.
CREATE OR REPLACE FUNCTION stoa.first_id(p_at timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN rpad(lpad(to_hex((extract(epoch FROM p_at) * 1000)::bigint), 12, '0'), 32, '0')::uuid;

CREATE OR REPLACE FUNCTION stoa.ensure_partitions(p_now timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_table regclass;
    v_month timestamptz;
    v_name text;
BEGIN
    FOR v_table IN SELECT partrelid::regclass FROM pg_partitioned_table
        WHERE partrelid::regclass::text !~ '\.' ORDER BY partrelid::regclass::text
    LOOP
        v_name := v_table || '_default';
        IF to_regclass(v_name) IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF %s DEFAULT', v_name, v_table);
        END IF;
        FOR v_month IN SELECT generate_series(
            date_trunc('month', p_now, 'UTC'), date_trunc('month', p_now, 'UTC') + interval '2 months', interval '1 month', 'UTC')
        LOOP
            v_name := v_table || to_char(v_month AT TIME ZONE 'UTC', '"_"YYYY"_"MM');
            IF to_regclass(v_name) IS NULL THEN
                EXECUTE format('CREATE TABLE %I PARTITION OF %s FOR VALUES FROM (%L) TO (%L)',
                    v_name, v_table, stoa.first_id(v_month), stoa.first_id(v_month + interval '1 month'));
            END IF;
        END LOOP;
    END LOOP;
    PERFORM stoa.assume_statistics();
END
$$;
REVOKE ALL ON FUNCTION stoa.ensure_partitions(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION stoa.ensure_partitions(timestamptz) TO stoa_server;

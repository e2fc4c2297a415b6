-- Until a table has been analysed the planner knows nothing of it, and takes any index that begins with the store for
-- as good as the key: every look-up and every foreign key then reads all rows of the store, which a shop that is being
-- filled feels a hundredfold. So tables begin with the one statistic that matters: one value of store_id, all rows
-- alike. The first ANALYZE replaces it. Run by `ensure_partitions`, that is by every migration and once a day.
CREATE OR REPLACE FUNCTION stoa.assume_statistics() RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_table record;
BEGIN
    FOR v_table IN
        SELECT c.relname::text AS name FROM pg_class c
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'store_id' AND NOT a.attisdropped
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.reltuples < 0
    LOOP
        PERFORM pg_restore_attribute_stats(
            'schemaname', 'public', 'relname', v_table.name, 'attname', 'store_id', 'inherited', false,
            'null_frac', 0::real, 'avg_width', 16, 'n_distinct', 1::real);
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION stoa.assume_statistics() FROM PUBLIC;

"""Queries over the catalog that must return no row: a store sees only itself."""

LAWS = {
    "every table of a store is shut to others": """
        SELECT c.relname AS table_name
        FROM pg_class c
        JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p'
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'store_id' AND a.attnum = ANY (k.conkey)
        WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
            AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (
                SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'this_store'))
    """,
    "no role of ours stands above row security": """
        SELECT rolname FROM pg_roles
        WHERE rolname IN ('stoa_owner', 'stoa_server', 'stoa_reader') AND (rolsuper OR rolbypassrls)
    """,
}

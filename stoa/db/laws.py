"""Queries over the catalog that must return no row: a store sees only itself, and history cannot be edited."""

# The tables of what happened. (Not taken from the models: this has to be true of a database, whatever they say.)
APPENDED = (
    "stock_movements", "reservation_items", "budget_entries", "order_lines", "order_history", "cancellations",
    "cancellation_lines", "refunds",
)  # fmt: skip

_APPENDED = ", ".join(f"'{name}'" for name in APPENDED)

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
    "no partition opens by itself, past the shut table it is part of": """
        SELECT c.relname AS table_name, role.rolname
        FROM pg_class c
        CROSS JOIN pg_roles role
        WHERE c.relispartition AND c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
            AND role.rolname IN ('stoa_server', 'stoa_reader')
            AND has_table_privilege(role.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
    """,
    "a view shows what whoever looks at it may see": """
        SELECT c.relname AS table_name
        FROM pg_class c
        WHERE c.relkind IN ('v', 'm') AND c.relnamespace = 'public'::regnamespace
            AND NOT coalesce(c.reloptions @> '{security_invoker=true}', false)
    """,
    "what is only appended cannot be changed or deleted": f"""
        SELECT c.relname AS table_name, role.rolname
        FROM pg_class c
        CROSS JOIN pg_roles role
        WHERE c.relnamespace = 'public'::regnamespace AND c.relname IN ({_APPENDED})
            AND role.rolname IN ('stoa_server', 'stoa_reader')
            AND has_table_privilege(role.oid, c.oid, 'UPDATE, DELETE, TRUNCATE')
    """,  # noqa: S608 - our own names
}

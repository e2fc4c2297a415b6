"""The database rules that the catalog shows, each as a query for what offends against it, and an offence that it sees.

`tables` are ours: of the schema `public`, partitions and Alembic's own table left out; a table is a store's unless its
model says that it is global. The numbers are those of the database rules in the design.
"""

from dataclasses import dataclass

_TABLES = """
    WITH tables AS (
        SELECT c.oid, c.relname::text AS name, c.relkind AS kind, c.relname = ANY ($1::text[]) AS is_global,
            c.relrowsecurity AS shut, c.relforcerowsecurity AS forced, c.relowner AS owner
        FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND c.relname <> 'alembic_version'
    ), columns AS (
        SELECT t.*, a.attname::text AS column, a.attnum AS number, a.atttypid AS type, a.attidentity AS identity
        FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    ), foreign_keys AS (
        SELECT t.*, k.conname::text AS constraint, other.name AS target, other.is_global AS target_is_global,
            k.confdeltype AS on_delete, k.confupdtype AS on_update,
            ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS n (number, i)
                    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = n.number ORDER BY i) AS mine,
            ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS n (number, i)
                    JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = n.number ORDER BY i) AS theirs
        FROM tables t
        JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype = 'f'
        JOIN tables other ON other.oid = k.confrelid
    ), indexes AS (
        SELECT t.*, i.indexrelid::regclass::text AS index, i.indisprimary AS is_key,
            i.indisunique OR i.indisexclusion AS is_unique,
            ARRAY(SELECT coalesce(a.attname::text, '(expression)') FROM unnest(i.indkey[0:i.indnkeyatts - 1])
                    WITH ORDINALITY AS n (number, at)
                    LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = n.number AND n.number > 0
                    ORDER BY at) AS over
        FROM tables t JOIN pg_index i ON i.indrelid = t.oid
    )
"""


@dataclass(frozen=True)
class Rule:
    """What holds of the catalog, the query for what offends, and SQL that offends."""

    number: int
    says: str
    offending: str
    offence: str

    @property
    def query(self) -> str:
        """Takes the names of the global tables as $1."""
        return _TABLES + self.offending

    def __str__(self) -> str:
        return f"{self.number} {self.says}"


_CREATE = "CREATE TABLE offending (store_id uuid NOT NULL, id uuid NOT NULL, {}PRIMARY KEY (store_id, id))"

RULES = [
    Rule(
        1,
        "the key of a store's table is (store_id, id)",
        """
        SELECT name FROM tables t WHERE NOT is_global AND NOT EXISTS (
            SELECT FROM indexes i WHERE i.oid = t.oid AND i.is_key AND i.over = '{store_id,id}')
        """,
        "CREATE TABLE offending (store_id uuid NOT NULL, id uuid PRIMARY KEY)",
    ),
    Rule(
        1,
        "what is unique in a store's table begins with the store",
        "SELECT name, index FROM indexes WHERE NOT is_global AND is_unique AND over[1] <> 'store_id'",
        "CREATE UNIQUE INDEX offending ON orders (number) WHERE reference = 'of nobody'",
    ),
    Rule(
        1,
        "a foreign key of a store's table is (store_id, x_id) to (store_id, id)",
        """
        SELECT name, "constraint" FROM foreign_keys
        WHERE NOT is_global AND (cardinality(mine) <> 2 OR mine[1] <> 'store_id' OR theirs <> '{store_id,id}')
        """,
        "ALTER TABLE carts ADD CONSTRAINT offending FOREIGN KEY (id, store_id) REFERENCES orders (id, store_id)"
        " NOT VALID",
    ),
    Rule(
        1,
        "an index of a store's table begins with the store",
        "SELECT name, index FROM indexes WHERE NOT is_global AND over[1] <> 'store_id'",
        "CREATE INDEX offending ON orders (placed_at)",
    ),
    Rule(
        2,
        "what is pointed at is kept or takes its followers along; nothing is set null, nothing is updated",
        """
        SELECT name, "constraint" FROM foreign_keys
        WHERE on_update <> 'a' OR on_delete IN ('n', 'd') OR (NOT is_global AND on_delete NOT IN ('r', 'c'))
        """,
        "ALTER TABLE carts ADD CONSTRAINT offending FOREIGN KEY (store_id, quote_id) REFERENCES quotes (store_id, id)"
        " ON DELETE SET NULL (quote_id)",
    ),
    Rule(
        3,
        "a global table points at global tables alone",
        'SELECT name, "constraint" FROM foreign_keys WHERE is_global AND NOT target_is_global',
        "ALTER TABLE stores ADD CONSTRAINT offending FOREIGN KEY (id, id) REFERENCES orders (store_id, id) NOT VALID",
    ),
    Rule(
        4,
        "columns are of the few types we use: no int, no float, no numeric, no varchar, no timestamp without a zone",
        """
        SELECT name, "column", format_type(type, NULL) FROM columns
        WHERE format_type(type, NULL) NOT IN (
            'uuid', 'text', 'bigint', 'boolean', 'bytea', 'timestamp with time zone', 'jsonb', 'text[]', 'bigint[]',
            'uuid[]', 'date', 'tsvector', 'vector')
        """,
        _CREATE.format("price float8, "),
    ),
    Rule(
        5,
        'text in an index is COLLATE "C"',
        """
        SELECT i.name, i.index, a.attname::text FROM indexes i
        JOIN pg_index x ON x.indexrelid = i.index::regclass
        CROSS JOIN LATERAL unnest(x.indcollation::oid[], x.indkey::int2[]) WITH ORDINALITY AS n (sorted_by, number, at)
        LEFT JOIN pg_attribute a ON a.attrelid = i.oid AND a.attnum = n.number
        WHERE n.sorted_by <> 0 AND n.sorted_by <> '"C"'::regcollation
        """,
        "CREATE INDEX offending ON customers (store_id, name)",
    ),
    Rule(
        6,
        "row security is enabled and forced on every store's table",
        "SELECT name FROM tables WHERE NOT is_global AND NOT (shut AND forced)",
        "ALTER TABLE orders NO FORCE ROW LEVEL SECURITY",
    ),
    Rule(
        6,
        "a store's table has its two policies, word for word",
        """
        SELECT p.tablename::text AS name, p.policyname::text FROM pg_policies p
        CROSS JOIN LATERAL (SELECT p.policyname || ' is ' || p.permissive || p.roles::text || p.cmd) AS k (kind)
        WHERE p.schemaname = 'public'
            AND (k.kind, p.qual, p.with_check) IS DISTINCT FROM
                ('this_store is PERMISSIVE{stoa_owner,stoa_server}ALL',
                    '(store_id = (current_setting(''stoa.store_id''::text))::uuid)',
                    '(store_id = (current_setting(''stoa.store_id''::text))::uuid)')
            AND (k.kind, p.qual, p.with_check) IS DISTINCT FROM
                ('all_stores is PERMISSIVE{stoa_reader}SELECT', 'true', NULL)
        UNION ALL
        SELECT name, 'has others than two' FROM tables t
        WHERE CASE WHEN is_global THEN 0 ELSE 2 END <> (SELECT count(*) FROM pg_policy p WHERE p.polrelid = t.oid)
        """,
        "CREATE POLICY offending ON orders TO stoa_server USING (true)",
    ),
    Rule(
        6,
        "nobody has rights on a partition: it has no policies of its own",
        """
        SELECT c.relname::text, acl.grantee::regrole::text, acl.privilege_type FROM pg_class c
        CROSS JOIN LATERAL aclexplode(c.relacl) acl
        WHERE c.relispartition AND c.relkind = 'r' AND acl.grantee <> c.relowner
        """,
        "GRANT SELECT ON events_default TO stoa_server",
    ),
    Rule(
        6,
        "nobody but the owner makes anything in our schemas",
        """
        SELECT n.nspname::text, r.rolname::text FROM pg_namespace n
        CROSS JOIN (VALUES ('stoa_server'), ('stoa_reader'), ('public')) AS r (rolname)
        WHERE n.nspname IN ('public', 'stoa', 'jobs') AND has_schema_privilege(r.rolname, n.oid, 'CREATE')
        """,
        "GRANT CREATE ON SCHEMA public TO stoa_server",
    ),
    Rule(
        6,
        "a view shows what its reader may see",
        """
        SELECT c.relname::text FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'v'
            AND NOT coalesce('security_invoker=true' = ANY (c.reloptions), false)
        """,
        "CREATE VIEW offending AS SELECT * FROM orders",
    ),
    Rule(
        6,
        "no view is materialized",
        "SELECT relname::text FROM pg_class WHERE relkind = 'm'",
        "CREATE MATERIALIZED VIEW offending AS SELECT 1",
    ),
    Rule(
        6,
        "no role of ours is a superuser, passes row security, or makes roles or databases",
        """
        SELECT rolname::text FROM pg_roles WHERE rolname IN ('stoa_owner', 'stoa_server', 'stoa_reader')
            AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)
        """,
        "ALTER ROLE stoa_server BYPASSRLS",
    ),
    Rule(
        6,
        "the server and the reader are members of nothing of ours, and the owner does not read as the reader unasked",
        """
        SELECT a.rolname::text, b.rolname::text FROM pg_roles a, pg_roles b
        WHERE a.rolname IN ('stoa_owner', 'stoa_server', 'stoa_reader') AND a.rolname <> b.rolname
            AND b.rolname ~ '^stoa_' AND pg_has_role(a.oid, b.oid, 'USAGE')
            OR a.rolname IN ('stoa_server', 'stoa_reader') AND a.rolname <> b.rolname
            AND pg_has_role(a.oid, b.oid, 'MEMBER')
        """,
        "GRANT stoa_owner TO stoa_server",
    ),
    Rule(
        6,
        "every table belongs to the owner",
        "SELECT name FROM tables WHERE owner <> 'stoa_owner'::regrole",
        "ALTER TABLE orders OWNER TO stoa_server",
    ),
    Rule(
        8,
        "what runs with its owner's rights is the owner's or the reader's, has a search_path, and is not everybody's",
        """
        SELECT p.oid::regprocedure::text FROM pg_proc p
        WHERE p.prosecdef AND p.pronamespace IN ('public'::regnamespace, 'stoa'::regnamespace)
            AND (p.proowner NOT IN ('stoa_owner'::regrole, 'stoa_reader'::regrole)
                OR NOT EXISTS (SELECT FROM unnest(p.proconfig) AS c (setting) WHERE setting LIKE 'search_path=%pg_temp')
                OR has_function_privilege('public', p.oid, 'EXECUTE'))
        """,
        "CREATE FUNCTION stoa.offending() RETURNS int LANGUAGE sql SECURITY DEFINER RETURN 1",
    ),
    Rule(
        8,
        "a look-up with the reader's rights asks for its store first",
        """
        SELECT p.oid::regprocedure::text FROM pg_proc p
        WHERE p.prosecdef AND p.proowner = 'stoa_reader'::regrole AND NOT (p.proargtypes[0] = 'uuid'::regtype
            AND p.proargnames[1] = 'p_store'
            AND pg_get_functiondef(p.oid) LIKE '%p_store = current_setting(''stoa.store_id'')::uuid%')
        """,
        "CREATE FUNCTION stoa.offending(p_store uuid) RETURNS bigint LANGUAGE sql SECURITY DEFINER"
        " AS 'SELECT count(*) FROM orders'; ALTER FUNCTION stoa.offending OWNER TO stoa_reader",
    ),
    Rule(
        18,
        "triggers are by row, without transition tables, and never on a global table",
        """
        SELECT t.name, g.tgname::text FROM tables t JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal
        WHERE t.is_global OR g.tgtype & 1 = 0 OR g.tgoldtable IS NOT NULL OR g.tgnewtable IS NOT NULL
        """,
        "CREATE TRIGGER offending AFTER INSERT ON orders EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    ),
    Rule(
        22,
        "no column is an identity, and nothing counts in our schema",
        """
        SELECT name, "column" FROM columns WHERE identity <> ''
        UNION ALL
        SELECT relname::text, 'sequence' FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace
        """,
        "CREATE TABLE offending (store_id uuid, id bigint GENERATED ALWAYS AS IDENTITY)",
    ),
    Rule(
        23,
        "what is partitioned is so by ranges of id, has a DEFAULT, and nothing unique but its key",
        """
        SELECT t.name FROM tables t JOIN pg_partitioned_table p ON p.partrelid = t.oid
        WHERE p.partstrat <> 'r' OR p.partdefid = 0 OR ARRAY['id'] <> ARRAY(
                SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum = ANY (p.partattrs))
            OR EXISTS (SELECT FROM indexes i WHERE i.oid = t.oid AND i.is_unique AND NOT i.is_key)
        """,
        "DROP TABLE order_history_default",
    ),
]

"""Who may see and do what, in the database: rights of the three roles, and the row policies of every table."""

from stoa.db.models import Global, Model, StoreOwned

# Compared with the setting and nothing else: no subquery, so the planner sees a plain key lookup (rule 7).
_THIS_STORE = "store_id = current_setting('stoa.store_id')::uuid"


def statements() -> list[str]:
    """SQL that gives every table its rights and policies; safe to repeat."""
    sql = [
        "GRANT USAGE ON SCHEMA public, stoa TO stoa_server, stoa_reader",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    ]
    for model in sorted((mapper.class_ for mapper in Model.registry.mappers), key=lambda cls: str(cls.__tablename__)):
        if issubclass(model, StoreOwned):
            sql += _store_owned(str(model.__tablename__), model.granted)
        else:
            assert issubclass(model, Global), f"{model.__name__} is neither global nor a store's"
            sql += _global(str(model.__tablename__))
    return sql


def _global(table: str) -> list[str]:
    return [
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO stoa_server",
        f"GRANT SELECT ON {table} TO stoa_reader",
    ]


def _store_owned(table: str, granted: str) -> list[str]:
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"DROP POLICY IF EXISTS this_store ON {table}",
        (
            f"CREATE POLICY this_store ON {table} TO stoa_owner, stoa_server"
            f" USING ({_THIS_STORE}) WITH CHECK ({_THIS_STORE})"
        ),
        f"DROP POLICY IF EXISTS all_stores ON {table}",
        f"CREATE POLICY all_stores ON {table} FOR SELECT TO stoa_reader USING (true)",
        f"REVOKE ALL ON {table} FROM stoa_server, stoa_reader",
        f"GRANT {granted} ON {table} TO stoa_server",
        f"GRANT SELECT ON {table} TO stoa_reader",
    ]

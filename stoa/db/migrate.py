"""Bring a database to what this release expects: tables by Alembic, then what is re-applied when its text changes.

However many servers start at once, one migrates and the others wait for it.
"""

import hashlib
import re
import tokenize
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext, MigrationInfo
from alembic.script import Script
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

import stoa.db.tables
from stoa.db import policies
from stoa.kernel.refusals import Conflict

_HOUSE = Path(stoa.__file__).parent
_MIGRATIONS = _HOUSE.parent / "migrations"

# Any number will do, as long as every release uses the same.
_MIGRATION_LOCK = 5700612

# What a migrating connection needs on a cluster (rule 24); a plain PostgreSQL takes the names it does not know.
_SETTINGS = (
    "-c lock_timeout=10s -c citus.enable_local_reference_table_foreign_keys=off"
    " -c citus.multi_shard_modify_mode=sequential -c citus.enable_unsafe_triggers=on"
)


class TablesOfAnother(Conflict):
    """The database was migrated by a text of a migration that is not ours: ours would not bring it any further."""

    code = "database.tables_of_another"
    says = (
        "The tables of this database were made by another version of {migration} than is here, one that was never"
        " released. Begin with a new data directory or an empty database, or go back to the version that made it."
    )

    migration: str


def migrate(owner_url: str) -> None:
    """Migrate to the newest schema. Safe to run at any time and from many processes at once.

    Raises TablesOfAnother.
    """
    engine = create_engine(
        make_url(owner_url).set(drivername="postgresql+psycopg"),
        poolclass=NullPool,
        connect_args={"options": _SETTINGS},
    )
    with engine.connect() as lock:
        lock.execute(text("SET lock_timeout = 0"))
        lock.execute(text(f"SELECT pg_advisory_lock({_MIGRATION_LOCK})"))
        with engine.connect() as connection:
            _check_past(connection)
            _upgrade_tables(connection)
            _apply_texts(connection)
            connection.execute(text("SELECT stoa.ensure_partitions(:now)"), {"now": datetime.now(UTC)})
            connection.commit()


def _check_past(connection: Connection) -> None:
    """What was applied is what lies here. A migration that was released never changes, so this holds ever after."""
    applied = _applied(connection)
    is_new = connection.execute(text("SELECT to_regclass('alembic_version')")).scalar_one() is None
    connection.commit()  # so that each migration is a transaction of its own
    is_noted = is_new or any(name.startswith("migrations/") for name in applied)
    for name, checksum in _migrations():
        if applied.get(name, checksum) != checksum or not is_noted:
            raise TablesOfAnother(migration=name)


def _migrations() -> Iterator[tuple[str, str]]:
    """Name and checksum of each migration; comments and line breaks do not count."""
    for path in sorted(_MIGRATIONS.glob("versions/*.py")):
        with path.open("rb") as file:
            words = [word.string for word in tokenize.tokenize(file.readline) if word.type not in _NO_WORDS]
        yield f"migrations/{path.name}", hashlib.sha256("\n".join(words).encode()).hexdigest()


_NO_WORDS = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING)


def _note(*, ctx: MigrationContext, step: MigrationInfo, **_: Any) -> None:
    """Write down, in the transaction that applies a migration, which text of it that was."""
    assert ctx.connection is not None, "we migrate a database, not a script"
    assert isinstance(step.up_revision, Script), "each step upwards is one of our files"
    name = f"migrations/{Path(step.up_revision.path).name}"
    values = {"name": name, "checksum": dict(_migrations())[name]}
    ctx.connection.execute(text("INSERT INTO stoa.applied_texts VALUES (:name, :checksum)"), values)


def _upgrade_tables(connection: Connection) -> None:
    config = AlembicConfig()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["on_version_apply"] = _note
    command.upgrade(config, "head")
    connection.commit()


def _applied(connection: Connection) -> dict[str, str]:
    """Checksums of what was applied last, by name."""
    connection.execute(
        text("CREATE TABLE IF NOT EXISTS stoa.applied_texts (name text PRIMARY KEY, checksum text NOT NULL)")
    )
    return {row.name: row.checksum for row in connection.execute(text("SELECT * FROM stoa.applied_texts"))}


def _apply_texts(connection: Connection) -> None:
    """Apply, in one transaction, every text whose checksum differs from the one applied last."""
    applied = _applied(connection)
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    for name, sql in _texts():
        checksum = hashlib.sha256(sql.encode()).hexdigest()
        if applied.get(name) == checksum:
            continue
        _apply(driver, sql)
        driver.execute(
            "INSERT INTO stoa.applied_texts VALUES (%s, %s)"
            " ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum",
            (name, checksum),
        )
    connection.commit()


def _apply(driver: "psycopg.Connection[Any]", sql: str) -> None:
    """Functions are replaced, so that whoever runs them meanwhile goes on. One whose arguments or answer are named anew
    cannot be: it is dropped first, and there again when this transaction ends."""
    try:
        with driver.transaction():
            driver.execute(sql.encode())
    except psycopg.errors.InvalidFunctionDefinition:
        named = driver.execute(_FUNCTIONS_NAMED, (_FUNCTION.findall(sql),)).fetchall()
        for (function,) in named:
            driver.execute(f"DROP FUNCTION {function}".encode())
        driver.execute(sql.encode())


_FUNCTION = re.compile(r"CREATE OR REPLACE FUNCTION stoa\.(\w+)")
_FUNCTIONS_NAMED = (
    "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'stoa'::regnamespace AND proname = ANY (%s)"
)


def _texts() -> Iterator[tuple[str, str]]:
    """Name and SQL of everything re-applied on change: the job tables' schema, policies, then the `.sql` files."""
    yield "jobs", _job_schema()
    yield "policies", ";\n".join(policies.statements())
    for path in sorted(_HOUSE.glob("*/sql/*.sql"), key=lambda path: (path.parts[-3] != "db", path)):
        yield str(path.relative_to(_HOUSE)), path.read_text()


def _job_schema() -> str:
    """Procrastinate's tables in their own schema, and the server's right to use them."""
    return f"""
        SET LOCAL search_path = jobs;
        DO $do$ BEGIN
            IF to_regclass('jobs.procrastinate_jobs') IS NULL THEN
                EXECUTE $schema$ {SchemaManager.get_schema()} $schema$;
            END IF;
        END $do$;
        GRANT USAGE ON SCHEMA jobs TO stoa_server;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA jobs TO stoa_server;
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA jobs TO stoa_server;
        SET LOCAL search_path = public;
    """

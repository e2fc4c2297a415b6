"""The database and its roles, made once by an administrator: by the command, or by hand with the SQL it prints.

Three roles, none of them a superuser and none past row security: the owner migrates, the server sells, the reader
reads. Everything here may be run again.
"""

import secrets
from collections.abc import Iterator, Mapping
from typing import LiteralString

import psycopg
from psycopg import errors, sql

from stoa.db.server_check import explain_connection
from stoa.db.urls import DATABASE, ROLES, Urls, with_login
from stoa.kernel.refusals import Conflict

# The reader is put at the owner's disposal to give functions to, without the owner reading through its policies.
_ROLES = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
        CREATE ROLE {role};
    END IF;
END $$;
ALTER ROLE {role} LOGIN NOCREATEDB NOCREATEROLE INHERIT PASSWORD {password};
"""

_GRANTS = """
GRANT stoa_owner TO CURRENT_USER;
GRANT stoa_reader TO stoa_owner WITH INHERIT FALSE, SET TRUE;
"""

_CREATE_DATABASE = "CREATE DATABASE {database} OWNER stoa_owner ENCODING 'UTF8' TEMPLATE template0"

_INSIDE = """
REVOKE ALL ON DATABASE {database} FROM PUBLIC;
GRANT CONNECT ON DATABASE {database} TO stoa_owner, stoa_server, stoa_reader;
GRANT CREATE, TEMPORARY ON DATABASE {database} TO stoa_owner;
GRANT TEMPORARY ON DATABASE {database} TO stoa_server;
ALTER SCHEMA public OWNER TO stoa_owner;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA IF NOT EXISTS stoa AUTHORIZATION stoa_owner;
CREATE SCHEMA IF NOT EXISTS jobs AUTHORIZATION stoa_owner;
GRANT USAGE ON SCHEMA public, stoa TO stoa_server, stoa_reader;
GRANT USAGE ON SCHEMA jobs TO stoa_server;
"""

_EXTENSION = """
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector')
       AND NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'vector') THEN
        CREATE EXTENSION vector;
    END IF;
END $$;
"""


_LOCK = 5700611  # two who prepare one server at once would change the same rows of its catalog


class RoleTooMighty(Conflict):
    """One of the three roles exists and stands above row security, so no store would be shut to it."""

    code = "database.role_too_mighty"
    says = "The role {role} is a superuser or may pass row security: ALTER ROLE {role} NOSUPERUSER NOBYPASSRLS first."

    role: str


class ExtensionNeedsSuperuser(Conflict):
    """Everything else is done; this one step is not the administrator's to take."""

    code = "database.extension_needs_superuser"
    says = (
        "All is ready but the extension vector, which only a superuser may make here: "
        "have one run CREATE EXTENSION vector in the database {database}, then run this again."
    )

    database: str


def new_passwords() -> dict[str, str]:
    """A random password for each role."""
    return {role: secrets.token_urlsafe(24) for role in ROLES}


def urls_for(admin_url: str, passwords: Mapping[str, str], *, database: str = DATABASE) -> Urls:
    """The URLs to run Stoa with, on the administrator's server."""
    owner, server, reader = (
        with_login(admin_url, role=role, password=passwords[role], database=database) for role in ROLES
    )
    return Urls(owner=owner, server=server, reader=reader, admin=admin_url)


def prepare_database(admin_url: str, *, passwords: Mapping[str, str], database: str = DATABASE) -> None:
    """Make the roles with these passwords, the database, its schemas and the extension, whatever is missing of them."""
    with explain_connection(admin_url), psycopg.connect(admin_url, autocommit=True, connect_timeout=10) as admin:
        admin.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        _require_plain_roles(admin)
        for statement in _role_statements(passwords):
            admin.execute(statement)
        exists = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        if exists is None:
            admin.execute(_in(database, _CREATE_DATABASE))
        with psycopg.connect(admin_url, dbname=database, autocommit=True, connect_timeout=10) as connection:
            connection.execute(_in(database, _INSIDE))
            try:
                connection.execute(_EXTENSION)
            except errors.InsufficientPrivilege as error:
                raise ExtensionNeedsSuperuser(database=database) from error


def script(passwords: Mapping[str, str]) -> str:
    """The same as SQL for psql, to be run by whoever may: `psql ADMIN_URL -f FILE`."""
    statements = "".join(statement.as_string(None) for statement in _role_statements(passwords))
    create = sql.Literal(_in(DATABASE, _CREATE_DATABASE).as_string(None)).as_string(None)
    guard = f"SELECT {create} WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE}')"  # noqa: S608
    inside = _in(DATABASE, _INSIDE).as_string(None)
    return f"\\set ON_ERROR_STOP on\n{statements}\n{guard}\n\\gexec\n\\connect {DATABASE}\n{inside}{_EXTENSION}"


def _require_plain_roles(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Only a superuser may take these attributes away, and whoever gave them had a reason: so this is only said."""
    mighty = "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND (rolsuper OR rolbypassrls) ORDER BY rolname"
    if found := connection.execute(mighty, [list(ROLES)]).fetchone():
        raise RoleTooMighty(role=str(found[0]))


def _role_statements(passwords: Mapping[str, str]) -> Iterator[sql.Composed | sql.SQL]:
    for role in ROLES:
        yield sql.SQL(_ROLES).format(role=sql.SQL(role), password=sql.Literal(passwords[role]))
    yield sql.SQL(_GRANTS)


def _in(database: str, statements: LiteralString) -> sql.Composed:
    return sql.SQL(statements).format(database=sql.Identifier(database))

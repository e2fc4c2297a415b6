"""Whether a PostgreSQL can be used, before anything is tried with it; if not, why, in a sentence."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict

from stoa.db.urls import without_password
from stoa.kernel.refusals import Invalid, Unavailable

OLDEST = 16


class NotADatabaseUrl(Invalid):
    """The text is no address of a PostgreSQL."""

    code = "database.not_a_url"
    says = "{url} is not the address of a PostgreSQL; one looks like postgresql://role:password@host:5432/stoa"

    url: str


class ServerUnreachable(Unavailable):
    """Nothing answers there."""

    code = "database.unreachable"
    says = "No PostgreSQL answers at {url} ({reason})."

    url: str
    reason: str


class LoginRefused(Unavailable):
    """The server does not let this role in."""

    code = "database.login_refused"
    says = "The PostgreSQL at {url} does not let {role} in ({reason}): check the role and its password."

    url: str
    role: str
    reason: str


class DatabaseMissing(Unavailable):
    """The server is there, the database is not."""

    code = "database.missing"
    says = "The PostgreSQL at {url} has no database {database}: stoa database prepare makes it."

    url: str
    database: str


class ServerTooOld(Unavailable):
    """The server is older than what Stoa is written for."""

    code = "database.too_old"
    says = "The server at {url} is PostgreSQL {found}; Stoa needs {oldest} or later."

    url: str
    found: int
    oldest: int


class NotAllowed(Unavailable):
    """The role lacks a right that the act needs."""

    code = "database.not_allowed"
    says = "The role of {url} may not do this ({reason}): use an administrator's, or have one run the printed SQL."

    url: str
    reason: str


def check_server(url: str) -> int:
    """The server's major version, when it can be used with this URL; refused in a sentence otherwise."""
    with explain_connection(url), psycopg.connect(url, connect_timeout=5) as connection:
        found = connection.info.server_version // 10000
    if found < OLDEST:
        raise ServerTooOld(url=without_password(url), found=found, oldest=OLDEST)
    return found


@contextmanager
def explain_connection(url: str) -> Iterator[None]:
    """Turn what the driver says about this URL into our words."""
    if not url.startswith(("postgresql://", "postgres://")):
        raise NotADatabaseUrl(url=url.partition("://")[0][:40] + ("://..." if "://" in url else ""))
    try:
        shown = without_password(url)
        named = conninfo_to_dict(url)
    except (psycopg.ProgrammingError, ValueError) as error:
        raise NotADatabaseUrl(url=url.partition("@")[2] or "This") from error
    try:
        yield
    except errors.InsufficientPrivilege as error:
        raise NotAllowed(url=shown, reason=_first_line(error)) from error
    except psycopg.OperationalError as error:
        role, database = str(named.get("user", "the role")), str(named.get("dbname", ""))
        raise _refusal(error, shown, role=role, database=database) from error


def _refusal(error: psycopg.OperationalError, url: str, *, role: str, database: str) -> Unavailable:
    """libpq reports a failed connection in words only: the SQLSTATE is not passed on."""
    words = str(error)
    reason = _first_line(error)
    if f'database "{database}" does not exist' in words:
        return DatabaseMissing(url=url, database=database)
    if any(sign in words for sign in ("password", "role", "pg_hba.conf", "authentication", "not permitted to log in")):
        return LoginRefused(url=url, role=role, reason=reason)
    return ServerUnreachable(url=url, reason=reason)


def _first_line(error: Exception) -> str:
    """The driver's own words without the address, which our sentence already names."""
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    for mark in ("FATAL: ", "ERROR: ", "failed: "):
        line = line.rpartition(mark)[2]
    return line.strip().rstrip(".")

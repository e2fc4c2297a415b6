"""Preparing a database: by a superuser, by an administrator who is none, by hand with the printed SQL, and again."""

import subprocess
from collections.abc import Iterator

import psycopg
import pytest

from stoa.db.embedded import EmbeddedPostgres
from stoa.db.prepare import ExtensionNeedsSuperuser, RoleTooMighty, new_passwords, prepare_database, script, urls_for
from stoa.db.server_check import (
    DatabaseMissing,
    LoginRefused,
    NotADatabaseUrl,
    NotAllowed,
    ServerTooOld,
    ServerUnreachable,
    check_server,
)
from stoa.db.urls import ROLES, with_login, without_password
from tests.folders import open_folder


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL that every test of this file empties of Stoa's roles and database first."""
    with open_folder() as folder, EmbeddedPostgres(folder / "data", small=True) as server:
        yield server


@pytest.fixture
def admin_url(server: EmbeddedPostgres) -> str:
    """A superuser's URL on a server that has never heard of Stoa."""
    assert server.urls.admin is not None
    with psycopg.connect(server.urls.admin, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS stoa WITH (FORCE)")
        for role in (*ROLES, "clerk"):
            admin.execute(f"DROP ROLE IF EXISTS {role}".encode())
    return server.urls.admin


def one(url: str, question: str) -> object:
    """The first value of the answer."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row[0] if row else None


def run(url: str, command: str) -> None:
    """A statement without an answer."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(command.encode())


def assert_ready(admin_url: str, passwords: dict[str, str]) -> None:
    """Every role enters, and each may what it should and no more."""
    urls = urls_for(admin_url, passwords)
    for url in (urls.owner, urls.server, urls.reader):
        assert (
            one(url, "SELECT rolsuper OR rolbypassrls OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
            is False
        )

    for schema in ("public", "stoa", "jobs"):
        run(urls.owner, f"CREATE TABLE {schema}.tried (a int); DROP TABLE {schema}.tried")
        for url in (urls.server, urls.reader):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                run(url, f"CREATE TABLE {schema}.tried (a int)")

    assert one(urls.server, "SELECT extname FROM pg_extension WHERE extname = 'vector'") == "vector"
    assert one(urls.server, "SELECT '[1,2]'::vector") == "[1,2]"


def test_a_superuser_prepares_a_server(admin_url):
    passwords = new_passwords()
    prepare_database(admin_url, passwords=passwords)
    assert_ready(admin_url, passwords)


def test_prepared_again_it_keeps_the_data_and_takes_the_new_passwords(admin_url):
    old, new = new_passwords(), new_passwords()
    prepare_database(admin_url, passwords=old)
    run(urls_for(admin_url, old).owner, "CREATE TABLE kept AS SELECT 42 AS answer")

    prepare_database(admin_url, passwords=new)

    assert one(urls_for(admin_url, new).owner, "SELECT answer FROM kept") == 42
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        one(urls_for(admin_url, old).owner, "SELECT 1")
    assert_ready(admin_url, new)


def test_an_administrator_who_is_no_superuser_can_do_all_but_the_extension(admin_url):
    run(admin_url, "CREATE ROLE clerk LOGIN CREATEROLE CREATEDB PASSWORD 'clerk'")
    clerk_url = with_login(admin_url, role="clerk", password="clerk", database="postgres")
    passwords = new_passwords()

    with pytest.raises(ExtensionNeedsSuperuser):
        prepare_database(clerk_url, passwords=passwords)
    run(admin_url.replace("/postgres?", "/stoa?"), "CREATE EXTENSION vector")
    prepare_database(clerk_url, passwords=passwords)

    assert_ready(admin_url, passwords)
    run(admin_url, "DROP DATABASE stoa WITH (FORCE)")
    run(admin_url, f"DROP ROLE {', '.join(ROLES)}")


def test_the_printed_sql_does_the_same_twice_over(admin_url, server):
    passwords = new_passwords()
    for _ in range(2):
        command = [server.bin_path / "psql", "--quiet", "--no-psqlrc", admin_url]
        done = subprocess.run(command, input=script(passwords), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert_ready(admin_url, passwords)


def test_one_server_holds_several_databases_of_ours(admin_url):
    passwords = new_passwords()
    prepare_database(admin_url, passwords=passwords, database="stoa_second")
    second = urls_for(admin_url, passwords, database="stoa_second").server
    assert one(second, "SELECT current_database()") == "stoa_second"
    run(admin_url, "DROP DATABASE stoa_second WITH (FORCE)")


def test_the_owner_gives_functions_to_the_reader_without_reading_as_the_reader(admin_url):
    passwords = new_passwords()
    prepare_database(admin_url, passwords=passwords)
    owner = urls_for(admin_url, passwords).owner
    assert one(owner, "SELECT pg_has_role('stoa_owner', 'stoa_reader', 'SET')") is True
    assert one(owner, "SELECT pg_has_role('stoa_owner', 'stoa_reader', 'USAGE')") is False


def test_a_role_above_row_security_is_refused_and_left_alone(admin_url):
    run(admin_url, "CREATE ROLE stoa_server BYPASSRLS")

    with pytest.raises(RoleTooMighty) as refusal:
        prepare_database(admin_url, passwords=new_passwords())

    assert refusal.value.sentence == (
        "The role stoa_server is a superuser or may pass row security: "
        "ALTER ROLE stoa_server NOSUPERUSER NOBYPASSRLS first."
    )
    assert one(admin_url, "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'stoa%'") == 1


def test_who_may_not_make_roles_is_told_so(admin_url):
    run(admin_url, "CREATE ROLE clerk LOGIN PASSWORD 'clerk'")
    with pytest.raises(NotAllowed, match="permission denied to create role"):
        prepare_database(
            with_login(admin_url, role="clerk", password="clerk", database="postgres"), passwords=new_passwords()
        )
    assert one(admin_url, "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'stoa%'") == 0


def test_a_server_is_checked_in_one_sentence(admin_url, monkeypatch):
    assert check_server(admin_url) == 18

    with pytest.raises(LoginRefused) as refused:
        check_server(with_login(admin_url, role="postgres", password="guess", database="postgres"))
    assert 'does not let postgres in (password authentication failed for user "postgres")' in refused.value.sentence
    assert "guess" not in refused.value.sentence

    with pytest.raises(DatabaseMissing) as missing:
        check_server(admin_url.replace("/postgres?", "/elsewhere?"))
    assert missing.value.sentence.endswith("has no database elsewhere: stoa database prepare makes it.")

    with pytest.raises(ServerUnreachable, match=r"No PostgreSQL answers at postgresql://a@127.0.0.1:1/stoa"):
        check_server("postgresql://a:b@127.0.0.1:1/stoa")

    monkeypatch.setattr("stoa.db.server_check.OLDEST", 99)
    with pytest.raises(ServerTooOld, match="is PostgreSQL 18; Stoa needs 99 or later"):
        check_server(admin_url)


@pytest.mark.parametrize("url", ["nonsense", "mysql://a:secret@b/c", "postgresql://a:secret@[::1/c"])
def test_what_is_no_address_is_refused_without_showing_the_password(url):
    with pytest.raises(NotADatabaseUrl) as refusal:
        check_server(url)
    assert "secret" not in refusal.value.sentence
    assert "postgresql://role:password@host:5432/stoa" in refusal.value.sentence


def test_a_url_is_shown_without_its_password():
    assert without_password("postgresql://a:secret@h:1/d?sslmode=require") == "postgresql://a@h:1/d?sslmode=require"
    assert without_password("postgresql://h/d") == "postgresql://h/d"

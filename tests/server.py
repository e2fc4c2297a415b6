"""The PostgreSQL of the tests."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg
from sqlalchemy.engine import make_url

from stoa.db.embedded import EmbeddedPostgres
from stoa.db.prepare import new_passwords, prepare_database
from stoa.db.urls import DATABASE, OWNER, READER, SERVER, Urls, with_login
from tests.folders import open_folder


@contextmanager
def urls_for_tests(worker: str) -> Iterator[Urls]:
    """A new, empty database with its roles: of the server that STOA_TEST_ADMIN_URL names, else of one started here."""
    given = os.environ.get("STOA_TEST_ADMIN_URL")
    if given:
        with _database_on(given, f"stoa_test_{re.sub('[^a-z0-9]', '', worker)}_{os.getpid()}") as urls:
            yield urls
        return
    with open_folder() as folder, EmbeddedPostgres(folder / "data", small=True) as postgres:
        urls = postgres.urls
        assert urls.admin is not None, "an embedded server tells its superuser's URL"
        yield replace(urls, admin=make_url(urls.admin).set(database=DATABASE).render_as_string(False))


@contextmanager
def _database_on(admin_url: str, name: str) -> Iterator[Urls]:
    """A database of its own on a server that others use too, dropped at the end."""
    passwords = dict.fromkeys(new_passwords(), "a password of the tests")
    prepare_database(admin_url, passwords=passwords, database=name)
    roles = {
        key: with_login(admin_url, role=role, password=passwords[role], database=name)
        for key, role in (("owner", OWNER), ("server", SERVER), ("reader", READER))
    }
    try:
        yield Urls(admin=make_url(admin_url).set(database=name).render_as_string(False), **roles)
    finally:
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())

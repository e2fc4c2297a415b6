"""The PostgreSQL of the tests."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from sqlalchemy.engine import make_url


@dataclass(frozen=True)
class TestUrls:
    """Where the three roles and the superuser connect."""

    __test__ = False

    admin: str
    owner: str
    server: str
    reader: str


@contextmanager
def test_urls(worker: str) -> Iterator[TestUrls]:
    """A new, empty database with its roles, dropped at the end."""
    given = os.environ.get("STOA_TEST_ADMIN_URL")
    assert given, "embedded server: to be wired"
    name = f"stoa_test_{re.sub('[^a-z0-9]', '', worker)}_{os.getpid()}"
    _prepare(given, name)
    url = make_url(given).set(database=name)
    yield TestUrls(
        admin=url.render_as_string(False),
        **{role: url.set(username=f"stoa_{role}").render_as_string(False) for role in ("owner", "server", "reader")},
    )
    with psycopg.connect(given, autocommit=True) as admin:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def _prepare(admin_url: str, name: str) -> None:
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" OWNER stoa_owner'.encode())
    with psycopg.connect(make_url(admin_url).set(database=name).render_as_string(False), autocommit=True) as admin:
        admin.execute(
            b"CREATE SCHEMA stoa AUTHORIZATION stoa_owner; CREATE SCHEMA jobs AUTHORIZATION stoa_owner;"
            b"ALTER SCHEMA public OWNER TO stoa_owner; CREATE EXTENSION vector"
        )

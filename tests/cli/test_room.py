"""Before it serves, `stoa serve` counts the connections it may need, and says where PostgreSQL has no room for them."""

from typing import Any

import psycopg
import pytest

from stoa.checkout import gathering
from stoa.cli import serve as command
from stoa.cli import serving
from stoa.cli.room import needed, too_little_room
from stoa.config import Config
from stoa.db.urls import Urls
from stoa.edge.house import House
from tests.conftest import SECRET_KEY


def room_of(urls: Urls) -> tuple[int, int]:
    """How many PostgreSQL lets in, and how many of them only its superusers."""
    with psycopg.connect(urls.server) as connection:
        row = connection.execute(
            "SELECT current_setting('max_connections')::int, current_setting('superuser_reserved_connections')::int"
            " + current_setting('reserved_connections')::int"
        ).fetchone()
    assert row is not None
    return row


def test_where_there_is_room_nothing_is_said_and_else_what_to_do(urls: Urls) -> None:
    most, reserved = room_of(urls)
    fitting = max(n for n in range(most) if needed(n) <= most - reserved)

    assert too_little_room(urls.server, fitting) is None
    assert too_little_room(urls.server, fitting + 1) == (
        f"Under load {fitting + 1} web processes and the worker of the jobs open up to {needed(fitting + 1)}"
        f" connections, and PostgreSQL has room for {most - reserved}: start fewer web processes (--workers {fitting}),"
        f" or set its max_connections to {needed(fitting + 1) + reserved} or more."
    )


def test_one_web_process_fits_into_what_postgresql_has_unasked() -> None:
    assert needed(1) <= 97
    assert needed(3) - needed(2) == needed(1) - needed(0)


async def test_what_a_web_process_may_open_is_counted_whole(urls: Urls) -> None:
    house = House.open(Config(server_url=urls.server, secret_key=SECRET_KEY))
    pool: Any = house.database.server.pool

    opened = pool.size() + pool._max_overflow + house.database.lines._free._value + gathering.CONNECTIONS + 1
    await house.close()

    assert house.database.reader is None
    assert needed(1) - needed(0) == opened


def test_a_shop_is_served_all_the_same(urls: Urls, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    served: list[int] = []
    monkeypatch.setenv("STOA_DATABASE_URL", urls.server)
    monkeypatch.setenv("STOA_SECRET_KEY", SECRET_KEY.hex())
    monkeypatch.setattr(serving, "serve", lambda *_, workers, **__: served.append(workers))

    command.serve(data=None, host="127.0.0.1", port=0, workers=200)

    assert served == [200]
    assert "or more." in capsys.readouterr().err

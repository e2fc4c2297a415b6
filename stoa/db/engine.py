"""Connections: asyncpg, opened the way one machine and a cluster both need."""

from typing import Any

import asyncpg
import orjson
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

# Makes SET LOCAL reach the workers of a Citus cluster; plain PostgreSQL takes the unknown name (rule 10).
# Nobody waits long for a lock: whoever would is told to ask again. And nobody thinks while holding one: a transaction
# in which nothing comes for so long belongs to a client that has vanished, whose rows others are waiting for.
SERVER_SETTINGS = {
    "citus.propagate_set_commands": "local",
    "application_name": "stoa",
    "jit": "off",
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "20s",
}


def make_engine(url: str, *, pool_size: int, patience_seconds: int | None = None) -> AsyncEngine:
    """An engine for a plain `postgresql://` URL.

    A connection that died while idle is found out by whoever uses it next, and the pool is made anew. One that has gone
    dead without a word is given up when a statement got no answer for `patience_seconds` (a minute, if nothing is
    said); the server gives up on us soon after, so that our transaction does not keep its rows locked. An error of a
    statement does not repeat its values, which may be somebody's name or address: errors go to the log.
    """
    return create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=False,
        hide_parameters=True,
        connect_args={
            "server_settings": _settings(patience_seconds),
            "timeout": 5,
            "command_timeout": patience_seconds or 60,
        },
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
    )


async def connect(url: str, **options: Any) -> "asyncpg.Connection[asyncpg.Record]":
    """One connection of its own, for what needs no ORM: the selling path, laws, LISTEN.

    With a `command_timeout` the server too gives up on a transaction, soon after us.
    """
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(
        url, server_settings=_settings(options.get("command_timeout")), timeout=5, **options
    )
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=lambda value: orjson.dumps(value).decode(), decoder=orjson.loads
    )
    return connection


def _settings(patience_seconds: float | None) -> dict[str, str]:
    """Those of every session; whoever gives up waiting for an answer has the server give up on the transaction too.

    (A statement that was prepared and is not run keeps its transaction open without being idle.)
    """
    if patience_seconds is None:
        return SERVER_SETTINGS
    return {**SERVER_SETTINGS, "transaction_timeout": f"{patience_seconds + 5:.0f}s"}

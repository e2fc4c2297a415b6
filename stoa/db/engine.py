"""Connections: asyncpg, opened the way one machine and a cluster both need."""

from typing import Any

import asyncpg
import orjson
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

# Makes SET LOCAL reach the workers of a Citus cluster; plain PostgreSQL takes the unknown name (rule 10).
# Nobody waits long for a lock: whoever would is told to ask again.
SERVER_SETTINGS = {
    "citus.propagate_set_commands": "local",
    "application_name": "stoa",
    "jit": "off",
    "lock_timeout": "3s",
}


def make_engine(url: str, *, pool_size: int) -> AsyncEngine:
    """An engine for a plain `postgresql://` URL.

    A connection that died while idle is found out by whoever uses it next (503), and the pool is made anew. An error
    of a statement does not repeat its values, which may be somebody's name or address: errors go to the log.
    """
    return create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=False,
        hide_parameters=True,
        connect_args={"server_settings": SERVER_SETTINGS, "timeout": 5, "command_timeout": 60},
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
    )


async def connect(url: str, **options: Any) -> "asyncpg.Connection[asyncpg.Record]":
    """One connection of its own, for what needs no ORM: the selling path, laws, LISTEN."""
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(
        url, server_settings=SERVER_SETTINGS, timeout=5, **options
    )
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=lambda value: orjson.dumps(value).decode(), decoder=orjson.loads
    )
    return connection

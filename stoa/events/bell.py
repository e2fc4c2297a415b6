"""The bell: a server process rings it after commits, and the relay need not wait for its next sweep.

It has a session of its own and at most one NOTIFY in 50 ms goes out, never in a selling transaction: NOTIFY makes
commits wait for each other. A ring that is lost costs a few seconds and nothing else, so nobody waits for it.
"""

import asyncio
from contextlib import suppress
from uuid import UUID

import asyncpg
import structlog

from stoa.db.engine import connect

CHANNEL = "stoa_events"
PAUSE_SECONDS = 0.05
PATIENCE_SECONDS = 5
EVERYWHERE = ""

# PostgreSQL takes 8,000 bytes; of more stores than this at once the relay looks into all.
_MOST_STORES = 100

_LOST = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)

log = structlog.get_logger(__name__)


class RelayBell:
    """One process's bell. `ring` returns at once."""

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url
        self._rung: set[UUID | None] = set()
        self._ringer: asyncio.Task[None] | None = None
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None

    def ring(self, store_id: UUID | None = None) -> None:
        """Tell the relay that something happened in this store; without one, that it shall look into all."""
        self._rung.add(store_id)
        if self._ringer is None or self._ringer.done():
            self._ringer = asyncio.create_task(self._deliver())

    async def close(self) -> None:
        """Deliver what was rung and give the connection back."""
        if self._ringer is not None:
            await self._ringer
        await self._hang_up()

    async def _deliver(self) -> None:
        while self._rung:
            rung, self._rung = self._rung, set()
            try:
                await self._notify(payload_of(rung))
            except _LOST as error:
                log.info("bell_not_heard", error=type(error).__name__)
                await self._hang_up()
            await asyncio.sleep(PAUSE_SECONDS)

    async def _notify(self, payload: str) -> None:
        if self._connection is None or self._connection.is_closed():
            self._connection = await connect(self._server_url, command_timeout=PATIENCE_SECONDS)
        await self._connection.execute("SELECT pg_notify($1, $2)", CHANNEL, payload)

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(*_LOST):
                await connection.close(timeout=1)


def payload_of(rung: set[UUID | None]) -> str:
    """What goes over the wire: the stores, or `EVERYWHERE`."""
    stores = [str(store_id) for store_id in rung if store_id is not None]
    return EVERYWHERE if None in rung or len(stores) > _MOST_STORES else ",".join(stores)


def stores_in(payload: str) -> set[UUID] | None:
    """The stores that were rung for; None where all are meant, as anything unreadable is taken."""
    if payload == EVERYWHERE:
        return None
    try:
        return {UUID(part) for part in payload.split(",")}
    except ValueError:
        return None

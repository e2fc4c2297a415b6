"""A wire between us and PostgreSQL that can be cut where it hurts: around the call that places and commits."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Literal, Self

from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.engine import make_url

# A statement is prepared under a name before it is called by it: Parse is "P", four bytes of length, name, text.
_PREPARED = re.compile(rb"P.{4}([^\x00]+\x00)SELECT \* FROM stoa\.place_orders", re.DOTALL)


class Wire:
    """Passes every byte on, until it is told to cut."""

    def __init__(self, url: str) -> None:
        known = conninfo_to_dict(url)
        self._host, self._port = str(known.get("host") or "localhost"), int(str(known.get("port") or 5432))
        self._url = url
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.cut_at_commit: Literal["before", "after"] | None = None
        self.is_down = False
        self.cuts = 0

    @classmethod
    @asynccontextmanager
    async def to(cls, url: str) -> AsyncIterator[Self]:
        """A wire to the server of that URL."""
        wire = cls(url)
        wire._server = await asyncio.start_server(wire._pass_on, "127.0.0.1", 0)
        try:
            yield wire
        finally:
            wire.cut()
            wire._server.close()
            await wire._server.wait_closed()

    @property
    def url(self) -> str:
        """The same database at our end of the wire."""
        assert self._server is not None, "the wire is laid by `to`"
        port = self._server.sockets[0].getsockname()[1]
        ours = make_url(self._url).set(host="127.0.0.1", port=port, query={})
        return ours.render_as_string(hide_password=False)

    def cut(self) -> None:
        """Break every connection."""
        for writer in list(self._open):
            writer.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            if not self.is_down:
                await self._between(reader, writer)
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _between(self, ours: asyncio.StreamReader, to_us: asyncio.StreamWriter) -> None:
        if self._host.startswith("/"):
            theirs, to_them = await asyncio.open_unix_connection(f"{self._host}/.s.PGSQL.{self._port}")
        else:
            theirs, to_them = await asyncio.open_connection(self._host, self._port)
        back = asyncio.create_task(_copy(theirs, to_us))
        called_by = b"not prepared yet"
        with suppress(ConnectionError):
            while data := await ours.read(65536):
                if prepared := _PREPARED.search(data):
                    called_by = prepared.group(1)
                elif called_by in data and self.cut_at_commit:
                    await self._cut_here(data, theirs, to_them, back)
                    break
                to_them.write(data)
                await to_them.drain()
        back.cancel()
        to_them.transport.abort()

    async def _cut_here(
        self, data: bytes, theirs: asyncio.StreamReader, to_them: asyncio.StreamWriter, back: "asyncio.Task[None]"
    ) -> None:
        """Lose the call on its way there, or what the server answered, having committed, on its way back."""
        where, self.cut_at_commit = self.cut_at_commit, None
        self.cuts += 1
        back.cancel()
        with suppress(asyncio.CancelledError):
            await back
        if where == "after":
            to_them.write(data)
            await theirs.read(1)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.transport.abort()

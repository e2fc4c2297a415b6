"""A wire between a server and PostgreSQL that is cut where it hurts, or on which nobody hears anybody any more.

It reads what the client says message by message, so that it knows a COMMIT (and `place_orders`, which commits by
itself) when it passes.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Literal, Self

from sqlalchemy.engine import make_url

Where = Literal["before it arrives", "in the middle of it", "in the middle of the answer", "after it was done"]
WHERE: tuple[Where, ...] = (
    "before it arrives", "in the middle of it", "in the middle of the answer", "after it was done"
)  # fmt: skip

_UNTYPED = (80877103, 80877104)  # "may I speak TLS?", "may I speak GSSAPI?": the greeting comes after the answer
_READY = b"Z\x00\x00\x00\x05"


class Wire:
    """Passes everything on until it is told otherwise. `cuts` counts connections cut at a commit."""

    def __init__(self, url: str) -> None:
        self._to = make_url(url)
        self._server: asyncio.Server | None = None
        self._pairs: set[Pair] = set()
        self._at_commit: list[Where] = []
        self.is_down = False
        self.is_silent = False
        self.cuts: Counter[Where] = Counter()

    @classmethod
    @asynccontextmanager
    async def to(cls, url: str) -> AsyncIterator[Self]:
        """A wire to the server of that URL."""
        wire = cls(url)
        wire._server = await asyncio.start_server(wire._take, "127.0.0.1", 0)
        try:
            yield wire
        finally:
            wire.is_down = True
            wire.cut()
            wire._server.close()

    @property
    def url(self) -> str:
        """The same database at our end of the wire."""
        assert self._server is not None, "the wire is laid by `to`"
        port = self._server.sockets[0].getsockname()[1]
        return self._to.set(host="127.0.0.1", port=port, query={}).render_as_string(hide_password=False)

    def cut(self) -> None:
        """Break every connection; new ones are let through unless it `is_down`."""
        for pair in list(self._pairs):
            pair.abort()

    def cut_at_commit(self, *where: Where) -> None:
        """Break a connection at each of the next commits, in these places in turn."""
        self._at_commit += where

    def fall_silent(self) -> None:
        """Let nothing through and tell nobody: connections stay, and new ones are not answered."""
        self.is_silent = True
        for pair in self._pairs:
            pair.passes.clear()

    def forget(self) -> None:
        """Let new connections through; the old ones stay silent for ever, as behind a router that forgot them."""
        self.is_silent = False

    def speak(self) -> None:
        """Let everything through again, what was said meanwhile included."""
        self.is_silent = False
        for pair in self._pairs:
            pair.passes.set()

    def place_to_cut(self) -> Where | None:
        """Where the commit that comes by now is to be cut, if it is."""
        if not self._at_commit:
            return None
        where = self._at_commit.pop(0)
        self.cuts[where] += 1
        return where

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_down:
            writer.transport.abort()
            return
        query = self._to.query
        folder = self._to.host or query.get("host")
        if isinstance(folder, str) and folder.startswith("/"):
            path = f"{folder}/.s.PGSQL.{self._to.port or query.get('port', '5432')}"
            opening = asyncio.open_unix_connection(path)
        else:
            opening = asyncio.open_connection(self._to.host, self._to.port or 5432)
        try:
            there = await opening
        except OSError:
            writer.transport.abort()
            return
        pair = Pair(self, (reader, writer), there)
        self._pairs.add(pair)
        try:
            await pair.run()
        finally:
            self._pairs.discard(pair)


class Pair:
    """One connection: the client's half and the server's."""

    def __init__(
        self,
        wire: Wire,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        server: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self._wire = wire
        self._from_client, self._to_client = client
        self._from_server, self._to_server = server
        self._statements: dict[bytes, bytes] = {}
        self._greeted = False
        self._losing: Where | None = None
        self.passes = asyncio.Event()
        if not wire.is_silent:
            self.passes.set()

    async def run(self) -> None:
        """Pass on, both ways, until one side ends."""
        ways = [asyncio.create_task(self._there()), asyncio.create_task(self._back())]
        _, still = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        self.abort()
        for way in still:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)

    def abort(self) -> None:
        """End both halves at once."""
        self._to_client.transport.abort()
        self._to_server.transport.abort()

    async def _there(self) -> None:
        held = b""
        with suppress(OSError):
            while data := await self._from_client.read(65_536):
                await self.passes.wait()
                messages, held = self._split(held + data)
                for n, message in enumerate(messages):
                    if self._commits(message) and (where := self._wire.place_to_cut()):
                        await self._lose(where, message, messages[n + 1 :])
                        return
                    self._to_server.write(message)
                await self._to_server.drain()

    async def _back(self) -> None:
        with suppress(OSError):
            while data := await self._from_server.read(65_536):
                await self.passes.wait()
                if self._losing is None:
                    self._to_client.write(data)
                    await self._to_client.drain()
                    continue
                if self._losing == "in the middle of the answer":
                    self._to_client.write(data[: len(data) // 2])
                    await self._to_client.drain()
                    return
                if _READY in data:
                    return

    async def _lose(self, where: Where, message: bytes, rest: list[bytes]) -> None:
        """Cut here: either the server never gets it whole, or the client never hears that it was done."""
        if where == "before it arrives":
            return
        if where == "in the middle of it":
            self._to_server.write(message[: len(message) // 2])
            await self._to_server.drain()
            return
        self._losing = where
        self._to_server.write(b"".join([message, *rest]))
        await self._to_server.drain()
        await self._from_client.read()  # the way back ends us

    def _split(self, data: bytes) -> tuple[list[bytes], bytes]:
        """The whole messages in it, and what is left over."""
        messages, at = [], 0
        while True:
            type_bytes = 1 if self._greeted else 0
            if len(data) - at < type_bytes + 4:
                break
            length = int.from_bytes(data[at + type_bytes : at + type_bytes + 4])
            end = at + type_bytes + length
            if len(data) < end:
                break
            message = data[at:end]
            if not self._greeted and int.from_bytes(message[4:8]) not in _UNTYPED:
                self._greeted = True
            messages.append(message)
            at = end
        return messages, data[at:]

    def _commits(self, message: bytes) -> bool:
        """Whether this makes the server commit; statements are remembered by the name they are prepared under."""
        kind, body = message[:1], message[5:]
        if kind == b"P":
            name, statement = body.split(b"\x00")[:2]
            self._statements[name] = statement
        elif kind == b"Q":
            return _ends_a_transaction(body)
        elif kind == b"B":
            return _ends_a_transaction(self._statements.get(body.split(b"\x00")[1], b""))
        return False


def _ends_a_transaction(statement: bytes) -> bool:
    return statement.lstrip()[:6].upper() == b"COMMIT" or b"stoa.place_orders" in statement

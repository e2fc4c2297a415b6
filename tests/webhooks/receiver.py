"""A receiver of webhooks: a real HTTP server that keeps what it got and answers what it is told to."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


def answer(status: int, **headers: str) -> bytes:
    """An answer without a body."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} Said\r\n{lines}content-length: 0\r\n\r\n".encode()


@dataclass(frozen=True)
class Got:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """The event's."""
        return self.headers["webhook-id"]

    @property
    def said(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def verified(self, secret: str) -> Any:
        """The body, as the scheme's own library takes it with this secret, or not at all."""
        return Webhook(secret).verify(self.body, self.headers)


# What to answer; None hangs up without a word.
Answers = Callable[[Got], bytes | None]


@dataclass
class Receiver:
    """What came, and what is answered."""

    port: int = 0
    got: list[Got] = field(default_factory=list)
    answers: Answers = lambda _got: OK
    pause_seconds: float = 0.0
    connections: int = 0
    most_at_once: int = 0
    _at_once: int = 0
    _came: asyncio.Event = field(default_factory=asyncio.Event)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hooks"

    @property
    def ids(self) -> list[str]:
        """Events in the order in which they came."""
        return [got.id for got in self.got]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, kept alive."""
        self.connections += 1
        self._writers.add(writer)
        with suppress(OSError, asyncio.IncompleteReadError):
            while await self._answer_one(reader, writer):
                pass
        writer.close()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        got = Got(head[0].split()[1], headers, await reader.readexactly(int(headers["content-length"])))
        self.got.append(got)
        self._came.set()
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            await asyncio.sleep(self.pause_seconds)
            said = self.answers(got)
        finally:
            self._at_once -= 1
        if said is None:
            return False
        writer.write(said)
        await writer.drain()
        return True

    async def until(self, count: int, seconds: float = 180) -> None:
        """Return once so many requests came; fail after a while."""
        async with asyncio.timeout(seconds):
            while len(self.got) < count:
                self._came.clear()
                await self._came.wait()

    def hang_up(self) -> None:
        """Cut every connection."""
        for writer in self._writers:
            writer.close()


@asynccontextmanager
async def receiving(tls: ssl.SSLContext | None = None, **how: Any) -> AsyncIterator[Receiver]:
    """A receiver on a port of its own, until the block ends."""
    receiver = Receiver(**how)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    yield receiver
    server.close()
    receiver.hang_up()

"""Functions of the database that are called alone: one message there, and the answer comes when it is committed.

Such a function takes the store as its first argument and enters it (database rules 10 and 16), so it may be called in a
transaction as well. What is decided by several calls has to be written so that it does not matter what others did in
between: a change names the revision it was made of.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias
from uuid import UUID

import asyncpg

from stoa.db.actors import Actor
from stoa.db.engine import connect

if TYPE_CHECKING:
    from stoa.db.transaction import Tx

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

# Whoever finds all connections taken for so long is told to come again.
_LONGEST_WAIT_SECONDS = 10

# What nobody needed for so long is closed.
_IDLE_SECONDS = 60

# PostgreSQL has no room for one more, or lets nobody in at the moment.
_NO_ROOM = (asyncpg.TooManyConnectionsError, asyncpg.CannotConnectNowError)


class Row(Protocol):
    """What one row holds, by name of its column."""

    def __getitem__(self, column: str, /) -> Any: ...


class Calls(Protocol):
    """What an operation needs that only calls functions: a transaction has it, and so has somebody who calls alone."""

    @property
    def store_id(self) -> UUID:
        """The store."""

    @property
    def actor(self) -> Actor:
        """Who acts."""

    @property
    def now(self) -> datetime:
        """The instant of the act."""

    def new_id(self) -> UUID:
        """An id of this instant."""

    async def call(self, function: str, *arguments: Any) -> Sequence[Row]:
        """The rows that `stoa.<function>(store, *arguments)` answers."""

    def together(self) -> AbstractAsyncContextManager["Tx"]:
        """A transaction, for what has to be done together; only now and then, since it costs what this spares."""


class NeedsRows(Exception):
    """What was begun as calls alone needs a transaction that has rows too: it is to be begun anew in one."""


class Lines:
    """A few connections for calls, opened when they are needed and closed when they no longer are.

    Where PostgreSQL has no room for another, those that there are serve.
    """

    def __init__(self, url: str, *, most: int, patience_seconds: int | None = None) -> None:
        self._url = url
        self._patience_seconds = patience_seconds or 60
        self.idle: list[Connection] = []
        self._free = asyncio.Semaphore(most)
        self._open = 0  # idle, at work, or being opened
        # Who was refused one of their own: each gets one of ours, or None when there is one less and they may try anew.
        self._refused: deque[asyncio.Future[Connection | None]] = deque()
        self._spare = 0  # of those that are idle, so many were so ever since the clock was set
        self._clock: asyncio.TimerHandle | None = None

    async def fetch(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """The rows of one statement, which is a transaction of its own.

        Raises what asyncpg raises, and TimeoutError where all connections are taken for too long.
        """
        connection = await self._take()
        is_whole = False
        try:
            rows = await connection.fetch(query, *arguments)
            is_whole = True
        except asyncpg.PostgresError as error:
            # Refused; or the session was told to end, and will, or has ended.
            is_whole = not isinstance(error, asyncpg.OperatorInterventionError | asyncpg.PostgresConnectionError)
            raise
        finally:
            self._give_back(connection, is_whole=is_whole)
        return rows

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection in a transaction: commits on a clean exit, else rolls back. Raises what `fetch` raises."""
        connection = await self._take()
        is_whole = False
        try:
            async with connection.transaction():
                yield connection
            is_whole = True
        except Exception as error:
            is_whole = not (
                connection.is_closed()
                or connection.is_in_transaction()
                or isinstance(error, asyncpg.InternalClientError)
            )
            raise
        finally:
            self._give_back(connection, is_whole=is_whole)

    async def close(self) -> None:
        """Give the connections back."""
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None
        for connection in self.idle:
            await connection.close(timeout=1)
        self._open -= len(self.idle)
        self.idle.clear()

    async def _take(self) -> Connection:
        """One that is idle and alive: a server that restarted has closed them all. Else a new one."""
        if self._free.locked():
            async with asyncio.timeout(_LONGEST_WAIT_SECONDS):
                await self._free.acquire()
        else:
            await self._free.acquire()  # at once; a timer for nothing would cost more than the rest of this
        try:
            while self.idle:
                connection = self.idle.pop()
                if not connection.is_closed():
                    self._spare = min(self._spare, len(self.idle))
                    return connection
                self._one_less()
            return await self._another()
        except BaseException:
            self._free.release()
            raise

    async def _another(self) -> Connection:
        """A new one; where there is no room for it, one of ours as soon as somebody gives it back."""
        async with asyncio.timeout(_LONGEST_WAIT_SECONDS):
            while True:
                self._open += 1
                try:
                    return await connect(self._url, command_timeout=self._patience_seconds)
                except BaseException as error:
                    self._one_less()
                    if not isinstance(error, _NO_ROOM) or not self._open:
                        raise
                connection = await self._handed_over()
                if connection is not None:
                    return connection

    async def _handed_over(self) -> "Connection | None":
        """One that somebody gives back; None where one was lost instead."""
        waiter: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._refused.append(waiter)
        try:
            return await waiter
        except BaseException:
            if waiter.done() and not waiter.cancelled():  # both at once
                self._keep(waiter.result())
            raise

    def _give_back(self, connection: Connection, *, is_whole: bool) -> None:
        """Where whoever waited went away, or the answer was lost, nobody knows what is still under way: it is ended."""
        if is_whole:
            self._keep(connection)
        else:
            connection.terminate()
            self._one_less()
        self._free.release()

    def _keep(self, connection: "Connection | None") -> None:
        """For who was refused one, else for later. None tells somebody that there is one less."""
        while self._refused:
            waiter = self._refused.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return
        if connection is not None:
            self.idle.append(connection)
            if self._clock is None:
                self._set_clock()

    def _one_less(self) -> None:
        self._open -= 1
        if self._refused:
            self._keep(None)

    def _set_clock(self) -> None:
        self._spare = len(self.idle)
        self._clock = asyncio.get_running_loop().call_later(_IDLE_SECONDS, self._close_spare)

    def _close_spare(self) -> None:
        """Close what was idle since the clock was set: the last that came back is taken first, so it is the first."""
        self._clock = None
        spare, self.idle = self.idle[: self._spare], self.idle[self._spare :]
        for connection in spare:
            connection.terminate()
            self._open -= 1
        if self.idle:
            self._set_clock()


_queries: dict[tuple[str, int], str] = {}


def query_of(function: str, arguments: int) -> str:
    """The statement that calls a function of ours with the store and so many arguments more."""
    query = _queries.get((function, arguments))
    if query is None:
        numbers = ", ".join(f"${n}" for n in range(1, arguments + 2))
        query = _queries[function, arguments] = f"SELECT * FROM stoa.{function}({numbers})"  # noqa: S608 - our own names
    return query

"""Concurrent submissions gather while the batch before them is being written, and go together.

No timer: on an idle server a submission is written at once, under load batches form by themselves, as a database
groups commits. A client that goes away takes nobody with it.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from uuid import UUID

import asyncpg
import structlog

from stoa.checkout.errors import CheckoutUnavailable
from stoa.checkout.placing import Connection, Outcome, Placed, Submission, place_orders
from stoa.db.engine import connect
from stoa.kernel.refusals import Refusal
from stoa.orders.numbers import NumberLeases

LARGEST_BATCH = 64
CONNECTIONS = 5
# While a batch of its store is being written, fewer than this wait for the next one: a batch of one would cost nearly
# as much as one of all of them.
WORTH_ANOTHER_WRITER = 16
# While one waits for the disk, and another's answers are given, a third works. A store whose rows somebody keeps locked
# must not take every connection, though.
WRITERS_PER_STORE = 3
LONGEST_QUEUE = 2_000
# A host that vanishes without a word must not hold a selling connection for ever.
COMMAND_TIMEOUT_SECONDS = 15.0
# Whoever holds a row of ours longer than this (a session that somebody forgot) must not stop the whole shop.
LOCK_TIMEOUT_SECONDS = 2.0
# Once a batch has waited so long, each of it alone waits no longer than this, and so many of them at most.
HURRIED_SECONDS = 0.2
_MOST_IN_VAIN = 16
_TRIES = 5
# After that nothing is tried again: whoever still waits is told so.
_LONGEST_SECONDS = 40.0

log = structlog.get_logger(__name__)

Waiting = tuple[Submission, asyncio.Future[Outcome]]


class Gatherer:
    """The selling connections of one process. `submit` is all that others call."""

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url
        self._idle: list[Connection] = []
        self._waiting: dict[UUID, deque[Waiting]] = {}
        self._writers: set[asyncio.Task[None]] = set()
        self._writing: Counter[UUID] = Counter()
        self._numbers = NumberLeases()

    async def submit(self, store_id: UUID, submission: Submission) -> Placed:
        """Place one order, together with whatever else is waiting.

        Raises the refusal that `place_orders` answered, or CheckoutUnavailable where the database is gone or too much
        is waiting; sending the same submission again is safe then.
        """
        queue = self._waiting.setdefault(store_id, deque())
        if len(queue) >= LONGEST_QUEUE:
            raise CheckoutUnavailable()
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        queue.append((submission, answer))
        self._start_writers()
        # Shielded: whoever stops waiting does not take back what may be half written.
        outcome = await asyncio.shield(answer)
        if isinstance(outcome, Refusal):
            raise outcome
        return outcome

    async def close(self) -> None:
        """Finish what is being written and close the connections."""
        while self._writers:
            await asyncio.wait(self._writers)
        for connection in self._idle:
            await connection.close()

    def _start_writers(self) -> None:
        """A writer for each store that has something waiting, as long as there are connections for them."""
        while len(self._writers) < CONNECTIONS and (store_id := self._next_store()) is not None:
            self._writing[store_id] += 1
            writer = asyncio.create_task(self._write(store_id, self._gather(store_id)))
            self._writers.add(writer)
            writer.add_done_callback(partial(self._written, store_id))

    def _written(self, store_id: UUID, writer: asyncio.Task[None]) -> None:
        self._writers.discard(writer)
        self._writing -= Counter([store_id])
        self._start_writers()

    def _next_store(self) -> UUID | None:
        """The store whose turn it is: they take turns, so that a busy one does not starve the others."""
        for store_id in list(self._waiting):
            waiting = len(self._waiting[store_id])
            if not waiting:
                del self._waiting[store_id]
            elif not (writing := self._writing[store_id]) or (
                waiting >= WORTH_ANOTHER_WRITER and writing < WRITERS_PER_STORE
            ):
                self._waiting[store_id] = self._waiting.pop(store_id)
                return store_id
        return None

    def _gather(self, store_id: UUID) -> list[Waiting]:
        queue = self._waiting[store_id]
        return [queue.popleft() for _ in range(min(LARGEST_BATCH, len(queue)))]

    async def _write(self, store_id: UUID, batch: list[Waiting]) -> None:
        """Write a batch and answer everybody in it, whatever happens."""
        submissions = [submission for submission, _ in batch]
        try:
            outcomes: Sequence[Outcome] = await self._place(store_id, submissions)
        except _LOST as error:
            log.warning("batch_lost", store_id=str(store_id), size=len(batch), error=type(error).__name__)
            outcomes = [CheckoutUnavailable() for _ in batch]
        except Exception:  # everybody in the batch is owed an answer
            log.exception("batch_failed", store_id=str(store_id), size=len(batch))
            outcomes = [CheckoutUnavailable() for _ in batch]
        for (_, answer), outcome in zip(batch, outcomes, strict=True):
            if not answer.done():
                answer.set_result(outcome)

    async def _place(self, store_id: UUID, submissions: list[Submission]) -> list[Outcome]:
        """Place them together; if the database refuses the batch as a whole, each alone.

        One that was alone gets a second chance too: another process may have written the same key at the same moment,
        and then the answer stands in the database now. Where the batch waited in vain for a row that somebody keeps
        locked, nobody waits for it long any more: who does not want it is served, who does is told to come again.
        """
        try:
            return await self._try(store_id, submissions)
        except _LOST:
            raise
        except asyncpg.PostgresError as error:
            hurried = isinstance(error, asyncpg.LockNotAvailableError)
            log.warning("batch_split", store_id=str(store_id), size=len(submissions), exc_info=True)
        outcomes: list[Outcome] = []
        in_vain = 0
        for submission in submissions:
            if in_vain == _MOST_IN_VAIN:
                outcomes.append(CheckoutUnavailable())
                continue
            try:
                outcomes += await self._try(store_id, [submission], hurried=hurried)
            except (asyncpg.PostgresError, *_LOST) as error:
                log.exception("order_failed", store_id=str(store_id), cart_id=str(submission.cart_id))
                outcomes.append(CheckoutUnavailable())
                in_vain += isinstance(error, asyncpg.LockNotAvailableError)
        return outcomes

    async def _try(self, store_id: UUID, submissions: list[Submission], *, hurried: bool = False) -> list[Outcome]:
        """Place them, again where only luck was missing.

        After a connection lost at COMMIT the same submissions go in once more: `place_orders` looks up their keys and
        carts first, under the carts' locks, and answers with the orders if they were written.
        """
        begun = time.monotonic()
        for attempt in range(1, _TRIES + 1):
            try:
                return await self._once(store_id, submissions, hurried=hurried)
            except (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, *_LOST) as error:
                if attempt == _TRIES or time.monotonic() - begun > _LONGEST_SECONDS:
                    raise
                log.info("batch_again", store_id=str(store_id), error=type(error).__name__, attempt=attempt)
                await asyncio.sleep(0.05 * attempt)
        raise AssertionError("the last attempt returns or raises")

    async def _once(self, store_id: UUID, submissions: list[Submission], *, hurried: bool) -> list[Outcome]:
        connection = self._idle.pop() if self._idle else await _connect(self._server_url)
        try:
            numbers = await self._numbers.take(connection, store_id, len(submissions))
            if hurried:
                await _wait_for_locks(connection, HURRIED_SECONDS)
            outcomes = await place_orders(connection, store_id, submissions, numbers)
            if hurried:
                await _wait_for_locks(connection, LOCK_TIMEOUT_SECONDS)
        except BaseException:
            with suppress(*_LOST, asyncpg.PostgresError):
                await connection.close(timeout=1)
            raise
        self._idle.append(connection)
        unused = [n for n, one in zip(numbers, outcomes, strict=True) if not (isinstance(one, Placed) and one.anew)]
        self._numbers.give_back(store_id, unused)
        return outcomes


async def _connect(server_url: str) -> Connection:
    connection = await connect(server_url, command_timeout=COMMAND_TIMEOUT_SECONDS)
    await _wait_for_locks(connection, LOCK_TIMEOUT_SECONDS)
    return connection


async def _wait_for_locks(connection: Connection, seconds: float) -> None:
    """Wait so long for a row, in whatever this connection does from here on."""
    await connection.execute(f"SET lock_timeout = '{seconds * 1000:.0f}ms'")


# What asyncpg raises when the server went away: in the middle, at start-up, or before; or has no room for us.
_LOST = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
    # An idle connection to which the server just said goodbye: "another operation is in progress".
    asyncpg.InternalClientError,
)

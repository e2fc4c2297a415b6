"""The relay: events become jobs, and what followers write. Claim, defer, write and mark are one transaction, so all of
it happens for an event exactly once.

It claims by state, one store at a time, never by “newer than the last”: they commit out of order. What it claims it
takes in the order in which it was told (`events.told_at`). It is woken by the bell, and sweeps all stores every ten
seconds for what a crash or a lost ring left. Any number of relays may run.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from stoa.db.engine import connect
from stoa.events.bell import CHANNEL, stores_in
from stoa.events.following import followers
from stoa.events.subscriptions import JOBS_OF, LAST
from stoa.kernel.clock import Clock, utc_now

BATCH = 500
SWEEP_SECONDS = 10.0
# Jobs of everybody else, periodic ones too, have 0.
LAST_PRIORITY = -10
# A statement not answered for so long: the connection has gone dead without a word, and a new one is made.
PATIENCE_SECONDS = 15

# What is raised when the server went away: in the middle, at start-up, or before.
LOST = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
    # An idle connection to which the server just said goodbye: "another operation is in progress".
    asyncpg.InternalClientError,
)

log = structlog.get_logger(__name__)


# Is told of a store for which a follower had listeners, after the commit.
Told = Callable[[UUID], None]


async def relay_store(
    connection: "asyncpg.Connection[asyncpg.Record]",
    store_id: UUID,
    *,
    clock: Clock = utc_now,
    batch: int = BATCH,
    told: Told | None = None,
) -> int:
    """Turn the store's oldest unrelayed events, at most `batch`, into jobs; how many events that were.

    What another relay is at work on is passed over.
    """
    try:
        count, heard = await _relay(connection, store_id, clock, batch)
    except asyncpg.LockNotAvailableError:
        # Somebody holds the store's listeners, and longer than one waits for a lock: the next sweep comes by again.
        log.warning("relay_had_to_wait", store_id=str(store_id))
        return 0
    if heard and told is not None:
        told(store_id)
    return count


async def _relay(
    connection: "asyncpg.Connection[asyncpg.Record]", store_id: UUID, clock: Clock, batch: int
) -> tuple[int, bool]:
    """How many events were relayed, and whether a follower heard of them."""
    async with connection.transaction():
        await connection.execute("SELECT stoa.enter_store($1)", store_id)
        if not await connection.fetchval(_PEEK, store_id):
            return 0, False
        # Before anything is claimed: of two relays the second waits here, and so claims what comes later.
        listening = [(each, await each.audience(connection, store_id)) for each in followers()]
        events = await connection.fetch(_CLAIM, store_id, batch)
        if not events:
            return 0, False
        now = clock()
        for follower, audience in listening:
            if audience:
                await follower.follow(connection, store_id, audience, events, now)
        jobs = _jobs_of(store_id, events)
        if jobs:
            await connection.execute("SET LOCAL search_path = jobs, public")
            names = [name for name, _ in jobs]
            priorities = [LAST_PRIORITY if name in LAST else 0 for name in names]
            await connection.execute(_DEFER, names, priorities, [arguments for _, arguments in jobs])
        await connection.execute(_MARK, store_id, [event["id"] for event in events], now)
    return len(events), any(audience for _, audience in listening)


async def relay_all(
    connection: "asyncpg.Connection[asyncpg.Record]",
    stores: Iterable[UUID] | None = None,
    *,
    clock: Clock = utc_now,
    told: Told | None = None,
) -> int:
    """Relay everything these stores have (all stores, if none are named); how many events that were.

    Stores take turns of one batch, so that a busy one does not starve the others.
    """
    relayed = 0
    waiting = list(stores) if stores is not None else [row["id"] for row in await connection.fetch(_STORES)]
    while waiting:
        more = []
        for store_id in waiting:
            count = await relay_store(connection, store_id, clock=clock, told=told)
            relayed += count
            if count == BATCH:
                more.append(store_id)
        waiting = more
    return relayed


class Relay:
    """The relay as it runs in a worker's process: one connection, which also listens for the bell.

    `told` hears of every store for which a follower wrote something.
    """

    def __init__(self, server_url: str, *, sweep_seconds: float = SWEEP_SECONDS, told: Told | None = None) -> None:
        self._server_url = server_url
        self._sweep_seconds = sweep_seconds
        self._told = told
        self._rung: set[UUID] = set()
        self._sweep = True
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Relay until cancelled; when PostgreSQL goes away, go on as soon as it is back."""
        pause = 0.1
        while True:
            try:
                connection = await connect(self._server_url, command_timeout=PATIENCE_SECONDS)
                try:
                    pause = 0.1
                    await self._attend(connection)
                finally:
                    with suppress(*LOST, asyncpg.PostgresError):
                        await connection.close(timeout=1)
            except (*LOST, asyncpg.PostgresError) as error:
                log.warning("relay_lost_the_database", error=type(error).__name__, again_in_seconds=pause)
                await asyncio.sleep(pause)
                pause = min(2 * pause, 5.0)

    async def _attend(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Work off what there is, then wait for the bell or for the next sweep."""
        await connection.add_listener(CHANNEL, self._heard)
        connection.add_termination_listener(lambda _connection: self._wake.set())
        self._sweep = True
        while not connection.is_closed():
            self._wake.clear()
            sweep, self._sweep = self._sweep, False
            rung, self._rung = self._rung, set()
            await relay_all(connection, None if sweep else rung, told=self._told)
            try:
                await asyncio.wait_for(self._wake.wait(), self._sweep_seconds)
            except TimeoutError:
                self._sweep = True
        raise ConnectionError("PostgreSQL closed the relay's connection")

    def _heard(self, _connection: Any, _pid: int, _channel: str, payload: Any) -> None:
        stores = stores_in(str(payload))
        if stores is None:
            self._sweep = True
        else:
            self._rung |= stores
        self._wake.set()


def _jobs_of(store_id: UUID, events: list[asyncpg.Record]) -> list[tuple[str, dict[str, str]]]:
    """Name and arguments (ids alone) of every job that these events call for, in the events' order."""
    return [
        (
            name,
            {"store_id": str(store_id), "subject_id": str(event["subject_id"]), "event_id": str(event["id"])},
        )
        for event in events
        for name in JOBS_OF.get(event["kind"], ())
    ]


# Stores that are suspended still owe what they promised before; only deleted ones are silent.
_STORES = "SELECT id FROM stores WHERE deleted_at IS NULL ORDER BY id"

# Most looks find nothing, and shall hold nobody.
_PEEK = "SELECT EXISTS (SELECT FROM events WHERE store_id = $1 AND relayed_at IS NULL)"

_CLAIM = (
    "SELECT id, kind, subject_id FROM events WHERE store_id = $1 AND relayed_at IS NULL"
    " ORDER BY told_at, id LIMIT $2 FOR UPDATE SKIP LOCKED"
)

# Through Procrastinate's own function, so that its queue keeps its own invariants.
_DEFER = """
    SELECT procrastinate_defer_jobs_v1(array_agg(
        ROW('default', job.name, job.priority, NULL, NULL, job.arguments, NULL)::procrastinate_job_to_defer_v1
        ORDER BY job.n))
      FROM unnest($1::text[], $2::int[], $3::jsonb[]) WITH ORDINALITY AS job(name, priority, arguments, n)
"""

_MARK = "UPDATE events SET relayed_at = $3 WHERE store_id = $1 AND id = ANY ($2)"

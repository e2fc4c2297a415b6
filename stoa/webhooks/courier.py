"""The courier: a worker's process sends what is due, beside its relay and its jobs.

Sending is no job of the queue: a receiver that hangs would hold up the mails. Each endpoint for which something is due
has a lane; a lane settles what came back, claims what is due, and goes on until there is nothing. No row is held while
anybody outside is listened to. Lanes share a number of places, in turn, so that slow endpoints leave room for others.

The relay wakes it for a store; every 30 seconds it looks into all stores, for what a crash left. Any number of
couriers may run. Whenever one is killed, what it had claimed falls due again when its lease is over: at least once.
"""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import httpx
import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from stoa.db.transaction import Database
from stoa.kernel.clock import Clock, utc_now
from stoa.webhooks.delivering import Chance, Claimed, Outcome, claim, due_endpoints, hold_endpoint, settle
from stoa.webhooks.models import WebhookEndpoint
from stoa.webhooks.secrets import secrets_now
from stoa.webhooks.sending import Sender

SWEEP_SECONDS = 30.0

# Messages that are on their way at a time: from this process, and to one endpoint.
MOST_AT_ONCE = 64
MOST_TO_ONE = 8

# Transactions at a time; the pool of the database that is handed in has room for them.
CONNECTIONS = 4

# Longer than an attempt can take, so that whoever claimed it is dead when it is over.
LEASES = 2.0

# What is on its way is given so long to come back when the process is to stop.
STOP_SECONDS = 10.0

# Tries to write down what came back, pauses growing to 5 s, before a lane is given up and its leases run out.
_TRIES = 20

_LOST = (SQLAlchemyError, OSError, TimeoutError)

log = structlog.get_logger(__name__)

Key = tuple[UUID, UUID]


@dataclass(eq=False)
class _Lane:
    """One endpoint's messages on their way from this process."""

    store_id: UUID
    endpoint_id: UUID
    rung: asyncio.Event = field(default_factory=asyncio.Event)
    sending: set["asyncio.Task[Outcome]"] = field(default_factory=set)
    due_at: datetime | None = None


class Courier:
    """One process's courier. `database` is its own, with room for `CONNECTIONS`."""

    def __init__(
        self,
        database: Database,
        sender: Sender,
        secret_key: bytes,
        *,
        clock: Clock = utc_now,
        chance: Chance = random.random,
        sweep_seconds: float = SWEEP_SECONDS,
    ) -> None:
        self._database = database
        self._sender = sender
        self._secret_key = secret_key
        self._clock = clock
        self._chance = chance
        self._sweep_seconds = sweep_seconds
        self._lanes: dict[Key, asyncio.Task[None]] = {}
        self._by_key: dict[Key, _Lane] = {}
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._places = asyncio.Semaphore(MOST_AT_ONCE)
        self._connections = asyncio.Semaphore(CONNECTIONS)
        self._rung: set[UUID] = set()
        self._wake = asyncio.Event()
        self._stopping = False

    def wake(self, store_id: UUID) -> None:
        """Look into this store soon: there may be something to send. Returns at once."""
        self._rung.add(store_id)
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled; then settle what is on its way. When PostgreSQL goes away, go on as it is back."""
        pause = 0.5
        try:
            while True:
                try:
                    await self._attend()
                    pause = 0.5
                except _LOST as error:
                    log.warning("courier_lost_the_database", error=type(error).__name__, again_in_seconds=pause)
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, 5.0)
        finally:
            await self._stop()

    async def deliver_due(self, store_id: UUID) -> None:
        """Send what is due in this store by our clock, and return when nothing is left. For tests and for one look."""
        await self._look(store_id)
        while lanes := [task for key, task in self._lanes.items() if key[0] == store_id]:
            await asyncio.gather(*lanes)

    async def _attend(self) -> None:
        """Look into all stores, then into those that ring, until it is time to look into all again."""
        loop = asyncio.get_running_loop()
        sweep_at = loop.time() + self._sweep_seconds
        async with self._connections, self._database.platform() as tx:
            stores = list((await tx.execute(_STORES)).scalars())
        for store_id in stores:
            await self._look(store_id)
        while (left := sweep_at - loop.time()) > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), left)
            self._wake.clear()
            rung, self._rung = self._rung, set()
            for store_id in rung:
                await self._look(store_id)

    async def _look(self, store_id: UUID) -> None:
        """Begin or ring the lanes of what is due in this store, and set an alarm for what will be soon."""
        async with self._connections, self._database.store(store_id, clock=self._clock) as tx:
            due = await due_endpoints(tx)
        for endpoint_id, due_at in due:
            self._begin_at((store_id, endpoint_id), due_at)

    def _begin_at(self, key: Key, due_at: datetime) -> None:
        wait = (due_at - self._clock()).total_seconds()
        if wait <= 0:
            self._begin(key)
        elif wait < self._sweep_seconds and not self._stopping:
            if key in self._timers:
                self._timers.pop(key).cancel()
            self._timers[key] = asyncio.get_running_loop().call_later(wait, self._alarm, key)

    def _alarm(self, key: Key) -> None:
        del self._timers[key]
        self.wake(key[0])

    def _begin(self, key: Key) -> None:
        if key in self._lanes:
            self._by_key[key].rung.set()
        elif not self._stopping:
            lane = self._by_key[key] = _Lane(*key)
            self._lanes[key] = asyncio.create_task(self._drive(lane), name=f"webhooks to {key[1]}")

    async def _drive(self, lane: _Lane) -> None:
        """A lane from its begin to its end."""
        key = (lane.store_id, lane.endpoint_id)
        try:
            async with self._sender.client() as client:
                await self._keep_going(lane, client)
        except Exception:  # the next sweep begins it anew; the others go on
            log.exception("webhook_lane_ended", store_id=str(lane.store_id), endpoint_id=str(lane.endpoint_id))
            lane.due_at = None
            lane.rung.clear()
        finally:
            for task in lane.sending:
                task.cancel()
            del self._lanes[key], self._by_key[key]
        if lane.rung.is_set():
            self._begin(key)
        elif lane.due_at is not None:
            self._begin_at(key, lane.due_at)

    async def _keep_going(self, lane: _Lane, client: httpx.AsyncClient) -> None:
        """Settle, claim, send; until nothing is due and nothing on its way."""
        back: list[Outcome] = []
        while True:
            lane.rung.clear()
            places = await self._take_places(lane, has_news=bool(back))
            endpoint: WebhookEndpoint | None = None
            claimed: list[Claimed] = []
            try:
                endpoint, claimed = await self._settle_and_claim(lane, back, places)
            finally:
                self._give_back(places - len(claimed))
            for one in claimed:
                assert endpoint is not None, "what was claimed is of an endpoint that is there"
                lane.sending.add(asyncio.create_task(self._send(client, endpoint, one)))
            back = []
            if not lane.sending:
                if lane.rung.is_set() and not self._stopping:
                    continue
                return
            back = await _come_back(lane)

    async def _take_places(self, lane: _Lane, *, has_news: bool) -> int:
        """Places for what will be claimed: those that are free, up to the lane's own limit. Where the lane has nothing
        else to do it waits for one."""
        if self._stopping:
            return 0
        taken = 0
        if not lane.sending and not has_news:
            await self._places.acquire()
            taken = 1
        while taken + len(lane.sending) < MOST_TO_ONE and not self._places.locked():
            await self._places.acquire()
            taken += 1
        return taken

    def _give_back(self, places: int) -> None:
        for _ in range(places):
            self._places.release()

    async def _settle_and_claim(
        self, lane: _Lane, back: list[Outcome], places: int
    ) -> tuple[WebhookEndpoint | None, list[Claimed]]:
        """One short transaction. What came back is not forgotten while the database is away."""
        for n in range(1, _TRIES + 1):
            try:
                async with (
                    self._connections,
                    self._database.store(lane.store_id, clock=self._clock) as tx,
                ):
                    endpoint = await hold_endpoint(tx, lane.endpoint_id)
                    if endpoint is None:
                        return None, []
                    await settle(tx, endpoint, back, chance=self._chance)
                    lease = LEASES * self._sender.timeout_seconds
                    under_way = len(lane.sending)
                    claimed = await claim(tx, endpoint, most=places, lease_seconds=lease, under_way=under_way)
                    due = dict(await due_endpoints(tx)) if not claimed and not lane.sending else {}
                    lane.due_at = due.get(lane.endpoint_id)
                return endpoint, claimed
            except _LOST as error:
                if n == _TRIES or self._stopping:
                    raise
                log.warning("courier_lost_the_database", error=type(error).__name__, unsettled=len(back))
                await asyncio.sleep(min(0.1 * 2**n, 5.0))
        raise AssertionError("the last try returns or raises")

    async def _send(self, client: httpx.AsyncClient, endpoint: WebhookEndpoint, one: Claimed) -> Outcome:
        try:
            at = self._clock()
            secrets = secrets_now(self._secret_key, endpoint, at)
            answer = await self._sender.send(client, endpoint.url, one.message, secrets=secrets, at=at)
            return Outcome(one.id, one.attempt, answer, self._clock())
        finally:
            self._places.release()

    async def _stop(self) -> None:
        """Claim no more, wait a while for what is on its way, and settle it."""
        self._stopping = True
        for timer in self._timers.values():
            timer.cancel()
        lanes = list(self._lanes.values())
        for lane in self._by_key.values():
            lane.rung.set()
        if lanes:
            _, late = await asyncio.wait(lanes, timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


async def _come_back(lane: _Lane) -> list[Outcome]:
    """What came back by now, at least one; or nothing, where the lane was rung for."""
    ring = asyncio.create_task(lane.rung.wait())
    try:
        await asyncio.wait({*lane.sending, ring}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ring.cancel()
    done = {task for task in lane.sending if task.done()}
    lane.sending -= done
    return [task.result() for task in done]


_STORES = text("SELECT id FROM stores WHERE deleted_at IS NULL ORDER BY id")

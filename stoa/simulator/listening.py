"""Somebody outside listens: endpoints that take what they are told, refuse it, or do not answer."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from random import Random
from typing import cast
from uuid import UUID

import httpx

from stoa.config import WebhookSettings
from stoa.db.transaction import SYSTEM, Tx
from stoa.simulator.acts import SELDOM, STAFF, Doing, Scene, kind
from stoa.simulator.world import World
from stoa.webhooks.courier import Courier
from stoa.webhooks.endpoints import EndpointChange, add_endpoint, change_endpoint
from stoa.webhooks.models import FailureReason
from stoa.webhooks.purging import purge_deliveries
from stoa.webhooks.replaying import replay_dead
from stoa.webhooks.sending import Answer, Message, Sender

_ANSWERS = {
    Answer(200): 85,
    Answer(500, FailureReason.STATUS): 6,
    Answer(503, FailureReason.STATUS, 60): 3,
    Answer(reason=FailureReason.TIMEOUT): 4,
    Answer(reason=FailureReason.CONNECTION): 2,
}

# Now and then nobody answers for so long that messages are given up.
_OUTAGE_DAYS = 5


class Listener(Sender):
    """In the place of the network: answers as it likes, and remembers what it took."""

    def __init__(self, dice: Random) -> None:
        super().__init__(WebhookSettings(timeout_seconds=1.0))
        self._dice = dice
        self.took: set[tuple[str, UUID]] = set()

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:
        """Nothing is connected to."""
        yield cast(httpx.AsyncClient, None)

    async def send(
        self,
        client: httpx.AsyncClient,  # noqa: ARG002
        url: str,
        message: Message,
        *,
        secrets: Sequence[str],
        at: datetime,
    ) -> Answer:
        """One attempt."""
        assert secrets, "every message is signed"
        (answer,) = self._dice.choices([*_ANSWERS], [*_ANSWERS.values()])
        if at.toordinal() // _OUTAGE_DAYS % 4 == 0:
            answer = Answer(502, FailureReason.STATUS)
        if answer.is_taken:
            self.took.add((url, message.event_id))
        return answer


def courier_of(world: World, listener: Listener) -> Courier:
    """A courier whose messages go to the listener."""
    house = world.houses[0]
    return Courier(house.database, listener, house.secret_key, clock=world.clock, chance=lambda: 0.5)


@kind("add an endpoint", role="staff", weight=0.3)
def add(at: Scene) -> Doing | None:
    """Somebody wants to hear of everything, or of orders; two at most."""
    if len(at.store.endpoints) >= 2:
        return None
    url = f"https://listener-{len(at.store.endpoints)}.example/{at.store.entry.slug}"
    kinds = at.dice.choice([(), ("order.placed", "order.confirmed", "order.cancelled")])

    async def do() -> None:
        endpoint = await at.inside(lambda tx: add_endpoint(tx, url=url, kinds=kinds), actor=STAFF)
        at.store.endpoints.append(endpoint.id)

    return Doing(do, (), {"url": url, "kinds": list(kinds)})


@kind("switch an endpoint", role="staff", weight=0.3)
def switch(at: Scene) -> Doing | None:
    """On, mostly: it may have been switched off by us."""
    if not at.store.endpoints:
        return None
    endpoint, is_active = at.dice.choice(at.store.endpoints), at.maybe(0.8)

    async def do() -> None:
        async def work(tx: Tx) -> None:
            await change_endpoint(tx, endpoint_id=endpoint, change=EndpointChange(is_active=is_active))

        await at.inside(work, actor=STAFF)

    return Doing(do, (endpoint,), {"is_active": is_active})


@kind("send webhooks", role="job", weight=3)
def send(at: Scene) -> Doing | None:
    """All that is due."""
    if not at.store.endpoints:
        return None
    courier = at.world.courier

    async def do() -> None:
        assert courier is not None, "a simulation has a courier"
        await courier.deliver_due(at.store.id)

    return Doing(do, tuple(at.store.endpoints))


@kind("send dead letters again", role="staff", weight=0.5, minutes=SELDOM)
def replay(at: Scene) -> Doing | None:
    """Those of the last month."""
    if not at.store.endpoints:
        return None
    endpoint = at.dice.choice(at.store.endpoints)

    async def do() -> str:
        async def work(tx: Tx) -> int:
            return await replay_dead(tx, endpoint_id=endpoint, since=tx.now - timedelta(days=30))

        return str(await at.inside(work, actor=STAFF))

    return Doing(do, (endpoint,))


@kind("purge deliveries", role="job", weight=0.3, minutes=SELDOM)
def purge(at: Scene) -> Doing | None:
    """Those of a month ago."""

    async def do() -> str:
        return str(await at.inside(lambda tx: purge_deliveries(tx, 500), actor=SYSTEM))

    return Doing(do)

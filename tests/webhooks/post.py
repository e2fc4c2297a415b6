"""A store with endpoints, and a courier whose clock is ours: what a test of deliveries needs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import select

from stoa import webhooks
from stoa.config import WebhookSettings
from stoa.db.engine import connect
from stoa.db.outbox import Event
from stoa.db.transaction import Database
from stoa.events.relay import relay_store
from stoa.kernel.clock import utc_now
from stoa.kernel.ids import uuid7
from stoa.webhooks.courier import Courier
from stoa.webhooks.models import WebhookDelivery, WebhookEndpoint
from stoa.webhooks.sending import Sender
from tests.conftest import SECRET_KEY
from tests.make import MadeStore

HERE = WebhookSettings(reach_private=True, timeout_seconds=5.0)


@dataclass
class Post:
    """The store's post office. Time stands still unless a test moves it; every wait is exactly that of the table."""

    database: Database
    store: MadeStore
    now: datetime = field(default_factory=utc_now)
    settings: WebhookSettings = HERE

    def clock(self) -> datetime:
        """Ours."""
        return self.now

    def later(self, **time: float) -> None:
        """Let time pass."""
        self.now += timedelta(**time)

    def courier(self, sender: Sender | None = None) -> Courier:
        """A new one, as of a new process."""
        return Courier(self.database, sender or Sender(self.settings), SECRET_KEY, clock=self.clock, chance=lambda: 0.5)

    async def endpoint(self, url: str, *kinds: str) -> WebhookEndpoint:
        """An endpoint at a receiver of ours."""
        async with self.database.store(self.store.id, now=self.now) as tx:
            return await webhooks.add_endpoint(tx, url=url, kinds=kinds, reach_private=True)

    async def tell(self, kind: str, *subjects: UUID, **data: Any) -> list[str]:
        """Something happens to each of these, or to something new; the events' ids."""
        for subject in (told := subjects or (uuid7(self.now),)):
            async with self.database.store(self.store.id, now=self.now) as tx:
                tx.emit(kind, subject, **data)
        return [str(event.id) for event in await self._rows(Event)][-len(told) :]

    async def relay(self) -> int:
        """What a relay does when it is rung."""
        connection = await connect(self.database.server_url)
        try:
            return await relay_store(connection, self.store.id, clock=self.clock)
        finally:
            await connection.close()

    async def deliver(self, sender: Sender | None = None) -> None:
        """Relay, and send what is due."""
        await self.relay()
        await self.courier(sender).deliver_due(self.store.id)

    async def deliveries(self) -> Sequence[WebhookDelivery]:
        """All of the store's, in the order in which they were told."""
        return cast(Sequence[WebhookDelivery], await self._rows(WebhookDelivery))

    async def states(self) -> list[str]:
        """Of all deliveries."""
        return [delivery.state for delivery in await self.deliveries()]

    async def seen(self, endpoint_id: UUID) -> WebhookEndpoint:
        """The endpoint as it is now."""
        async with self.database.store(self.store.id, now=self.now) as tx:
            found = await tx.get(WebhookEndpoint, endpoint_id)
        assert found is not None
        return found

    async def _rows(self, model: Any) -> Any:
        async with self.database.store(self.store.id, now=self.now) as tx:
            return await tx.scalars(select(model).order_by(model.told_at, model.id))

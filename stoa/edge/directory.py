"""Which store a request is for: by its host, else by the Stoa-Store header, else by its key. Never a default."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import DBAPIError

from stoa.db.transaction import Database
from stoa.kernel.refusals import Invalid
from stoa.stores.errors import StoreSuspended, UnknownStore
from stoa.stores.models import Store, StoreHost, StoreSettings, StoreState
from stoa.stores.settings import settings_of

# A change of a host, of a store's state or of its settings is seen by every process within this time.
KNOWN_FOR_SECONDS = 3.0
_MOST_KNOWN = 50_000


class StoreAmbiguous(Invalid):
    """Host and header name different stores."""

    code = "stores.ambiguous"
    says = "The host leads to another store than {named}, which the Stoa-Store header names; send only one of them."

    named: str


@dataclass(frozen=True)
class StoreEntry:
    """A store as the edge knows it for a few seconds; `settings` are to be read, never changed."""

    id: UUID
    slug: str
    name: str
    state: str
    settings: StoreSettings


class Directory:
    """Finds stores, and remembers for a few seconds what it found, and what it did not find."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, tuple[float, StoreEntry | None]] = {}
        self._asked: dict[str, asyncio.Task[StoreEntry | None]] = {}

    async def find(self, *, host: str, named: str | None = None, key_store: UUID | None = None) -> StoreEntry:
        """The store that serves this request. `host` is without port, in small letters.

        Raises UnknownStore, StoreAmbiguous, StoreSuspended.
        """
        by_host = await self._remember(f"host {host}", lambda: self._by_host(host))
        by_name = await self._remember(f"slug {named}", lambda: self._by_slug(named or "")) if named else None
        if by_host and named and (by_name is None or by_name.id != by_host.id):
            raise StoreAmbiguous(named=named)
        found = by_host or by_name
        if found is None and named is None and key_store is not None:
            found = await self._remember(f"id {key_store}", lambda: self._by(Store.id == key_store))
        if found is None:
            raise UnknownStore(host=host)
        if found.state != StoreState.ACTIVE:
            raise StoreSuspended()
        return found

    async def _by_host(self, host: str) -> StoreEntry | None:
        return await self._by(Store.id.in_(select(StoreHost.store_id).where(StoreHost.host == host)))

    async def _by_slug(self, slug: str) -> StoreEntry | None:
        return await self._by(Store.slug == slug)

    async def _by(self, condition: ColumnElement[bool]) -> StoreEntry | None:
        try:
            return await self._read(condition)
        except DBAPIError as error:
            # The connection had died in the pool, which is emptied now.
            if not error.connection_invalidated:
                raise
            return await self._read(condition)

    async def _read(self, condition: ColumnElement[bool]) -> StoreEntry | None:
        async with self._database.platform() as tx:
            store = await tx.one_or_none(select(Store).where(condition, Store.deleted_at.is_(None)))
            if store is None:
                return None
            await tx.enter(store.id)
            return StoreEntry(store.id, store.slug, store.name, store.state, await settings_of(tx))

    async def _remember(self, name: str, look_up: Callable[[], Awaitable[StoreEntry | None]]) -> StoreEntry | None:
        now = time.monotonic()
        known = self._known.get(name)
        if known is not None and known[0] > now:
            return known[1]
        asked = self._asked.get(name)
        if asked is None:
            asked = asyncio.create_task(self._look_up(name, look_up, until=now + KNOWN_FOR_SECONDS))
            self._asked[name] = asked
        # Whoever goes away does not take the answer from the others who wait for it.
        return await asyncio.shield(asked)

    async def _look_up(
        self, name: str, look_up: Callable[[], Awaitable[StoreEntry | None]], *, until: float
    ) -> StoreEntry | None:
        try:
            found = await look_up()
        finally:
            del self._asked[name]
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[name] = (until, found)
        return found

"""One transaction: in one store (or in none), for one actor, at one instant.

Only the edge that opened a transaction commits it; operations take it as their first argument and never end it.
"""

import importlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Executable, Result, Select, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from stoa.db.actors import GUEST as GUEST
from stoa.db.actors import SYSTEM as SYSTEM
from stoa.db.actors import Actor as Actor
from stoa.db.calls import Connection, Lines, NeedsRows, Row, query_of
from stoa.db.engine import make_engine
from stoa.db.models import Model, StoreOwned
from stoa.db.outbox import Event
from stoa.kernel.clock import Clock, utc_now
from stoa.kernel.ids import uuid7

M = TypeVar("M", bound=Model)
T = TypeVar("T")


class Tx:
    """What an operation works with: rows, events, and the facts of who, where and when."""

    def __init__(self, session: AsyncSession, actor: Actor, now: datetime) -> None:
        self.session = session
        self.actor = actor
        self.now = now
        self.told = False
        self._store_id: UUID | None = None

    @property
    def store_id(self) -> UUID:
        """The store entered. Asking for it in a platform transaction is a mistake in the program."""
        assert self._store_id is not None, "this transaction is in no store"
        return self._store_id

    async def enter(self, store_id: UUID) -> None:
        """Go from no store into one. A transaction is in one store at most, and stays in it."""
        assert self._store_id is None, "this transaction is in a store already"
        await self.session.execute(_ENTER_STORE, {"store": store_id})
        self.session.info["store_id"] = store_id
        self._store_id = store_id

    def new_id(self) -> UUID:
        """An id of this instant."""
        return uuid7(self.now)

    def add(self, row: M) -> M:
        """Add a row; a store-owned one becomes this store's, and one without an id gets a new one."""
        if isinstance(row, StoreOwned):
            row.store_id = self.store_id
        if getattr(row, "id", None) is None:
            row.id = self.new_id()  # type: ignore[attr-defined]
        self.session.add(row)
        return row

    def emit(self, kind: str, subject_id: UUID, **data: Any) -> None:
        """Tell what happened (`order.placed`), as a row of this transaction. `data` holds ids and figures alone."""
        self.told = True
        self.add(Event(kind=kind, subject_id=subject_id, data=data, happened_at=self.now))

    async def flush(self) -> None:
        """Send what was added so far, so that set statements find it and constraints speak now."""
        await self.session.flush()

    async def execute(self, statement: Executable, values: Any = None) -> Result[*tuple[Any, ...]]:
        """Run any statement. Core and text statements carry `store_id` themselves."""
        return await self.session.execute(statement, values)

    async def call(self, function: str, *arguments: Any) -> Sequence[Row]:
        """The rows that `stoa.<function>(store, *arguments)` answers, as part of this transaction.

        What it changes, rows that were read before do not show.
        """
        await self.session.flush()
        connection = await self.session.connection()
        query = query_of(function, len(arguments))
        return (await connection.exec_driver_sql(query, (self.store_id, *arguments))).mappings().all()

    @asynccontextmanager
    async def together(self) -> AsyncIterator["Tx"]:
        """This transaction: what is done in it is done together."""
        yield self

    async def one_or_none(self, statement: Select[T]) -> T | None:
        """The first column of the only row, or None."""
        return (await self.session.execute(statement)).scalar_one_or_none()

    async def scalars(self, statement: Select[T]) -> Sequence[T]:
        """The first column of every row."""
        return (await self.session.scalars(statement)).all()

    async def get(self, model: type[M], row_id: UUID) -> M | None:
        """The row of this store with that id, or None."""
        key: Any = (self.store_id, row_id) if issubclass(model, StoreOwned) else row_id
        return await self.session.get(model, key)


class Database:
    """The engines of one process: `server` for everything a store does, `reader` for laws and platform reports; and
    `lines` for calls.

    Transactions take their instant from `clock`, where whoever opens one does not bring another.
    """

    def __init__(
        self,
        server_url: str,
        reader_url: str | None = None,
        *,
        pool_size: int = 8,
        lines: int = 2,
        patience_seconds: int | None = None,
        clock: Clock = utc_now,
    ) -> None:
        # A foreign key finds its table only when all tables are known; importing them at the top would be a circle.
        importlib.import_module("stoa.db.tables")
        self.clock = clock
        self.server_url = server_url
        self.server: AsyncEngine = make_engine(server_url, pool_size=pool_size, patience_seconds=patience_seconds)
        self.lines = Lines(server_url, most=lines, patience_seconds=patience_seconds)
        self.reader_url = reader_url
        self.reader: AsyncEngine | None = make_engine(reader_url, pool_size=2) if reader_url else None

    @asynccontextmanager
    async def store(
        self, store_id: UUID, *, actor: Actor = SYSTEM, now: datetime | None = None, clock: Clock | None = None
    ) -> AsyncIterator[Tx]:
        """A transaction that has entered this store; commits on a clean exit, rolls back on any exception.

        A connection that died while it was idle, as all do when PostgreSQL is restarted, is found out by entering:
        nothing has been done by then, so it is done once more over a new one.
        """
        async with AsyncSession(self.server, expire_on_commit=False) as session:
            tx = Tx(session, actor, now or (clock or self.clock)())
            try:
                await tx.enter(store_id)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                await session.rollback()
                await tx.enter(store_id)
            yield tx
            await session.commit()

    @asynccontextmanager
    async def bare(
        self, store_id: UUID, *, actor: Actor = SYSTEM, now: datetime | None = None
    ) -> AsyncIterator["Bare"]:
        """A transaction in this store that only calls functions; commits on a clean exit, else rolls back."""
        async with self.lines.transaction() as connection:
            yield Bare(connection, store_id, actor, now or self.clock())

    def alone(self, store_id: UUID, *, actor: Actor = SYSTEM, now: datetime | None = None) -> "Alone":
        """Calls in this store without a transaction around them: each is one of its own."""
        return Alone(self, store_id, actor, now or self.clock())

    @asynccontextmanager
    async def platform(
        self, *, actor: Actor = SYSTEM, now: datetime | None = None, clock: Clock | None = None
    ) -> AsyncIterator[Tx]:
        """A transaction in no store: it sees global tables, and every query of a store's table fails in it."""
        async with AsyncSession(self.server, expire_on_commit=False) as session, session.begin():
            yield Tx(session, actor, now or (clock or self.clock)())

    async def close(self) -> None:
        """Give the connections back."""
        await self.lines.close()
        await self.server.dispose()
        if self.reader is not None:
            await self.reader.dispose()


class Alone:
    """Calls in one store, each of them a transaction of its own, for one actor, at one instant."""

    def __init__(self, database: Database, store_id: UUID, actor: Actor, now: datetime) -> None:
        self._database = database
        self.store_id = store_id
        self.actor = actor
        self.now = now

    def new_id(self) -> UUID:
        """An id of this instant."""
        return uuid7(self.now)

    async def call(self, function: str, *arguments: Any) -> Sequence[Row]:
        """The rows that `stoa.<function>(store, *arguments)` answers; what it did is committed then."""
        return await self._database.lines.fetch(query_of(function, len(arguments)), self.store_id, *arguments)

    @asynccontextmanager
    async def together(self) -> AsyncIterator[Tx]:
        """A transaction for what has to be done together; it is committed at the end."""
        async with self._database.store(self.store_id, actor=self.actor, now=self.now) as tx:
            yield tx


class Bare:
    """One transaction in one store that calls functions and does nothing else, for one actor, at one instant."""

    def __init__(self, connection: Connection, store_id: UUID, actor: Actor, now: datetime) -> None:
        self._connection = connection
        self.store_id = store_id
        self.actor = actor
        self.now = now

    def new_id(self) -> UUID:
        """An id of this instant."""
        return uuid7(self.now)

    async def call(self, function: str, *arguments: Any) -> Sequence[Row]:
        """The rows that `stoa.<function>(store, *arguments)` answers, as part of this transaction."""
        return await self._connection.fetch(query_of(function, len(arguments)), self.store_id, *arguments)

    def together(self) -> AbstractAsyncContextManager[Tx]:
        """Raises NeedsRows: this transaction has none, and must not commit without them."""
        raise NeedsRows


# Its own statement, before any other: row security then has its store on every node of a cluster (rule 10).
_ENTER_STORE = text("SELECT stoa.enter_store(:store)")


@event.listens_for(Session, "do_orm_execute")
def _name_the_store(state: ORMExecuteState) -> None:
    """Put `store_id = $n` on every ORM statement of a store transaction.

    Row security already protects; the parameter lets the planner use the key and a cluster find the node (rule 11).
    """
    store_id = state.session.info.get("store_id")
    if store_id is not None and (state.is_select or state.is_update or state.is_delete) and not state.is_column_load:
        state.statement = state.statement.options(
            with_loader_criteria(StoreOwned, _criteria(store_id), include_aliases=True, propagate_to_loaders=True)
        )


def _criteria(store_id: UUID) -> Callable[[type[StoreOwned]], Any]:
    return lambda model: model.store_id == store_id

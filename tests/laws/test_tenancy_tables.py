"""Every table of a store, one after another: shut to every other store and to nobody's, and kept as it was written."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from stoa.db.engine import connect
from stoa.db.models import APPEND_ONLY, Model, StoreOwned
from stoa.db.transaction import Database
from stoa.db.urls import Urls

TABLES = {
    str(model.__tablename__): model
    for model in sorted(
        (mapper.class_ for mapper in Model.registry.mappers), key=lambda model: str(model.__tablename__)
    )
    if issubclass(model, StoreOwned)
}


@pytest.fixture(scope="module")
async def whose(urls: Urls) -> AsyncIterator[UUID]:
    """A store that has one row in each of its tables. They make no sense together, so they are taken away again."""
    store_id = uuid4()
    assert urls.admin is not None
    admin = await connect(urls.admin)
    # Foreign keys aside: this is about who sees a row, not about what it means.
    await admin.execute("SET session_replication_role = replica")
    for table in TABLES.values():
        await admin.execute(*_insert(table, store_id, uuid4()))
    yield store_id
    for name in TABLES:
        await admin.execute(f"DELETE FROM {name} WHERE store_id = $1", store_id)
    await admin.close()


@pytest.fixture
async def server(urls: Urls) -> AsyncIterator[Any]:
    connection = await connect(urls.server)
    yield connection
    await connection.close()


@pytest.fixture
async def reader(urls: Urls) -> AsyncIterator[Any]:
    connection = await connect(urls.reader)
    yield connection
    await connection.close()


@pytest.mark.parametrize("table", TABLES)
async def test_a_store_has_its_row(server: Any, whose: UUID, table: str) -> None:
    async with _inside(server, whose):
        assert await server.fetchval(f"SELECT count(*) FROM {table}") == 1


@pytest.mark.parametrize("table", TABLES)
async def test_another_store_neither_sees_nor_touches_it(server: Any, whose: UUID, table: str) -> None:
    granted = TABLES[table].granted

    async with _inside(server, uuid4()):
        assert await server.fetch(f"SELECT * FROM {table} WHERE store_id = $1", whose) == []
        if "UPDATE" in granted:
            assert await server.execute(f"UPDATE {table} SET id = id WHERE store_id = $1", whose) == "UPDATE 0"
        if "DELETE" in granted:
            assert await server.execute(f"DELETE FROM {table} WHERE store_id = $1", whose) == "DELETE 0"


@pytest.mark.parametrize("table", TABLES)
async def test_another_store_puts_nothing_in_its_name(server: Any, whose: UUID, table: str) -> None:
    async with _inside(server, uuid4()):
        with _refused("row-level security"):
            await server.execute(*_insert(TABLES[table], whose, uuid4()))


@pytest.mark.parametrize("table", [name for name, model in TABLES.items() if "UPDATE" in model.granted])
async def test_no_row_is_given_to_another_store(server: Any, whose: UUID, table: str) -> None:
    async with _inside(server, whose):
        with _refused("row-level security"):
            await server.execute(f"UPDATE {table} SET store_id = $1", uuid4())


@pytest.mark.parametrize("table", TABLES)
async def test_without_a_store_nothing_is_answered(urls: Urls, server: Any, whose: UUID, table: str) -> None:
    # On a connection that was never in a store, and on one that was:
    fresh = await connect(urls.server)
    async with _inside(server, whose):
        await server.fetch(f"SELECT * FROM {table}")
    for connection in (fresh, server):
        for statement in _every_act(TABLES[table], whose):
            with pytest.raises((asyncpg.UndefinedObjectError, asyncpg.InvalidTextRepresentationError)):
                await connection.execute(*statement)
    await fresh.close()


@pytest.mark.parametrize("table", [name for name, model in TABLES.items() if "UPDATE" not in model.granted])
async def test_what_is_appended_is_not_edited_even_by_its_own_store(server: Any, whose: UUID, table: str) -> None:
    async with _inside(server, whose):
        with _refused("permission denied"):
            await server.execute(f"UPDATE {table} SET id = id")
    if "DELETE" not in TABLES[table].granted:
        async with _inside(server, whose):
            with _refused("permission denied"):
                await server.execute(f"DELETE FROM {table}")


@pytest.mark.parametrize("table", TABLES)
async def test_nobody_empties_a_table(server: Any, whose: UUID, table: str) -> None:
    async with _inside(server, whose):
        with _refused("permission denied"):
            await server.execute(f"TRUNCATE {table}")


@pytest.mark.parametrize("table", TABLES)
async def test_the_reader_sees_every_store_and_writes_nothing(reader: Any, whose: UUID, table: str) -> None:
    assert await reader.fetchval(f"SELECT count(*) FROM {table} WHERE store_id = $1", whose) == 1
    for statement in _every_act(TABLES[table], whose)[1:]:
        with _refused("permission denied"):
            await reader.execute(*statement)


async def test_the_owner_too_needs_a_store(urls: Urls, whose: UUID) -> None:
    owner = await connect(urls.owner)
    with pytest.raises(asyncpg.UndefinedObjectError):
        await owner.fetch("SELECT * FROM orders")
    async with _inside(owner, uuid4()):
        assert await owner.fetch("SELECT * FROM orders WHERE store_id = $1", whose) == []
    await owner.close()


async def test_partitions_are_no_way_round(server: Any, reader: Any, whose: UUID) -> None:
    partitions = await reader.fetch("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")

    assert len(partitions) > 3
    for (partition,) in partitions:
        async with _inside(server, whose):
            with _refused("permission denied"):
                await server.fetch(f'SELECT * FROM "{partition}"')


def test_history_is_append_only() -> None:
    kept = {name for name, model in TABLES.items() if model.granted == APPEND_ONLY}

    assert kept >= {"order_lines", "order_history", "stock_movements", "budget_entries"}


async def test_the_row_of_each_table_is_still_there(database: Database, whose: UUID) -> None:
    assert database.reader is not None
    async with database.reader.connect() as connection:
        for table in TABLES:
            counted = await connection.exec_driver_sql(f"SELECT count(*) FROM {table} WHERE store_id = $1", (whose,))
            assert counted.scalar_one() == 1


@asynccontextmanager
async def _inside(connection: Any, store_id: UUID) -> AsyncIterator[None]:
    """In the store, for one transaction that is rolled back."""
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("SELECT stoa.enter_store($1)", store_id)
    try:
        yield
    finally:
        await transaction.rollback()


@contextmanager
def _refused(words: str) -> Iterator[None]:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match=words):
        yield


def _every_act(model: type[StoreOwned], store_id: UUID) -> list[tuple[Any, ...]]:
    """SELECT, INSERT, UPDATE, DELETE: those that the server has on this table."""
    table = model.__tablename__
    acts = {
        "SELECT": (f"SELECT * FROM {table} WHERE store_id = $1", store_id),
        "INSERT": _insert(model, store_id, uuid4()),
        "UPDATE": (f"UPDATE {table} SET id = id WHERE store_id = $1", store_id),
        "DELETE": (f"DELETE FROM {table} WHERE store_id = $1", store_id),
    }
    return [act for right, act in acts.items() if right in model.granted]


def _insert(model: type[StoreOwned], store_id: UUID, row_id: UUID) -> tuple[Any, ...]:
    """A row with something in every column that must have something."""
    table = model.__table__
    assert isinstance(table, Table)
    columns = [column for column in table.columns if column.name in ("store_id", "id") or not column.nullable]
    values = ", ".join(_some(column) for column in columns[2:])
    names = ", ".join(column.name for column in columns)
    return (f"INSERT INTO {table.name} ({names}) VALUES ($1, $2{values and ', '}{values})", store_id, row_id)


_SOME = {
    "TEXT": "''",
    "BIGINT": "0",
    "UUID": "gen_random_uuid()",
    "BOOLEAN": "true",
    "BYTEA": "'\\x00'",
    "JSONB": "'[]'",
    "TIMESTAMP WITH TIME ZONE": "now()",
}


def _some(column: Any) -> str:
    """A value the column takes: the first its CHECK names, or any of its type."""
    for constraint in column.table.constraints:
        words = str(getattr(constraint, "sqltext", ""))
        if words.startswith(f"{column.name} IN ("):
            return words.partition("(")[2].partition(",")[0].rstrip(")")
        if words.startswith(f"{column.name} ~"):
            return "'GBP'"
        if words.startswith((f"{column.name} > 0", f"{column.name} BETWEEN 1")):
            return "1"
    kind = str(column.type.compile(dialect=postgresql.dialect()))
    return "'{}'" if kind.endswith("[]") else _SOME[kind.partition(" COLLATE")[0]]

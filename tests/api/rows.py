"""Everything the database holds of a store, as one fingerprint a table: what was refused has changed none of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy import text

from stoa.db.models import Model, StoreOwned
from stoa.db.transaction import Database

# Numbers are leased in blocks, in transactions of their own, before it is known what becomes of an order.
_CHANGES_ANYWAY = {"order_numbers"}


async def fingerprints(database: Database, *store_ids: UUID) -> dict[str, str]:
    """A hash of all rows of these stores, by table, as the reader sees them."""
    assert database.reader is not None
    owned = {mapper.class_.__tablename__ for mapper in Model.registry.mappers if issubclass(mapper.class_, StoreOwned)}
    whole = " UNION ALL ".join(
        f"SELECT '{table}', md5(coalesce(string_agg(row::text, E'\\n' ORDER BY row::text), ''))"
        f" FROM {table} row WHERE store_id = ANY(CAST(:stores AS uuid[]))"
        for table in sorted(owned - _CHANGES_ANYWAY)
    )
    async with database.reader.connect() as connection:
        return {row[0]: row[1] for row in await connection.execute(text(whole), {"stores": [*store_ids]})}


@asynccontextmanager
async def nothing_changes(database: Database, *store_ids: UUID) -> AsyncIterator[None]:
    """What is done inside leaves every row of these stores as it was."""
    before = await fingerprints(database, *store_ids)
    yield
    after = await fingerprints(database, *store_ids)
    assert {name for name in after if after[name] != before[name]} == set()

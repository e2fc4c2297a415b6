"""Looking at the laws while things happen, and at what a refusal has left behind."""

import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self, TypeAlias
from uuid import UUID

import asyncpg

from stoa.db.engine import connect
from stoa.db.tables import metadata
from stoa.db.urls import Urls
from stoa.laws import laws
from stoa.laws.checking import SAMPLE

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Broken(Exception):
    """Something that is promised does not hold. `rows` are those that show it, in words."""

    def __init__(self, promise: str, rows: list[str]) -> None:
        super().__init__(promise)
        self.promise = promise
        self.rows = rows

    @property
    def ids(self) -> frozenset[str]:
        """Every id that the rows name."""
        return frozenset(_ID.findall(" ".join(self.rows)))


@dataclass
class Inspector:
    """One connection as the server, which sees a store at a time, and one as the reader, which sees all."""

    server: Connection
    reader: Connection
    urls: Urls | None = None
    looked: Counter[str] = field(default_factory=Counter)

    @classmethod
    async def at(cls, urls: Urls) -> Self:
        """Connected to this database."""
        return cls(await connect(urls.server), await connect(urls.reader), urls)

    async def connect_again(self) -> None:
        """New connections in the place of broken ones."""
        assert self.urls is not None, "who may be cut off says where it was connected"
        await self.close()
        self.server, self.reader = await connect(self.urls.server), await connect(self.urls.reader)

    async def close(self) -> None:
        """Give the connections back, broken or not."""
        for connection in (self.server, self.reader):
            with suppress(OSError, asyncpg.InterfaceError, asyncpg.PostgresError):
                await connection.close(timeout=1)

    async def look_everywhere(self, now: datetime) -> None:
        """Every law, over all stores. Raises Broken."""
        for law in laws():
            await self._look(self.reader, law.name, law.query, now)
        self.looked["everywhere"] += 1

    async def look_at(self, store_id: UUID, now: datetime) -> None:
        """Every law as it shows in one store: row security leaves the queries nothing else to see. Raises Broken."""
        async with self.server.transaction(readonly=True):
            await self.server.execute("SELECT stoa.enter_store($1)", store_id)
            for law in laws():
                if law.domain != "db":
                    await self._look(self.server, law.name, law.query, now)
        self.looked["in one store"] += 1

    async def _look(self, connection: Connection, name: str, query: str, now: datetime) -> None:
        # A law that speaks of the present means that of the simulation.
        asked = query.replace("now()", f"'{now.isoformat()}'::timestamptz")
        rows = await connection.fetch(f"SELECT to_jsonb(found) AS row FROM ({asked}) found LIMIT {SAMPLE}")  # noqa: S608
        self.looked["queries"] += 1
        if rows:
            raise Broken(name, [str(row["row"]) for row in rows])

    async def fingerprint(self, store_id: UUID) -> dict[str, Any]:
        """A short word for everything that stands in each table of a store."""
        async with self.server.transaction(readonly=True):
            await self.server.execute("SELECT stoa.enter_store($1)", store_id)
            rows = await self.server.fetch(_FINGERPRINT, store_id)
        self.looked["fingerprints"] += 1
        return {row["name"]: (row["rows"], row["word"]) for row in rows}


def _fingerprint() -> str:
    owned = [name for name, table in metadata.tables.items() if "store_id" in table.primary_key.columns]
    one = (
        "SELECT '{0}' AS name, count(*) AS rows, coalesce(sum(hashtextextended(t::text, 0)), 0)::text AS word"
        " FROM {0} t WHERE store_id = $1"
    )
    # A lease of order numbers is a transaction of its own, whatever becomes of the order.
    return " UNION ALL ".join(one.format(name) for name in owned if name != "order_numbers")


_FINGERPRINT = _fingerprint()

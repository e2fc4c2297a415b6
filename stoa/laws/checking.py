"""Gathering the laws from every domain's `laws.py`, and looking at each."""

import importlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

_HOUSE = Path(__file__).parents[1]

SAMPLE = 5


@dataclass(frozen=True)
class Law:
    """A sentence that is true, and the query for what would make it false."""

    domain: str
    says: str
    query: str

    @property
    def name(self) -> str:
        """Domain and sentence: `inventory: a level is the sum of its movements`."""
        return f"{self.domain}: {self.says}"


@dataclass(frozen=True)
class Finding:
    """How many rows break a law, and the first few of them."""

    law: Law
    rows: int
    sample: list[dict[str, Any]]

    @property
    def holds(self) -> bool:
        """Whether the law does."""
        return self.rows == 0


def laws() -> Iterator[Law]:
    """All of them, by domain. A domain's `laws.py` is found by being there, so none is forgotten."""
    for path in sorted(_HOUSE.glob("*/laws.py")):
        domain = path.parent.name
        if domain != "cli":
            for says, query in importlib.import_module(f"stoa.{domain}.laws").LAWS.items():
                yield Law(domain, says, query)


async def check(connection: "asyncpg.Connection[asyncpg.Record]") -> AsyncIterator[Finding]:
    """Look at one law after another, over the reader's connection (`stoa.db.engine.connect`)."""
    for law in laws():
        rows = await connection.fetch(_BREAKING.format(query=law.query, sample=SAMPLE))
        yield Finding(law, rows[0]["all_of_them"] if rows else 0, [row["found"] for row in rows])


# Counted and sampled in one go: what is found while shops sell is gone a moment later.
_BREAKING = """
    WITH found AS MATERIALIZED ({query})
    SELECT (SELECT count(*) FROM found) AS all_of_them, to_jsonb(found) AS found FROM found LIMIT {sample}
"""

"""How a promise is put to the test: a refusal caught, statements counted, plans read."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import asyncpg
import pytest
from sqlalchemy import event

from stoa.db.transaction import Database, Tx
from stoa.kernel.refusals import Refusal

R = TypeVar("R", bound=Refusal)


@contextmanager
def refused(kind: type[R]) -> Iterator[pytest.ExceptionInfo[R]]:
    """What is inside is refused so; the refusal is `.value` afterwards, and it has a sentence."""
    with pytest.raises(kind) as caught:
        yield caught
    assert caught.value.sentence.endswith("."), caught.value.sentence


@dataclass
class Statements:
    """What went to the database: SQL and its parameters, as the driver got them."""

    sent: list[tuple[str, Any]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.sent)


@contextmanager
def statements(database: Database) -> Iterator[Statements]:
    """Watch the statements that the server's connections send meanwhile; those that call alone are open already."""
    seen = Statements()

    def note(_connection: Any, _cursor: Any, sql: str, parameters: Any, *_rest: Any) -> None:
        seen.sent.append((sql, parameters))

    def note_call(call: asyncpg.connection.LoggedQuery) -> None:
        if call.query not in ("BEGIN;", "COMMIT;", "ROLLBACK;"):
            seen.sent.append((call.query, call.args))

    event.listen(database.server.sync_engine, "before_cursor_execute", note)
    lines = list(database.lines.idle)
    for line in lines:
        line.add_query_logger(note_call)
    try:
        yield seen
    finally:
        event.remove(database.server.sync_engine, "before_cursor_execute", note)
        for line in lines:
            line.remove_query_logger(note_call)


async def plan_of(tx: Tx, sql: str, parameters: Any) -> list[dict[str, Any]]:
    """The nodes of the plan that the server role gets for a statement, from the top."""
    connection = await tx.session.connection()
    answer = (await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {sql}", parameters)).scalar_one()
    (explained,) = json.loads(answer) if isinstance(answer, str) else answer
    return list(_nodes(explained["Plan"]))


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)

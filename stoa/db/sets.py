"""Many rows of one table in one statement: `INSERT ... SELECT ... FROM unnest(...)`, never COPY, which passes by the
row policy (database rules 13 and 20)."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import TextClause, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from stoa.db.models import StoreOwned
from stoa.db.transaction import Tx


async def insert_set(tx: Tx, model: type[StoreOwned], columns: Mapping[str, Sequence[Any]]) -> set[UUID]:
    """Insert rows of the store entered, given column by column (`id` among them); the ids of those inserted.

    A row whose id is there already is left as it is, and its id is not among the answers. Columns that are not given
    get the database's default: a value for every row costs little, so give them all. `jsonb` is given as Python
    values, and an array column as lists.
    """
    if not columns["id"]:
        return set()
    found = await tx.execute(_insert(model, tuple(columns), "RETURNING id"), _values(tx, model, columns))
    return set(found.scalars())


async def insert_quietly(tx: Tx, model: type[StoreOwned], columns: Mapping[str, Sequence[Any]]) -> None:
    """Like `insert_set`, where nobody asks which of the rows were new: of many rows, the answer would cost."""
    if columns["id"]:
        await tx.execute(_insert(model, tuple(columns), ""), _values(tx, model, columns))


def _values(tx: Tx, model: type[StoreOwned], columns: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    table = model.__table__.c
    return {"store": tx.store_id} | {name: _sent(table[name].type, column) for name, column in columns.items()}


def _sent(kind: Any, column: Sequence[Any]) -> Sequence[Any]:
    """A column as it crosses over: what cannot be an element of an array goes as text."""
    if isinstance(kind, JSONB):
        return [orjson.dumps(value).decode() for value in column]
    if isinstance(kind, ARRAY):
        # JSON strings are quoted as the elements of an array are.
        return ["{" + orjson.dumps([*map(str, value)]).decode()[1:-1] + "}" for value in column]
    return column


@lru_cache(maxsize=256)
def _insert(model: type[StoreOwned], names: tuple[str, ...], ending: str) -> TextClause:
    kinds = {name: _kind(model.__table__.c[name].type) for name in names}
    arrays = ", ".join(f"CAST(:{name} AS {_element(kind)}[])" for name, kind in kinds.items())
    chosen = ", ".join(f"CAST(given.{name} AS {kind})" for name, kind in kinds.items())
    return text(
        f"INSERT INTO {model.__tablename__} (store_id, {', '.join(names)})"  # noqa: S608 - names of our own models
        f" SELECT CAST(:store AS uuid), {chosen} FROM unnest({arrays}) AS given ({', '.join(names)})"
        f" ON CONFLICT (store_id, id) DO NOTHING {ending}"
    )


def _kind(kind: Any) -> str:
    """The type's name, without the collation, which belongs to the column."""
    return str(kind.compile(dialect=postgresql.dialect())).partition(" COLLATE")[0]  # type: ignore[no-untyped-call]


def _element(kind: str) -> str:
    return "TEXT" if kind == "JSONB" or kind.endswith("[]") else kind

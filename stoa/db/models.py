"""What every table is made from.

A store-owned table has the key `(store_id, id)`, foreign keys that carry the store, unique constraints that begin
with it, and the store's row policy (`policies.py` puts it on). A global table says that it is global, and why.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar, Literal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

# The table, what it is about, and what kind of thing it is: refusals are found by these names.
_NAMES: dict[str, Any] = {
    "pk": "%(table_name)s_pkey",
    "uq": "%(table_name)s_%(constraint_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(last_column)s_fkey",
    # A store-owned key is (store_id, column): the last column is the one that tells keys apart.
    "last_column": lambda constraint, _table: constraint.column_keys[-1],
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
}


class Model(DeclarativeBase):
    """Base of all tables. Whole numbers are bigint, instants are timestamptz, text is `text`."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map: ClassVar[Mapping[Any, Any]] = {
        int: BigInteger,
        str: Text,
        UUID: Uuid(),
        datetime: DateTime(timezone=True),
        date: Date(),
        bytes: LargeBinary,
        list[str]: ARRAY(Text),
        list[int]: ARRAY(BigInteger),
        dict[str, Any]: JSONB,
        list[dict[str, Any]]: JSONB,
    }


class Global(Model):
    """A table over all stores: few, small, replicated to every node of a cluster, never pointing at a store's rows."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-1)


class StoreOwned(Model):
    """A table whose every row belongs to one store and is seen by that store alone."""

    __abstract__ = True

    # What the server role may do. A table of what happened is `APPEND_ONLY`: the database itself refuses an edit.
    granted: ClassVar[str] = "SELECT, INSERT, UPDATE, DELETE"

    @declared_attr
    @classmethod
    def store_id(cls) -> Mapped[UUID]:
        return mapped_column(Uuid(), primary_key=True, sort_order=-2)

    @declared_attr
    @classmethod
    def id(cls) -> Mapped[UUID]:
        return mapped_column(Uuid(), primary_key=True, sort_order=-1)


# Key and sort columns compare by bytes on every server, whatever collations it knows.
KeyText = Text(collation="C")

APPEND_ONLY = "SELECT, INSERT"

PARTITIONED_BY_ID = {"postgresql_partition_by": "RANGE (id)"}


def belongs_to(
    table: str, column: str, *, on_delete: Literal["CASCADE", "RESTRICT"] = "RESTRICT"
) -> ForeignKeyConstraint:
    """The foreign key `(store_id, column)` to a store-owned table's `(store_id, id)`."""
    return ForeignKeyConstraint(["store_id", column], [f"{table}.store_id", f"{table}.id"], ondelete=on_delete)


def unique_in_store(name: str, *columns: str) -> UniqueConstraint:
    """Unique among the rows of one store."""
    return UniqueConstraint("store_id", *columns, name=name)


def index_in_store(name: str, *columns: Any, **options: Any) -> Index:
    """An index that begins with the store. `name` says which query it serves."""
    return Index(name, "store_id", *columns, **options)


def one_of(column: str, states: type[StrEnum] | Sequence[str]) -> CheckConstraint:
    """The column holds one of the enum's values."""
    values = ", ".join(f"'{value}'" for value in states)
    return CheckConstraint(f"{column} IN ({values})", name=f"{column}_known")


def not_negative(*columns: str) -> CheckConstraint:
    """None of these is below zero."""
    return CheckConstraint(" AND ".join(f"{column} >= 0" for column in columns), name="not_negative")

"""How many there are, where, how many are promised, and every movement that made it so."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from stoa.db.models import (
    APPEND_ONLY,
    PARTITIONED_BY_ID,
    KeyText,
    StoreOwned,
    belongs_to,
    index_in_store,
    not_negative,
    one_of,
    unique_in_store,
)


class Warehouse(StoreOwned):
    """A place that ships. Orders are served from the lowest `priority` first."""

    __tablename__ = "warehouses"
    __table_args__ = (unique_in_store("code", "code"),)

    code: Mapped[str] = mapped_column(KeyText)
    name: Mapped[str]
    country: Mapped[str] = mapped_column(KeyText, default="")
    priority: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)


class StockLevel(StoreOwned):
    """Units of one variant in one warehouse. What may still be promised is on_hand - safety - committed - reserved.

    `short` is what a count found missing of what was already promised; it is zero as long as nobody miscounted.
    """

    granted: ClassVar[str] = "SELECT, INSERT, UPDATE"

    __tablename__ = "stock_levels"
    __table_args__ = (
        belongs_to("variants", "variant_id"),
        belongs_to("warehouses", "warehouse_id"),
        unique_in_store("place", "variant_id", "warehouse_id"),
        not_negative("on_hand", "committed", "reserved", "safety", "short"),
        CheckConstraint("committed + reserved + safety <= on_hand + short", name="promised_within_on_hand"),
        # What stands in one warehouse.
        index_in_store("stock_levels_warehouse_idx", "warehouse_id", "variant_id"),
        # Room on each page for the row's next version, so that an order touches no index of this table.
        {"postgresql_with": {"fillfactor": 50}},
    )

    variant_id: Mapped[UUID]
    warehouse_id: Mapped[UUID]
    on_hand: Mapped[int] = mapped_column(default=0)
    committed: Mapped[int] = mapped_column(default=0, doc="promised to placed orders")
    reserved: Mapped[int] = mapped_column(default=0, doc="held for a while")
    safety: Mapped[int] = mapped_column(default=0, doc="kept back, never sold")
    short: Mapped[int] = mapped_column(default=0)


class MovementKind(StrEnum):
    """Why a level changed."""

    RECEIVE = "receive"
    ADJUST = "adjust"
    COMMIT = "commit"


class StockMovement(StoreOwned):
    """One change of one level, never edited: a level equals the sum of its movements, column by column."""

    granted: ClassVar[str] = APPEND_ONLY
    __tablename__ = "stock_movements"
    __table_args__ = (
        one_of("kind", MovementKind),
        index_in_store("stock_movements_level_id_idx", "level_id", "id"),
        PARTITIONED_BY_ID,
    )

    # No foreign keys from here: checking one costs as much as the movement, and the archive moves orders away.
    # Levels are never deleted, and the law that sums movements finds one without its level.
    level_id: Mapped[UUID]
    kind: Mapped[str]
    on_hand: Mapped[int] = mapped_column(default=0, doc="by how much it changed; may be negative")
    committed: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(default="")
    order_id: Mapped[UUID | None]
    order_line_id: Mapped[UUID | None]
    actor: Mapped[str]

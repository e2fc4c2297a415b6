"""How many there are, where, how many are promised, and every movement that made it so."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
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


class WarehouseKind(StrEnum):
    """A place that ships, or the store's one list of what it promises beyond stock."""

    SHIPPING = "shipping"
    BACKORDER = "backorder"


class Warehouse(StoreOwned):
    """A place that ships. Orders are served from the lowest `priority` first, unless the store allocates otherwise.

    What a store promises beyond its stock stands in a warehouse of the kind `backorder`, which always comes last: the
    `on_hand` of a level there is how many units may be promised of that variant, and `committed` and `reserved` are
    those that are. So holds, orders and laws treat them as they treat stock.
    """

    __tablename__ = "warehouses"
    __table_args__ = (
        unique_in_store("code", "code"),
        one_of("kind", WarehouseKind),
        CheckConstraint(
            "(latitude_microdegrees IS NULL) = (longitude_microdegrees IS NULL)", name="both_coordinates_or_none"
        ),
        Index("warehouses_backorder_key", "store_id", unique=True, postgresql_where="kind = 'backorder'"),
    )

    kind: Mapped[str] = mapped_column(default=WarehouseKind.SHIPPING)
    code: Mapped[str] = mapped_column(KeyText)
    name: Mapped[str]
    country: Mapped[str] = mapped_column(KeyText, default="")
    latitude_microdegrees: Mapped[int | None]
    longitude_microdegrees: Mapped[int | None]
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
    RESERVE = "reserve"
    RELEASE = "release"
    CONFIRM = "confirm"
    ASSIGN = "assign"


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
    reservation_id: Mapped[UUID | None]
    actor: Mapped[str]


class ReservationState(StrEnum):
    """Whether units are still held: `confirmed` were sold, `released` given back, `expired` given back by the clock."""

    HELD = "held"
    CONFIRMED = "confirmed"
    RELEASED = "released"
    EXPIRED = "expired"


class Reservation(StoreOwned):
    """Units held for a while: for a cart, or (with `order_id`) for an order whose money is still to come.

    Its row stays when it is over. While it is `held`, its units stand in the levels' `reserved`.
    """

    granted: ClassVar[str] = "SELECT, INSERT, UPDATE"
    __tablename__ = "reservations"
    __table_args__ = (
        one_of("state", ReservationState),
        # A cart holds once, and so does an order.
        Index(
            "reservations_cart_key", "store_id", "cart_id", unique=True,
            postgresql_where="state = 'held' AND order_id IS NULL",
        ),
        Index("reservations_order_key", "store_id", "order_id", unique=True, postgresql_where="order_id IS NOT NULL"),
        # What is past its time.
        index_in_store("reservations_expiring_idx", "expires_at", postgresql_where="state = 'held'"),
    )  # fmt: skip

    # No foreign keys: carts are cleared away one day, and reservations tell what was held all the same.
    cart_id: Mapped[UUID]
    order_id: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(default=ReservationState.HELD)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class ReservationItem(StoreOwned):
    """So many units of one level. `line` is the position of the order's line that they are for; 0 of a cart's hold."""

    granted: ClassVar[str] = APPEND_ONLY
    __tablename__ = "reservation_items"
    __table_args__ = (
        belongs_to("reservations", "reservation_id"),
        index_in_store("reservation_items_reservation_id_idx", "reservation_id"),
        # Who holds units of one level, newest first.
        index_in_store("reservation_items_level_id_idx", "level_id", "id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
    )

    reservation_id: Mapped[UUID]
    level_id: Mapped[UUID]
    variant_id: Mapped[UUID]
    line: Mapped[int] = mapped_column(default=0)
    quantity: Mapped[int]

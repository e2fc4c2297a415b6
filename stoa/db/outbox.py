"""The outbox: what happened, as rows of the transaction that caused it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Mapped, mapped_column

from stoa.db.models import PARTITIONED_BY_ID, KeyText, StoreOwned, index_in_store


class Event(StoreOwned):
    """Something that happened. Its row commits with what it tells, and the relay turns it into jobs."""

    __tablename__ = "events"
    __table_args__ = (
        # The relay claims what it has not relayed, by state, never by “newer than the last”.
        index_in_store("events_unrelayed_idx", "told_at", postgresql_where="relayed_at IS NULL"),
        PARTITIONED_BY_ID,
    )
    # Nobody asks when an event that was just told was told.
    __mapper_args__ = {"eager_defaults": False}  # noqa: RUF012 - as SQLAlchemy declares it

    # Ids take their time from the clock at which the transaction began, and who began first may be the last to get hold
    # of a thing. This instant is PostgreSQL's own, when the row is written, by whoever holds the thing then: of what
    # happened to one thing, the later has the later one.
    told_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    kind: Mapped[str] = mapped_column(KeyText, doc="such as order.placed")
    subject_id: Mapped[UUID]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict, doc="ids and figures, never personal data")
    happened_at: Mapped[datetime]
    relayed_at: Mapped[datetime | None]

"""The outbox: what happened, as rows of the transaction that caused it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from stoa.db.models import PARTITIONED_BY_ID, KeyText, StoreOwned, index_in_store


class Event(StoreOwned):
    """Something that happened. Its row commits with what it tells, and the relay turns it into jobs."""

    __tablename__ = "events"
    __table_args__ = (
        # The relay claims what it has not relayed, by state, never by “newer than the last”.
        index_in_store("events_unrelayed_idx", "id", postgresql_where="relayed_at IS NULL"),
        PARTITIONED_BY_ID,
    )

    kind: Mapped[str] = mapped_column(KeyText, doc="such as order.placed")
    subject_id: Mapped[UUID]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict, doc="ids and figures, never personal data")
    happened_at: Mapped[datetime]
    relayed_at: Mapped[datetime | None]

"""Messages to people: which was sent about what, so that none is sent twice."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from stoa.db.models import KeyText, StoreOwned, unique_in_store


class Notice(StoreOwned):
    """One message about one thing. It names whom it is for by reference, not by address."""

    __tablename__ = "notices"
    __table_args__ = (unique_in_store("once", "kind", "subject_id"),)

    kind: Mapped[str] = mapped_column(KeyText, doc="such as order_confirmation")
    subject_id: Mapped[UUID]
    created_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None] = mapped_column(doc="somebody began to send it then")
    sent_at: Mapped[datetime | None]

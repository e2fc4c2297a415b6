"""What was answered to whom, so that asking twice does nothing twice."""

from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from stoa.db.models import KeyText, StoreOwned, unique_in_store


class IdempotencyKey(StoreOwned):
    """The answer given to a key, so that the same act asked for twice happens once."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (unique_in_store("key", "owner", "route", "key"),)

    owner: Mapped[str] = mapped_column(KeyText, doc="whose key: cart:<id>, customer:<id>, staff:<id>, key:<id>")
    route: Mapped[str] = mapped_column(KeyText)
    key: Mapped[str] = mapped_column(KeyText)
    request_hash: Mapped[bytes] = mapped_column(doc="SHA-256 of what was asked")
    status: Mapped[int]
    answer: Mapped[dict[str, Any]] = mapped_column(doc="ids and figures, never personal data or tokens")

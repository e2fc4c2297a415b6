"""Who buys: customers of one store, their sessions and addresses."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from stoa.db.models import KeyText, StoreOwned, belongs_to, index_in_store, unique_in_store


class Customer(StoreOwned):
    """A shopper with an account in one store, or one known to it by e-mail alone (no password)."""

    __tablename__ = "customers"
    __table_args__ = (
        Index(
            "customers_email_folded_key", "store_id", "email_folded", unique=True, postgresql_where="deleted_at IS NULL"
        ),
    )

    email: Mapped[str]
    email_folded: Mapped[str] = mapped_column(KeyText)
    name: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    password_hash: Mapped[str | None]
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class CustomerSession(StoreOwned):
    """A signed-in browser or program of a customer. The token is kept as its SHA-256."""

    __tablename__ = "customer_sessions"
    __table_args__ = (
        belongs_to("customers", "customer_id", on_delete="CASCADE"),
        unique_in_store("token_hash", "token_hash"),
        index_in_store("customer_sessions_customer_id_idx", "customer_id"),
    )

    customer_id: Mapped[UUID]
    token_hash: Mapped[bytes]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Address(StoreOwned):
    """An address a customer keeps for the next order."""

    __tablename__ = "addresses"
    __table_args__ = (
        belongs_to("customers", "customer_id", on_delete="CASCADE"),
        index_in_store("addresses_customer_id_idx", "customer_id"),
    )

    customer_id: Mapped[UUID]
    name: Mapped[str]
    company: Mapped[str] = mapped_column(default="")
    line1: Mapped[str]
    line2: Mapped[str] = mapped_column(default="")
    city: Mapped[str]
    region: Mapped[str] = mapped_column(default="")
    postal_code: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(KeyText, doc="ISO 3166-1 alpha-2")
    phone: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]

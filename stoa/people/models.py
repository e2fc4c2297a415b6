"""Staff: platform users, what they may do in which store, their sessions, and keys for programs."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from stoa.db.models import Global, KeyText, StoreOwned, unique_in_store


class User(Global):
    """Somebody who works for one store or several. Global, since they sign in before they choose a store."""

    __tablename__ = "users"
    __table_args__ = (Index("users_email_folded_key", "email_folded", unique=True),)

    email: Mapped[str]
    email_folded: Mapped[str] = mapped_column(KeyText)
    name: Mapped[str]
    password_hash: Mapped[str]
    created_at: Mapped[datetime]
    last_signed_in_at: Mapped[datetime | None]


class Role(Global):
    """A named set of permissions (`domain.verb`), the same in every store."""

    __tablename__ = "roles"
    __table_args__ = (Index("roles_name_key", "name", unique=True),)

    name: Mapped[str] = mapped_column(KeyText)
    permissions: Mapped[list[str]]


class Membership(Global):
    """A user's role in one store."""

    __tablename__ = "memberships"
    __table_args__ = (Index("memberships_user_id_store_id_key", "user_id", "store_id", unique=True),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    store_id: Mapped[UUID] = mapped_column(ForeignKey("stores.id", ondelete="CASCADE"), index=True)
    role_id: Mapped[UUID] = mapped_column(ForeignKey("roles.id"))


class UserSession(Global):
    """A signed-in browser or program of a user. The token is kept as its SHA-256."""

    __tablename__ = "user_sessions"
    __table_args__ = (Index("user_sessions_token_hash_key", "token_hash", unique=True),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class ApiKey(StoreOwned):
    """A program's key to one store's admin API. Shown once, kept as its SHA-256, limited to its scopes."""

    __tablename__ = "api_keys"
    __table_args__ = (unique_in_store("token_hash", "token_hash"),)

    name: Mapped[str]
    token_hash: Mapped[bytes]
    scopes: Mapped[list[str]]
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class RateCounter(Global):
    """Attempts by one key (a hash of what is limited and for whom) in one window. Global: sign-in has no store yet."""

    __tablename__ = "rate_counters"
    __table_args__ = (
        Index("rate_counters_key_window_start_key", "key", "window_start", unique=True),
        Index("rate_counters_window_start_idx", "window_start"),
    )

    key: Mapped[bytes]
    window_start: Mapped[datetime]
    attempts: Mapped[int]

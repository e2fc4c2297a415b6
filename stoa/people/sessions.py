"""Staff sign in once, for all the stores they work in.

A session is a row of its own for every sign-in, so a token from before the sign-in never becomes one of after it. It
holds for 14 days. Its token is derived from the installation's secret and kept as a hash.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, delete, select, update

from stoa.db.transaction import Actor, Database, Tx
from stoa.kernel.clock import Clock, utc_now
from stoa.kernel.emails import email_key
from stoa.kernel.ids import hash_token, token
from stoa.people.errors import WrongCredentials
from stoa.people.models import Membership, Role, User, UserSession
from stoa.people.passwords import password_matches
from stoa.people.rate_limits import count_attempt, forgive, sign_in_limits

SESSION_LASTS = timedelta(days=14)


@dataclass(frozen=True)
class SignedIn:
    """A session that was just begun. The token is told here and nowhere else."""

    user_id: UUID
    session_id: UUID
    token: str
    expires_at: datetime


async def sign_in(
    database: Database,
    *,
    email: str,
    password: str,
    address: str,
    secret_key: bytes,
    previous: str | None = None,
    clock: Clock = utc_now,
) -> SignedIn:
    """Begin a session; the one with the token `previous`, if any, ends.

    `address` is the client's, for counting. Opens its own transactions: the attempt is counted whatever comes of it,
    and no connection is held while the password is checked.

    Raises WrongCredentials, the same and after the same work whether the account exists or not, and TooManyAttempts.
    """
    key = email_key(email)
    limits = sign_in_limits("staff", address=address, email=key or email.strip().lower())
    await count_attempt(database, *limits, clock=clock)
    async with database.platform(clock=clock) as tx:
        known = await tx.one_or_none(select(User).where(User.email_folded == key)) if key else None
    if not await password_matches(password, known.password_hash if known else None) or known is None:
        raise WrongCredentials()
    async with database.platform(clock=clock) as tx:
        # Locked, so that the password cannot be changed between this look and the session.
        user = await tx.one_or_none(select(User).where(User.id == known.id).with_for_update(key_share=True))
        if user is None or user.password_hash != known.password_hash:
            raise WrongCredentials()
        user.last_signed_in_at = tx.now
        if previous is not None:
            await sign_out(tx, previous)
        signed_in = _begin(tx, user.id, secret_key)
        await tx.flush()
        await forgive(tx, cleared=limits[0], given_back=limits[1])
    return signed_in


async def sign_out(tx: Tx, session_token: str) -> None:
    """End the session. One that is over, or never was, is no mistake."""
    await tx.execute(
        update(UserSession)
        .where(UserSession.token_hash == hash_token(session_token), UserSession.revoked_at.is_(None))
        .values(revoked_at=tx.now)
    )


async def user_of_session(tx: Tx, session_token: str) -> User | None:
    """Who is signed in with this token; None once the session ended or ran out."""
    return await tx.one_or_none(
        select(User)
        .join(UserSession, UserSession.user_id == User.id)
        .where(
            UserSession.token_hash == hash_token(session_token),
            UserSession.revoked_at.is_(None),
            UserSession.expires_at > tx.now,
        )
    )


async def actor_of_session(tx: Tx, session_token: str) -> Actor | None:
    """Who acts with this token in the store entered, and what they may do there; one statement.

    None where nobody is signed in. Somebody who does not work in this store is an actor without permissions.
    """
    row = (await tx.execute(_user_and_permissions(session_token, tx.store_id, tx.now))).one_or_none()
    return None if row is None else Actor("staff", row.id, frozenset(row.permissions or ()))


async def purge_sessions(tx: Tx) -> int:
    """Delete the sessions that ran out a month ago, and say how many. Safe to repeat."""
    gone = await tx.execute(
        delete(UserSession).where(UserSession.expires_at < tx.now - timedelta(days=30)).returning(UserSession.id)
    )
    return len(gone.all())


def _begin(tx: Tx, user_id: UUID, secret_key: bytes) -> SignedIn:
    session_id = tx.new_id()
    signed_in = SignedIn(
        user_id, session_id, token(secret_key, "user-session", session_id), expires_at=tx.now + SESSION_LASTS
    )
    tx.add(
        UserSession(
            id=session_id,
            user_id=user_id,
            token_hash=hash_token(signed_in.token),
            created_at=tx.now,
            expires_at=signed_in.expires_at,
        )
    )
    return signed_in


def _user_and_permissions(session_token: str, store_id: UUID, now: datetime) -> Select[UUID, list[str]]:
    return (
        select(UserSession.user_id.label("id"), Role.permissions)
        .outerjoin(Membership, (Membership.user_id == UserSession.user_id) & (Membership.store_id == store_id))
        .outerjoin(Role, Role.id == Membership.role_id)
        .where(
            UserSession.token_hash == hash_token(session_token),
            UserSession.revoked_at.is_(None),
            UserSession.expires_at > now,
        )
    )

"""Shoppers sign in to one store.

A session is a row of its own for every sign-in and holds for 14 days. Its token is derived from the installation's
secret and kept as a hash; in another store it opens nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update

from stoa.customers.models import Customer, CustomerSession
from stoa.customers.registration import customer_of_email
from stoa.db.calls import Calls
from stoa.db.transaction import Actor, Database, Tx
from stoa.kernel.clock import Clock, utc_now
from stoa.kernel.emails import email_key
from stoa.kernel.ids import hash_token, token
from stoa.people.errors import WrongCredentials
from stoa.people.passwords import password_matches
from stoa.people.rate_limits import count_attempt, forgive, sign_in_limits

SESSION_LASTS = timedelta(days=14)


@dataclass(frozen=True)
class SignedIn:
    """A session that was just begun. The token is told here and nowhere else."""

    customer_id: UUID
    session_id: UUID
    token: str
    expires_at: datetime


async def sign_in(
    database: Database,
    *,
    store_id: UUID,
    email: str,
    password: str,
    address: str,
    secret_key: bytes,
    previous: str | None = None,
    clock: Clock = utc_now,
) -> SignedIn:
    """Begin a session in the store; the one with the token `previous`, if any, ends.

    `address` is the client's, for counting. Opens its own transactions: the attempt is counted whatever comes of it,
    and no connection is held while the password is checked.

    Raises WrongCredentials, the same and after the same work whether there is an account, one without a password, or
    none; and TooManyAttempts.
    """
    limits = sign_in_limits(store_id, address=address, email=email_key(email) or email.strip().lower())
    await count_attempt(database, *limits, clock=clock)
    async with database.store(store_id, clock=clock) as tx:
        known = await customer_of_email(tx, email)
    if not await password_matches(password, known.password_hash if known else None) or known is None:
        raise WrongCredentials()
    async with database.store(store_id, clock=clock) as tx:
        # Locked, so that the password cannot be changed between this look and the session.
        unchanged = await tx.one_or_none(
            select(Customer.id)
            .where(
                Customer.id == known.id,
                Customer.password_hash == known.password_hash,
                Customer.deleted_at.is_(None),
            )
            .with_for_update(key_share=True)
        )
        if unchanged is None:
            raise WrongCredentials()
        if previous is not None:
            await sign_out(tx, previous)
        signed_in = _begin(tx, known.id, secret_key)
        await tx.flush()
        await forgive(tx, cleared=limits[0], given_back=limits[1])
    return signed_in


async def sign_out(tx: Tx, session_token: str) -> None:
    """End the session. One that is over, or never was, is no mistake."""
    await tx.execute(
        update(CustomerSession)
        .where(CustomerSession.token_hash == hash_token(session_token), CustomerSession.revoked_at.is_(None))
        .values(revoked_at=tx.now)
    )


async def customer_of_session(tx: Tx, session_token: str) -> Customer | None:
    """Who is signed in to the store with this token; None once the session ended or ran out."""
    return await tx.one_or_none(
        select(Customer)
        .join(
            CustomerSession,
            (CustomerSession.store_id == Customer.store_id) & (CustomerSession.customer_id == Customer.id),
        )
        .where(
            CustomerSession.token_hash == hash_token(session_token),
            CustomerSession.revoked_at.is_(None),
            CustomerSession.expires_at > tx.now,
            Customer.deleted_at.is_(None),
        )
    )


async def actor_of_session(tx: Calls, session_token: str) -> Actor | None:
    """Who acts with this token in the store; None where nobody is signed in. One call."""
    rows = await tx.call("customer_of_session", hash_token(session_token), tx.now)
    return Actor("customer", rows[0]["customer_id"]) if rows else None


async def end_sessions(tx: Tx, *, customer_id: UUID, keep: str | None = None) -> None:
    """End every session of the customer, but for the one with the token `keep`."""
    ending = update(CustomerSession).where(
        CustomerSession.customer_id == customer_id, CustomerSession.revoked_at.is_(None)
    )
    if keep is not None:
        ending = ending.where(CustomerSession.token_hash != hash_token(keep))
    await tx.execute(ending.values(revoked_at=tx.now))


async def purge_sessions(tx: Tx, limit: int) -> int:
    """Delete the oldest sessions that ran out a month ago, at most `limit`, and say how many. Safe to repeat."""
    long_over = (
        select(CustomerSession.id)
        .where(CustomerSession.expires_at < tx.now - timedelta(days=30))
        .order_by(CustomerSession.id)
        .limit(limit)
    )
    gone = await tx.execute(
        delete(CustomerSession)
        .where(CustomerSession.id.in_(long_over))
        .returning(CustomerSession.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())


def _begin(tx: Tx, customer_id: UUID, secret_key: bytes) -> SignedIn:
    session_id = tx.new_id()
    signed_in = SignedIn(
        customer_id, session_id, token(secret_key, "customer-session", session_id), expires_at=tx.now + SESSION_LASTS
    )
    tx.add(
        CustomerSession(
            id=session_id,
            customer_id=customer_id,
            token_hash=hash_token(signed_in.token),
            created_at=tx.now,
            expires_at=signed_in.expires_at,
        )
    )
    return signed_in

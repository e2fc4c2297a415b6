"""Those who work for stores: made, found, and given another password."""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from stoa.db.transaction import Database, Tx
from stoa.kernel.clock import Clock, utc_now
from stoa.kernel.emails import clean_email, email_key, fold_email
from stoa.kernel.ids import hash_token
from stoa.kernel.text import clean
from stoa.people.errors import EmailTaken, UnknownUser, WrongPassword
from stoa.people.models import User, UserSession
from stoa.people.passwords import check_password, hash_password, password_matches
from stoa.people.rate_limits import Limit, count_attempt


async def create_user(tx: Tx, *, email: str, password: str, name: str) -> User:
    """Somebody new who works for stores; which ones, `give_role` says.

    Raises BadEmail, EmailTaken, what `check_password` raises, and what `clean` raises of the name.
    """
    kept = clean_email(email)
    name = clean("name", name, required=True)
    password_hash = await hash_password(password)
    insertion = (
        insert(User)
        .values(
            id=tx.new_id(),
            email=kept,
            email_folded=fold_email(kept),
            name=name,
            password_hash=password_hash,
            created_at=tx.now,
        )
        .on_conflict_do_nothing(index_elements=["email_folded"])
        .returning(User)
    )
    user: User | None = (await tx.execute(insertion)).scalar_one_or_none()
    if user is None:
        raise EmailTaken(email=kept)
    return user


async def user_of_email(tx: Tx, email: str) -> User | None:
    """The user with this e-mail, however it is written."""
    key = email_key(email)
    return await tx.one_or_none(select(User).where(User.email_folded == key)) if key else None


async def change_password(
    database: Database,
    *,
    user_id: UUID,
    present: str,
    new: str,
    keep: str | None = None,
    clock: Clock = utc_now,
) -> None:
    """Give the user another password and end their sessions, but for the one with the token `keep`.

    Opens its own transactions, since none is held while hashing. Five attempts in 15 minutes: a stolen session is no
    leave to guess. Raises WrongPassword, TooManyAttempts, UnknownUser, and what `check_password` raises.
    """
    check_password(new)
    await count_attempt(database, Limit("password.change", f"staff\n{user_id}", 5, 900), clock=clock)
    async with database.platform(clock=clock) as tx:
        user = await tx.get(User, user_id)
    if user is None:
        raise UnknownUser()
    if not await password_matches(present, user.password_hash):
        raise WrongPassword()
    new_hash = await hash_password(new)
    async with database.platform(clock=clock) as tx:
        changed = await tx.execute(
            update(User)
            # Only over the password that was proved: of two changes at once, the second is refused.
            .where(User.id == user_id, User.password_hash == user.password_hash)
            .values(password_hash=new_hash)
            .returning(User.id)
        )
        if not changed.all():
            raise WrongPassword()
        await end_sessions(tx, user_id=user_id, keep=keep)


async def end_sessions(tx: Tx, *, user_id: UUID, keep: str | None = None) -> None:
    """End every session of the user, but for the one with the token `keep`."""
    ending = update(UserSession).where(UserSession.user_id == user_id, UserSession.revoked_at.is_(None))
    if keep is not None:
        ending = ending.where(UserSession.token_hash != hash_token(keep))
    await tx.execute(ending.values(revoked_at=tx.now))

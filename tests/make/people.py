"""Staff for tests: users with a password all of them share, and their sessions."""

from uuid import UUID

from stoa import people
from stoa.db.transaction import Database, Tx
from stoa.people.models import User

PASSWORD = "correct horse battery"
SECRET_KEY = b"a secret of the tests"


async def user(tx: Tx, *, email: str | None = None, password: str = PASSWORD) -> User:
    """A user with an e-mail of their own."""
    return await people.create_user(
        tx, email=email or f"ana.{tx.new_id().hex}@example.com", password=password, name="Ana Lind"
    )


async def member(tx: Tx, role: str = "owner") -> User:
    """A user who works in the store entered."""
    await people.ensure_roles(tx)
    made = await user(tx)
    await people.give_role(tx, user_id=made.id, role=role)
    return made


async def staff_member(database: Database, store_id: UUID, role: str = "owner") -> User:
    """A committed user who works in the store: for tests of what opens its own transactions."""
    async with database.store(store_id) as tx:
        return await member(tx, role)

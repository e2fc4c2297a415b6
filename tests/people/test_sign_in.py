"""Staff sign in with e-mail and password, and nobody learns from it who has an account."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from stoa import people
from stoa.db.transaction import Database
from stoa.kernel.ids import hash_token, token
from stoa.people.errors import PasswordTooShort, TooManyAttempts, WrongCredentials, WrongPassword
from stoa.people.models import User, UserSession
from stoa.people.sessions import SignedIn
from tests.make import MadeStore
from tests.make.people import PASSWORD, SECRET_KEY, staff_member, user


@pytest.fixture
async def ana(database: Database) -> User:
    async with database.platform() as tx:
        return await user(tx)


@pytest.fixture
def address(ana: User) -> str:
    """A client's address of the test's own, so that tests do not count together."""
    return f"client-{ana.id}"


async def sign_in(database: Database, email: str, password: str, address: str, **more: Any) -> SignedIn:
    return await people.sign_in(
        database, email=email, password=password, address=address, secret_key=SECRET_KEY, **more
    )


async def sessions_of(database: Database, user: User) -> int:
    async with database.platform() as tx:
        rows = select(UserSession.id).where(UserSession.user_id == user.id, UserSession.revoked_at.is_(None))
        return len(await tx.scalars(rows))


async def who(database: Database, session_token: str, now: datetime | None = None) -> User | None:
    async with database.platform(now=now) as tx:
        return await people.user_of_session(tx, session_token)


async def test_the_right_password_begins_a_session_of_14_days(database: Database, ana: User, address: str) -> None:
    begun = await sign_in(database, f"  {ana.email.upper()} ", PASSWORD, address)

    found = await who(database, begun.token)
    assert found is not None
    assert found.id == ana.id == begun.user_id
    assert found.last_signed_in_at is not None
    assert await who(database, begun.token, begun.expires_at - timedelta(seconds=1)) is not None
    assert await who(database, begun.token, begun.expires_at) is None
    assert begun.expires_at - found.last_signed_in_at == timedelta(days=14)


async def test_the_token_is_derived_and_only_its_hash_is_kept(database: Database, ana: User, address: str) -> None:
    begun = await sign_in(database, ana.email, PASSWORD, address)

    async with database.platform() as tx:
        row = await tx.get(UserSession, begun.session_id)
    assert row is not None
    assert begun.token == token(SECRET_KEY, "user-session", begun.session_id)
    assert row.token_hash == hash_token(begun.token)


async def test_wrong_password_and_no_account_get_the_same_answer(database: Database, ana: User, address: str) -> None:
    answers = []
    for email, password in [
        (ana.email, "not the password"),
        ("nobody@example.com", PASSWORD),
        ("no address at all", PASSWORD),
        ("nul\x00@example.com", PASSWORD),
        (ana.email, PASSWORD + "x" * 72),
    ]:
        with pytest.raises(WrongCredentials) as refusal:
            await sign_in(database, email, password, address)
        answers.append((refusal.value.sentence, refusal.value.data))

    assert set(map(str, answers)) == {"('E-mail or password is wrong.', {})"}
    assert await sessions_of(database, ana) == 0


async def test_signing_in_again_is_another_session_and_ends_the_one_before(
    database: Database, ana: User, address: str
) -> None:
    before = await sign_in(database, ana.email, PASSWORD, address)
    elsewhere = await sign_in(database, ana.email, PASSWORD, address)

    after = await sign_in(database, ana.email, PASSWORD, address, previous=before.token)

    assert len({before.token, elsewhere.token, after.token}) == 3
    assert await who(database, before.token) is None
    assert await who(database, elsewhere.token) is not None
    assert await who(database, after.token) is not None


async def test_who_signed_out_is_unknown(database: Database, ana: User, address: str) -> None:
    begun = await sign_in(database, ana.email, PASSWORD, address)

    async with database.platform() as tx:
        await people.sign_out(tx, begun.token)
        await people.sign_out(tx, "never was one")

    assert await who(database, begun.token) is None


async def test_guessing_ends_after_ten_wrong_passwords_even_for_the_right_one(
    database: Database, ana: User, address: str, noon: datetime
) -> None:
    for _ in range(10):
        with pytest.raises(WrongCredentials):
            await sign_in(database, ana.email, "not the password", address, clock=lambda: noon)

    with pytest.raises(TooManyAttempts) as refusal:
        await sign_in(database, ana.email, PASSWORD, address, clock=lambda: noon)

    assert refusal.value.retry_after_seconds == 900
    assert await sessions_of(database, ana) == 0
    await sign_in(database, ana.email, PASSWORD, "somewhere else", clock=lambda: noon)
    await sign_in(database, ana.email, PASSWORD, address, clock=lambda: noon + timedelta(minutes=15))


async def test_one_address_cannot_try_many_accounts(
    database: Database, ana: User, address: str, noon: datetime
) -> None:
    for n in range(50):
        with pytest.raises(WrongCredentials):
            await sign_in(database, f"nobody{n}@example.com", PASSWORD, address, clock=lambda: noon)

    with pytest.raises(TooManyAttempts):
        await sign_in(database, ana.email, PASSWORD, address, clock=lambda: noon)


async def test_who_signs_in_rightly_uses_up_no_attempts(
    database: Database, ana: User, address: str, noon: datetime
) -> None:
    for _ in range(9):
        with pytest.raises(WrongCredentials):
            await sign_in(database, ana.email, "not the password", address, clock=lambda: noon)

    for _ in range(15):
        await sign_in(database, ana.email, PASSWORD, address, clock=lambda: noon)

    assert await sessions_of(database, ana) == 15


async def test_another_password_ends_every_session_but_one(database: Database, ana: User, address: str) -> None:
    here = await sign_in(database, ana.email, PASSWORD, address)
    there = await sign_in(database, ana.email, PASSWORD, address)

    await people.change_password(database, user_id=ana.id, present=PASSWORD, new="another good one", keep=here.token)

    assert await who(database, here.token) is not None
    assert await who(database, there.token) is None
    await sign_in(database, ana.email, "another good one", address)
    with pytest.raises(WrongCredentials):
        await sign_in(database, ana.email, PASSWORD, address)


async def test_a_password_is_changed_only_by_who_knows_it(database: Database, ana: User, address: str) -> None:
    here = await sign_in(database, ana.email, PASSWORD, address)

    with pytest.raises(WrongPassword):
        await people.change_password(database, user_id=ana.id, present="a guess at it", new="another good one")
    with pytest.raises(PasswordTooShort):
        await people.change_password(database, user_id=ana.id, present=PASSWORD, new="short")

    assert await who(database, here.token) is not None
    await sign_in(database, ana.email, PASSWORD, address)


async def test_a_stolen_session_is_no_leave_to_guess_the_password(database: Database, ana: User) -> None:
    for _ in range(5):
        with pytest.raises(WrongPassword):
            await people.change_password(database, user_id=ana.id, present="a guess at it", new="another good one")

    with pytest.raises(TooManyAttempts):
        await people.change_password(database, user_id=ana.id, present=PASSWORD, new="another good one")


async def test_a_session_acts_in_the_stores_of_its_user_alone(
    database: Database, store: MadeStore, other_store: MadeStore
) -> None:
    manager = await staff_member(database, store.id, "manager")
    begun = await sign_in(database, manager.email, PASSWORD, f"client-{manager.id}")

    async with database.store(store.id) as tx:
        here = await people.actor_of_session(tx, begun.token)
    async with database.store(other_store.id) as tx:
        there = await people.actor_of_session(tx, begun.token)
        nobody = await people.actor_of_session(tx, "not a token")

    assert here is not None
    assert there is not None
    assert str(here) == str(there) == f"staff:{manager.id}"
    assert here.permissions == people.ROLES["manager"]
    assert there.permissions == frozenset()
    assert nobody is None


async def test_sessions_long_over_are_purged(database: Database, ana: User, address: str, noon: datetime) -> None:
    old = await sign_in(database, ana.email, PASSWORD, address, clock=lambda: noon - timedelta(days=45))
    new = await sign_in(database, ana.email, PASSWORD, address, clock=lambda: noon)

    async with database.platform(now=noon) as tx:
        await people.purge_sessions(tx)
        left = await tx.scalars(select(UserSession.id).where(UserSession.user_id == ana.id))

    assert old.session_id not in left
    assert list(left) == [new.session_id]

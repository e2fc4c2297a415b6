"""A shopper is signed in to one store, for 14 days, until they leave."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from stoa import customers
from stoa.customers.models import Customer, CustomerSession
from stoa.db.transaction import Actor, Database
from stoa.kernel.ids import hash_token, token
from stoa.people.errors import TooManyAttempts, WrongCredentials, WrongPassword
from tests.make import MadeStore
from tests.make.customers import known_customer, signed_in_customer
from tests.make.people import PASSWORD, SECRET_KEY


async def who(database: Database, store: MadeStore, session_token: str, now: datetime | None = None) -> Customer | None:
    async with database.store(store.id, now=now) as tx:
        return await customers.customer_of_session(tx, session_token)


async def again(database: Database, store: MadeStore, password: str = PASSWORD, **more: object) -> customers.SignedIn:
    return await customers.sign_in(
        database,
        store_id=store.id,
        email="ben@example.com",
        password=password,
        address=f"client of {store.id}",
        secret_key=SECRET_KEY,
        **more,  # type: ignore[arg-type]
    )


async def test_a_session_opens_its_own_store_alone(
    database: Database, store: MadeStore, other_store: MadeStore
) -> None:
    begun = await signed_in_customer(database, store.id)
    await signed_in_customer(database, other_store.id)

    found = await who(database, store, begun.token)

    assert found is not None
    assert found.id == begun.customer_id
    assert await who(database, other_store, begun.token) is None


async def test_a_session_ends_after_14_days(database: Database, store: MadeStore) -> None:
    begun = await signed_in_customer(database, store.id)

    assert await who(database, store, begun.token, begun.expires_at - timedelta(seconds=1)) is not None
    assert await who(database, store, begun.token, begun.expires_at) is None


async def test_the_token_is_derived_and_only_its_hash_is_kept(database: Database, store: MadeStore) -> None:
    begun = await signed_in_customer(database, store.id)

    async with database.store(store.id) as tx:
        row = await tx.get(CustomerSession, begun.session_id)
    assert row is not None
    assert begun.token == token(SECRET_KEY, "customer-session", begun.session_id)
    assert row.token_hash == hash_token(begun.token)


async def test_the_actor_is_the_customer_and_has_no_permissions(database: Database, store: MadeStore) -> None:
    begun = await signed_in_customer(database, store.id)

    async with database.store(store.id) as tx:
        assert await customers.actor_of_session(tx, begun.token) == Actor("customer", begun.customer_id)
        assert await customers.actor_of_session(tx, "not a token") is None


async def test_no_account_no_password_and_a_wrong_one_get_the_same_answer(database: Database, store: MadeStore) -> None:
    await signed_in_customer(database, store.id)
    async with database.store(store.id) as tx:
        await known_customer(tx, "known@example.com")

    for email in ["ben@example.com", "nobody@example.com", "known@example.com", "no address", "nul\x00@example.com"]:
        with pytest.raises(WrongCredentials) as refusal:
            await customers.sign_in(
                database,
                store_id=store.id,
                email=email,
                password="not the password",
                address=str(store.id),
                secret_key=SECRET_KEY,
            )
        assert refusal.value.sentence == "E-mail or password is wrong."

    async with database.store(store.id) as tx:
        assert len(await tx.scalars(select(CustomerSession.id))) == 1


async def test_guessing_in_one_store_ends_after_ten_and_leaves_the_other_alone(
    database: Database, store: MadeStore, other_store: MadeStore, noon: datetime
) -> None:
    await signed_in_customer(database, store.id)
    await signed_in_customer(database, other_store.id)
    for _ in range(10):
        with pytest.raises(WrongCredentials):
            await again(database, store, "not the password", clock=lambda: noon)

    with pytest.raises(TooManyAttempts):
        await again(database, store, clock=lambda: noon)

    await again(database, other_store, clock=lambda: noon)
    await again(database, store, clock=lambda: noon + timedelta(minutes=15))


async def test_signing_in_again_ends_the_session_before_and_signing_out_ends_this_one(
    database: Database, store: MadeStore
) -> None:
    before = await signed_in_customer(database, store.id)
    after = await again(database, store, previous=before.token)
    assert await who(database, store, before.token) is None
    assert await who(database, store, after.token) is not None

    async with database.store(store.id) as tx:
        await customers.sign_out(tx, after.token)
        await customers.sign_out(tx, "never was one")

    assert await who(database, store, after.token) is None


async def test_a_session_of_one_store_cannot_be_ended_from_another(
    database: Database, store: MadeStore, other_store: MadeStore
) -> None:
    begun = await signed_in_customer(database, store.id)

    async with database.store(other_store.id) as tx:
        await customers.sign_out(tx, begun.token)

    assert await who(database, store, begun.token) is not None


async def test_a_deleted_customer_is_signed_in_no_longer(database: Database, store: MadeStore) -> None:
    begun = await signed_in_customer(database, store.id)

    async with database.store(store.id) as tx:
        (await customers.profile(tx, customer_id=begun.customer_id)).deleted_at = tx.now

    assert await who(database, store, begun.token) is None
    with pytest.raises(WrongCredentials):
        await again(database, store)


async def test_another_password_ends_every_session_but_one(database: Database, store: MadeStore) -> None:
    here = await signed_in_customer(database, store.id)
    there = await again(database, store)

    await customers.change_password(
        database,
        store_id=store.id,
        customer_id=here.customer_id,
        present=PASSWORD,
        new="another good one",
        keep=here.token,
    )

    assert await who(database, store, here.token) is not None
    assert await who(database, store, there.token) is None
    await again(database, store, "another good one")
    with pytest.raises(WrongCredentials):
        await again(database, store)


async def test_a_password_is_changed_only_by_who_knows_it(database: Database, store: MadeStore) -> None:
    here = await signed_in_customer(database, store.id)
    async with database.store(store.id) as tx:
        known = await known_customer(tx, "known@example.com")

    for customer_id in [here.customer_id, known.id]:
        with pytest.raises(WrongPassword):
            await customers.change_password(
                database, store_id=store.id, customer_id=customer_id, present="a guess at it", new="another good one"
            )

    assert await who(database, store, here.token) is not None
    await again(database, store)


async def test_sessions_long_over_are_purged(database: Database, store: MadeStore, noon: datetime) -> None:
    await signed_in_customer(database, store.id)
    old = await again(database, store, clock=lambda: noon - timedelta(days=45))
    new = await again(database, store, clock=lambda: noon)

    async with database.store(store.id, now=noon) as tx:
        assert await customers.purge_sessions(tx, 100) == 1
        left = set(await tx.scalars(select(CustomerSession.id)))

    assert old.session_id not in left
    assert new.session_id in left

"""Registering gives an account, and never tells, nor takes over, one that is there."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from stoa import customers
from stoa.customers.errors import EmailTaken
from stoa.customers.models import Customer
from stoa.db.outbox import Event
from stoa.db.transaction import Database, Tx
from stoa.kernel.emails import BadEmail
from stoa.kernel.text import TextTooLong
from stoa.people.errors import PasswordTooLong, PasswordTooShort, TooManyAttempts, WrongCredentials
from tests.make import MadeStore
from tests.make.customers import known_customer
from tests.make.people import PASSWORD, SECRET_KEY


async def register(database: Database, store: MadeStore, email: str = "ben@example.com", **more: Any) -> None:
    plain = {"password": PASSWORD, "name": "Ben Ode", "address": f"client of {store.id}"}
    await customers.register(database, store_id=store.id, email=email, **(plain | more))


async def sign_in(database: Database, store: MadeStore, email: str, password: str) -> customers.SignedIn:
    return await customers.sign_in(
        database, store_id=store.id, email=email, password=password, address=str(store.id), secret_key=SECRET_KEY
    )


async def rows(database: Database, store: MadeStore) -> list[tuple[str, str, bool]]:
    async with database.store(store.id) as tx:
        found = await tx.scalars(select(Customer).order_by(Customer.id))
        return [(row.email, row.name, row.password_hash is not None) for row in found]


async def told(database: Database, store: MadeStore) -> list[str]:
    async with database.store(store.id) as tx:
        return [event.kind for event in await tx.scalars(select(Event).order_by(Event.id))]


async def test_who_registers_can_sign_in(database: Database, store: MadeStore) -> None:
    await register(database, store, "Ben@Example.com")

    assert await rows(database, store) == [("Ben@example.com", "Ben Ode", True)]
    assert await told(database, store) == ["customer.registered"]
    assert (await sign_in(database, store, "ben@EXAMPLE.com", PASSWORD)).token


async def test_registering_again_answers_the_same_and_changes_nothing(database: Database, store: MadeStore) -> None:
    await register(database, store)

    await register(database, store, "BEN@example.com", password="somebody else's", name="Mallory")

    assert await rows(database, store) == [("ben@example.com", "Ben Ode", True)]
    assert sorted(await told(database, store)) == ["customer.registered", "customer.registration_repeated"]
    with pytest.raises(WrongCredentials):
        await sign_in(database, store, "ben@example.com", "somebody else's")


async def test_registering_never_takes_over_a_customer_the_store_knows(database: Database, store: MadeStore) -> None:
    async with database.store(store.id) as tx:
        await known_customer(tx)

    await register(database, store)

    assert await rows(database, store) == [("ben@example.com", "Ben Ode", False)]
    with pytest.raises(WrongCredentials):
        await sign_in(database, store, "ben@example.com", PASSWORD)


async def test_registering_at_once_makes_one_account(database: Database, store: MadeStore) -> None:
    await asyncio.gather(*(register(database, store) for _ in range(4)))

    assert await rows(database, store) == [("ben@example.com", "Ben Ode", True)]


async def test_one_e_mail_may_have_an_account_in_every_store(
    database: Database, store: MadeStore, other_store: MadeStore
) -> None:
    await register(database, store)
    await register(database, other_store, password="another password")

    await sign_in(database, store, "ben@example.com", PASSWORD)
    await sign_in(database, other_store, "ben@example.com", "another password")
    with pytest.raises(WrongCredentials):
        await sign_in(database, other_store, "ben@example.com", PASSWORD)


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"email": "ben"}, BadEmail),
        ({"email": "ben\x00@example.com"}, BadEmail),
        ({"password": "short"}, PasswordTooShort),
        ({"password": "x" * 73}, PasswordTooLong),
        ({"name": "x" * 201}, TextTooLong),
    ],
)
async def test_what_cannot_be_meant_is_refused(
    database: Database, store: MadeStore, wrong: dict[str, str], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await register(database, store, **wrong)

    assert await rows(database, store) == []
    assert await told(database, store) == []


async def test_one_client_registers_twenty_times_an_hour_at_most(
    database: Database, store: MadeStore, noon: datetime
) -> None:
    for n in range(20):
        await register(database, store, f"ben{n}@example.com", clock=lambda: noon)

    with pytest.raises(TooManyAttempts) as refusal:
        await register(database, store, "one.more@example.com", clock=lambda: noon)

    assert refusal.value.retry_after_seconds == 3600
    assert len(await rows(database, store)) == 20


async def test_staff_are_told_that_an_e_mail_is_taken(tx: Tx) -> None:
    ben = await known_customer(tx)

    with pytest.raises(EmailTaken) as refusal:
        await known_customer(tx, "BEN@EXAMPLE.COM")

    assert refusal.value.customer_id == ben.id
    assert [customer.id for customer in await customers.customers_of_store(tx)] == [ben.id]
    found = await customers.customer_of_email(tx, "Ben@example.com ")
    assert found is not None
    assert found.id == ben.id


async def test_an_import_may_choose_the_id(tx: Tx) -> None:
    chosen = uuid4()

    added = await customers.add_known_customer(tx, email="c17850@example.com", customer_id=chosen)

    assert added.id == chosen
    assert added.store_id == tx.store_id


async def test_the_e_mail_of_a_deleted_customer_is_free(tx: Tx) -> None:
    ben = await known_customer(tx)
    ben.deleted_at = tx.now
    await tx.flush()

    again = await known_customer(tx)

    assert again.id != ben.id
    assert [customer.id for customer in await customers.customers_of_store(tx)] == [again.id]

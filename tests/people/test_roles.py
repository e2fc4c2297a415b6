"""What each role may do, who may give it, and that a store keeps an owner."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from stoa import people
from stoa.db.transaction import Actor, Database, Tx
from stoa.people.errors import EmailTaken, LastOwner, RoleBeyondYours, UnknownRole, UnknownUser
from stoa.people.models import Role
from tests.make import MadeStore
from tests.make.people import member, staff_member, user


def acting_as(tx: Tx, role: str) -> None:
    tx.actor = Actor("staff", uuid4(), people.ROLES[role])


async def roles_here(tx: Tx) -> list[str]:
    return sorted(each.role for each in await people.members(tx))


def test_the_table_of_roles() -> None:
    assert people.ROLES["owner"] == people.PERMISSIONS
    assert people.PERMISSIONS - people.ROLES["manager"] == {"people.manage", "payments.manage"}
    assert people.ROLES["staff"] == {
        *("catalog.read", "catalog.write", "inventory.read", "inventory.write"),
        *("orders.read", "orders.write", "orders.cancel", "payments.read", "payments.capture"),
        *("customers.read", "discounts.read"),
    }
    assert people.ROLES["analyst"] == {
        *("catalog.read", "inventory.read", "orders.read", "payments.read", "customers.read", "discounts.read"),
        *("settings.read", "webhooks.read"),
    }


async def test_the_database_follows_the_table_of_roles(tx: Tx) -> None:
    await people.ensure_roles(tx)
    await tx.execute(update(Role).where(Role.name == "analyst").values(permissions=["settings.write"]))

    await people.ensure_roles(tx)

    found = (await tx.execute(select(Role.name, Role.permissions))).all()
    assert {row.name: frozenset(row.permissions) for row in found} == people.ROLES


async def test_a_role_counts_in_its_store_alone(tx: Tx, other_store: MadeStore) -> None:
    ana = await member(tx, "staff")

    assert await people.permissions_of(tx, user_id=ana.id, store_id=tx.store_id) == people.ROLES["staff"]
    assert await people.permissions_of(tx, user_id=ana.id, store_id=other_store.id) == frozenset()
    assert await people.stores_of_user(tx, user_id=ana.id) == {tx.store_id: "staff"}


async def test_another_role_takes_the_place_of_the_one_before(tx: Tx) -> None:
    ana = await member(tx, "staff")

    await people.give_role(tx, user_id=ana.id, role="analyst")

    assert await roles_here(tx) == ["analyst"]


async def test_nobody_gives_or_takes_a_role_beyond_their_own(tx: Tx) -> None:
    owner, ana = await member(tx, "owner"), await member(tx, "staff")
    acting_as(tx, "manager")

    with pytest.raises(RoleBeyondYours) as refusal:
        await people.give_role(tx, user_id=ana.id, role="owner")
    with pytest.raises(RoleBeyondYours):
        await people.give_role(tx, user_id=owner.id, role="staff")
    with pytest.raises(RoleBeyondYours):
        await people.take_role(tx, user_id=owner.id)

    assert refusal.value.sentence == (
        "The role owner may do more than you may, so you can neither give it nor take it away."
    )
    assert await roles_here(tx) == ["owner", "staff"]


async def test_the_last_owner_stays(tx: Tx) -> None:
    owner = await member(tx, "owner")
    acting_as(tx, "owner")

    with pytest.raises(LastOwner):
        await people.take_role(tx, user_id=owner.id)
    with pytest.raises(LastOwner):
        await people.give_role(tx, user_id=owner.id, role="staff")

    assert await roles_here(tx) == ["owner"]


async def test_of_two_owners_who_leave_at_once_one_stays(database: Database, store: MadeStore) -> None:
    owners = [await staff_member(database, store.id, "owner") for _ in range(2)]

    async def leave(user_id: object) -> None:
        async with database.store(store.id) as tx:
            await people.take_role(tx, user_id=user_id)  # type: ignore[arg-type]

    answers = await asyncio.gather(*(leave(owner.id) for owner in owners), return_exceptions=True)

    assert sorted(str(type(answer).__name__) for answer in answers) == ["LastOwner", "NoneType"]
    async with database.store(store.id) as tx:
        assert await roles_here(tx) == ["owner"]


async def test_one_user_given_a_role_twice_at_once_has_it_once(database: Database, store: MadeStore) -> None:
    async with database.platform() as tx:
        await people.ensure_roles(tx)
        ana = await user(tx)

    async def give() -> None:
        async with database.store(store.id) as tx:
            await people.give_role(tx, user_id=ana.id, role="staff")

    await asyncio.gather(*(give() for _ in range(4)))

    async with database.store(store.id) as tx:
        assert await roles_here(tx) == ["staff"]


async def test_unknown_roles_and_users_are_refused(tx: Tx) -> None:
    ana = await member(tx, "staff")

    with pytest.raises(UnknownRole) as refusal:
        await people.give_role(tx, user_id=ana.id, role="king")
    with pytest.raises(UnknownRole):
        await people.give_role(tx, user_id=ana.id, role="staff\x00")
    with pytest.raises(UnknownUser):
        await people.give_role(tx, user_id=uuid4(), role="staff")
    with pytest.raises(UnknownUser):
        await people.take_role(tx, user_id=uuid4())

    assert refusal.value.sentence == "There is no role “king”; the roles are owner, manager, staff, analyst."
    assert await roles_here(tx) == ["staff"]


async def test_two_users_never_share_an_e_mail(tx: Tx) -> None:
    ana = await user(tx)

    with pytest.raises(EmailTaken):
        await user(tx, email=ana.email.upper())

    found = await people.user_of_email(tx, f" {ana.email.title()}")
    assert found is not None
    assert found.id == ana.id
    assert await people.user_of_email(tx, "no address") is None

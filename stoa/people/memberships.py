"""Who works in the store entered, and as what.

Two things always hold: nobody gives, changes or takes a role that may do more than they may themselves, and a store
that has an owner keeps one.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from stoa.db.transaction import Actor, Tx
from stoa.kernel.text import shown
from stoa.people.errors import LastOwner, RoleBeyondYours, UnknownRole, UnknownUser
from stoa.people.models import Membership, Role, User
from stoa.people.roles import ROLES
from stoa.stores.models import Store


@dataclass(frozen=True)
class Member:
    """Somebody who works in the store."""

    user_id: UUID
    email: str
    name: str
    role: str


async def give_role(tx: Tx, *, user_id: UUID, role: str) -> None:
    """Let the user work in the store entered, in this role; a role they had before ends.

    Raises UnknownRole, UnknownUser, RoleBeyondYours, LastOwner.
    """
    if role not in ROLES:
        raise UnknownRole(role=shown(role), known=", ".join(ROLES))
    given = await tx.one_or_none(select(Role).where(Role.name == role))
    assert given is not None, "the system roles are written at every start"
    if await tx.get(User, user_id) is None:
        raise UnknownUser()
    _within_yours(tx.actor, given)
    membership = await _lock(tx, user_id)
    if membership is None:
        tx.add(Membership(user_id=user_id, store_id=tx.store_id, role_id=given.id))
    elif membership.role_id != given.id:
        await _may_end(tx, membership)
        membership.role_id = given.id
    await tx.flush()
    tx.emit("member.role_given", user_id, role=given.name)


async def take_role(tx: Tx, *, user_id: UUID) -> None:
    """Let the user work in the store entered no longer.

    Raises UnknownUser where they did not, RoleBeyondYours, LastOwner.
    """
    membership = await _lock(tx, user_id)
    if membership is None:
        raise UnknownUser()
    await _may_end(tx, membership)
    await tx.session.delete(membership)
    await tx.flush()
    tx.emit("member.role_taken", user_id)


async def members(tx: Tx) -> list[Member]:
    """Everybody who works in the store entered, by name."""
    rows = await tx.execute(
        select(User.id, User.email, User.name, Role.name.label("role"))
        .join(Membership, Membership.user_id == User.id)
        .join(Role, Role.id == Membership.role_id)
        .where(Membership.store_id == tx.store_id)
        .order_by(User.name, User.id)
    )
    return [Member(row.id, row.email, row.name, row.role) for row in rows]


async def stores_of_user(tx: Tx, *, user_id: UUID) -> dict[UUID, str]:
    """The stores the user works in, and the role in each."""
    rows = await tx.execute(
        select(Membership.store_id, Role.name)
        .join(Role, Role.id == Membership.role_id)
        .where(Membership.user_id == user_id)
        .order_by(Membership.store_id)
    )
    return {row.store_id: row.name for row in rows}


async def _lock(tx: Tx, user_id: UUID) -> Membership | None:
    """The user's membership. Changes of one store's members take turns, so that its last two owners cannot both go."""
    await tx.execute(select(Store.id).where(Store.id == tx.store_id).with_for_update(key_share=True))
    return await tx.one_or_none(
        select(Membership).where(Membership.store_id == tx.store_id, Membership.user_id == user_id)
    )


async def _may_end(tx: Tx, membership: Membership) -> None:
    role = await tx.get(Role, membership.role_id)
    assert role is not None, "a membership's role is kept by its foreign key"
    _within_yours(tx.actor, role)
    if role.name != "owner":
        return
    others = await tx.scalars(
        select(Membership.id).where(
            Membership.store_id == tx.store_id, Membership.role_id == role.id, Membership.id != membership.id
        )
    )
    if not others:
        raise LastOwner()


def _within_yours(actor: Actor, role: Role) -> None:
    # The program itself (an installation's commands, a demo) may give every role.
    if actor.kind != "system" and not actor.permissions >= set(role.permissions):
        raise RoleBeyondYours(role=role.name)

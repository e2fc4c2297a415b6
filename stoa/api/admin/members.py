"""Who works in this store, and as what."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from stoa import people
from stoa.api.admin.who import StaffTx
from stoa.api.views import Act, Email, Page, View, whole_list
from stoa.edge.problems import refusals
from stoa.edge.routes import StaffRoute, needs
from stoa.people.errors import LastOwner, RoleBeyondYours, UnknownRole, UnknownUser

router = APIRouter(route_class=StaffRoute, tags=["members"])


class RoleView(View):
    """A role, the same in every store."""

    name: str
    permissions: list[str]


class MemberView(View):
    """Somebody who works here."""

    user_id: UUID
    email: str
    name: str
    role: str


class AddMember(Act):
    """A user, by e-mail, and what they are here."""

    email: Email
    role: str = Field(max_length=40, examples=["staff"])


class GiveRole(Act):
    """What they are here."""

    role: str = Field(max_length=40, examples=["manager"])


class RoleGiven(View):
    """Who has the role now."""

    user_id: UUID
    role: str


@router.get("/roles", summary="List roles")
@needs("people.manage")
async def list_roles(_tx: StaffTx) -> Page[RoleView]:
    """What each role may do."""
    rows = [RoleView(name=name, permissions=sorted(permissions)) for name, permissions in people.ROLES.items()]
    return whole_list(RoleView, rows)


@router.get("/members", summary="List members")
@needs("people.manage")
async def list_members(tx: StaffTx) -> Page[MemberView]:
    """Everybody who works here, by name; a store has few, so this is the only page."""
    return whole_list(MemberView, await people.members(tx))


@router.post(
    "/members",
    status_code=201,
    summary="Let somebody work here",
    responses=refusals(UnknownUser, UnknownRole, RoleBeyondYours, LastOwner),
)
@needs("people.manage")
async def add_member(body: AddMember, tx: StaffTx) -> RoleGiven:
    """A user of this installation, whom their e-mail names; the role they had before, if any, ends."""
    user = await people.user_of_email(tx, body.email)
    if user is None:
        raise UnknownUser()
    await people.give_role(tx, user_id=user.id, role=body.role)
    return RoleGiven(user_id=user.id, role=body.role)


@router.put(
    "/members/{user_id}/role",
    summary="Give another role",
    responses=refusals(UnknownUser, UnknownRole, RoleBeyondYours, LastOwner),
)
@needs("people.manage")
async def give_role(user_id: UUID, body: GiveRole, tx: StaffTx) -> RoleGiven:
    """To somebody who works here. Nobody gives a role that may do more than they may."""
    if user_id not in {member.user_id for member in await people.members(tx)}:
        raise UnknownUser()
    await people.give_role(tx, user_id=user_id, role=body.role)
    return RoleGiven(user_id=user_id, role=body.role)


@router.delete(
    "/members/{user_id}",
    status_code=204,
    summary="Let somebody work here no longer",
    responses=refusals(UnknownUser, RoleBeyondYours, LastOwner),
)
@needs("people.manage")
async def take_role(user_id: UUID, tx: StaffTx) -> None:
    """A store that has an owner keeps one."""
    await people.take_role(tx, user_id=user_id)

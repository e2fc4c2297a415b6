"""Staff sign in, for all the stores they work in, and read what they may do in this one."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import Field

from stoa import people
from stoa.api.admin.who import Asked, StaffTx
from stoa.api.views import Act, Email, Password, View
from stoa.edge.asking import bearer
from stoa.edge.problems import refusals
from stoa.edge.routes import SIGNED_IN, PlainRoute, StaffRoute, needs
from stoa.people.errors import TooManyAttempts, WrongCredentials

router = APIRouter(route_class=PlainRoute, tags=["sessions"])
own = APIRouter(route_class=StaffRoute, tags=["sessions"])


class SignIn(Act):
    """Who you are."""

    email: Email
    password: Password


class SessionOpened(View):
    """Keep the token: it is told once."""

    user_id: UUID
    token: str = Field(description="send it as “Authorization: Bearer …”", examples=["3vZ0yq4mQ2S1l0d8bYk0pA"])
    expires_at: datetime


class MeView(View):
    """Who asks, and what they may do in this store: nothing, where they do not work here."""

    kind: Literal["staff", "key"]
    id: UUID
    permissions: list[str] = Field(examples=[["orders.read"]])


@router.post("/sessions", status_code=201, summary="Sign in", responses=refusals(WrongCredentials, TooManyAttempts))
async def sign_in(body: SignIn, asking: Asked, request: Request) -> SessionOpened:
    """Begin a session, which holds in every store you work in; the one that is sent along, if any, ends."""
    signed = await people.sign_in(
        asking.house.database,
        email=body.email,
        password=body.password,
        address=asking.address,
        secret_key=asking.house.secret_key,
        previous=bearer(request),
        clock=asking.house.clock,
    )
    return SessionOpened.of(signed)


@own.delete("/sessions/current", status_code=204, summary="Sign out")
@needs(SIGNED_IN)
async def sign_out(tx: StaffTx, request: Request) -> None:
    """End the session that is sent. (A key does not end: it is revoked.)"""
    await people.sign_out(tx, bearer(request) or "")


@own.get("/me", summary="Read who you are")
@needs(SIGNED_IN)
async def read_me(tx: StaffTx) -> MeView:
    """The user or key behind the request, and their permissions in this store."""
    return MeView.model_validate(
        {"kind": tx.actor.kind, "id": tx.actor.id, "permissions": sorted(tx.actor.permissions)}
    )

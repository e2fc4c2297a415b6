"""Customers: register, sign in and out. These operations open their own transactions, since passwords are slow."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from stoa import customers
from stoa.api.store.who import Asked, StoreTx
from stoa.api.views import Act, Email, Name, Password, View
from stoa.customers.errors import UnknownCustomer
from stoa.edge.asking import bearer
from stoa.edge.problems import refusals
from stoa.edge.routes import PlainRoute, StoreRoute, signed_in, signed_in_alone
from stoa.kernel.emails import BadEmail
from stoa.people.errors import (
    PasswordTooLong,
    PasswordTooShort,
    PasswordUnprintable,
    TooManyAttempts,
    WrongCredentials,
    WrongPassword,
)

router = APIRouter(route_class=PlainRoute, tags=["customers"])
own = APIRouter(route_class=StoreRoute, tags=["customers"])

_PASSWORDS = (PasswordTooShort, PasswordTooLong, PasswordUnprintable)


class Register(Act):
    """A new account."""

    email: Email
    password: Password = Field(description="at least 10 characters, at most 72 bytes")
    name: Name = ""


class SignIn(Act):
    """Who you are."""

    email: Email
    password: Password


class SessionOpened(View):
    """Keep the token: it is told once."""

    customer_id: UUID
    token: str = Field(description="send it as “Authorization: Bearer …”", examples=["3vZ0yq4mQ2S1l0d8bYk0pA"])
    expires_at: datetime


class ChangePassword(Act):
    """The present password, and the one after it."""

    present: Password
    new: Password = Field(description="at least 10 characters, at most 72 bytes")


@router.post(
    "/customers",
    status_code=204,
    summary="Register",
    responses=refusals(BadEmail, *_PASSWORDS, TooManyAttempts),
)
async def register(body: Register, asking: Asked) -> None:
    """Open an account, then sign in. The answer is the same where the e-mail has one already: nobody learns that."""
    await customers.register(
        asking.house.database,
        store_id=asking.store.id,
        email=body.email,
        password=body.password,
        name=body.name,
        address=asking.address,
        clock=asking.house.clock,
    )


@router.post("/sessions", status_code=201, summary="Sign in", responses=refusals(WrongCredentials, TooManyAttempts))
async def sign_in(body: SignIn, asking: Asked, request: Request) -> SessionOpened:
    """Begin a session; the one that is sent along, if any, ends. Then claim the guest's cart."""
    signed = await customers.sign_in(
        asking.house.database,
        store_id=asking.store.id,
        email=body.email,
        password=body.password,
        address=asking.address,
        secret_key=asking.house.secret_key,
        previous=bearer(request),
        clock=asking.house.clock,
    )
    return SessionOpened.of(signed)


@own.delete("/sessions/current", status_code=204, summary="Sign out", dependencies=[Depends(signed_in)])
async def sign_out(tx: StoreTx, request: Request) -> None:
    """End the session that is sent."""
    await customers.sign_out(tx, bearer(request) or "")


@router.post(
    "/me/password",
    status_code=204,
    summary="Change your password",
    responses=refusals(WrongPassword, *_PASSWORDS, TooManyAttempts, UnknownCustomer),
)
async def change_password(
    body: ChangePassword, asking: Asked, customer_id: Annotated[UUID, Depends(signed_in_alone)], request: Request
) -> None:
    """Every other session of yours ends."""
    await customers.change_password(
        asking.house.database,
        store_id=asking.store.id,
        customer_id=customer_id,
        present=body.present,
        new=body.new,
        keep=bearer(request),
        clock=asking.house.clock,
    )

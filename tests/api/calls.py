"""Calling the APIs as their clients do: who asks is a set of headers, and every answer is read as what it is."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from starlette.types import ASGIApp

from stoa import people
from stoa.db.transaction import Database
from tests.conftest import SECRET_KEY
from tests.make import MadeStore
from tests.make.customers import signed_in_customer
from tests.make.people import PASSWORD, staff_member

STORE_API = "/api/store/v1"
ADMIN_API = "/api/admin/v1"

ADDRESS = {
    "name": "Ada Byron",
    "line1": "12 St James's Square",
    "city": "London",
    "postal_code": "SW1Y 4JH",
    "country": "GB",
}

_places = itertools.count(1)


def an_address() -> str:
    """A client address that nobody had before, for what is limited by address."""
    place = next(_places)
    return f"10.{place >> 16 & 255}.{place >> 8 & 255}.{place & 255}"


@dataclass
class Caller:
    """Somebody who calls one API of one store."""

    client: httpx.AsyncClient
    base: str
    headers: dict[str, str] = field(default_factory=dict)

    def as_(self, **headers: str) -> "Caller":
        """The same with more headers: `as_(cart_token="…")`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Caller(self.client, self.base, self.headers | named)

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Any request, as it is."""
        headers = self.headers | more.pop("headers", {})
        return await self.client.request(method, self.base + path, headers=headers, **more)

    async def get(self, path: str, **params: Any) -> Any:
        """What is read; fails the test where it is refused."""
        answer = await self.ask("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def do(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """What is answered to an act; fails the test where it is refused."""
        answer = await self.as_(**headers).ask(method, path, **({} if body is None else {"json": body}))
        assert answer.status_code in (200, 201, 204), answer.text
        return answer.json() if answer.content else None

    async def refused(self, status: int, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The problem document of a refusal with this status; fails the test where it is another answer."""
        answer = await self.as_(**headers).ask(method, path, **({} if body is None else {"json": body}))
        assert answer.status_code == status, (answer.status_code, answer.text)
        return problem_of(answer)


def problem_of(answer: httpx.Response) -> Any:
    """A refusal as the problem document it has to be."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"] == "about:blank"
    assert problem["title"]
    assert problem["detail"].endswith((".", "below.")), problem["detail"]
    assert problem["code"]
    assert problem["request_id"] == answer.headers["x-request-id"]
    return problem


@asynccontextmanager
async def in_process(app: ASGIApp, host: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app in this process, which calls from an address of its own."""
    transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 50_000))
    headers = {"x-forwarded-for": an_address()}
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}", headers=headers) as client:
        yield client


async def customer_session(database: Database, store: MadeStore, email: str = "ben@example.com") -> str:
    """A customer who registered and signed in; their session as a header."""
    return f"Bearer {(await signed_in_customer(database, store.id, email)).token}"


async def staff_session(database: Database, store: MadeStore, role: str = "owner") -> str:
    """Somebody who works in the store and signed in; their session as a header."""
    user = await staff_member(database, store.id, role)
    signed = await people.sign_in(
        database, email=user.email, password=PASSWORD, address=an_address(), secret_key=SECRET_KEY
    )
    return f"Bearer {signed.token}"


async def api_key(database: Database, store: MadeStore, *scopes: str) -> str:
    """A key of the store with these permissions, or all of them; as a header."""
    async with database.store(store.id) as tx:
        _, plain = await people.create_key(
            tx, name="A program", scopes=scopes or people.PERMISSIONS, secret_key=SECRET_KEY
        )
    return f"Bearer {plain}"


async def open_cart(shop: Caller, *wanted: tuple[UUID, int]) -> tuple[str, Caller]:
    """A guest's cart with these units in it: its path, and the guest with its token."""
    opened = await shop.do("POST", "/carts")
    guest = shop.as_(cart_token=opened["token"])
    for variant_id, quantity in wanted:
        await guest.do("POST", f"/carts/{opened['id']}/lines", {"variant_id": str(variant_id), "quantity": quantity})
    return f"/carts/{opened['id']}", guest


async def ready_cart(shop: Caller, *wanted: tuple[UUID, int]) -> tuple[str, Caller, dict[str, Any]]:
    """A guest's cart that could be bought: its path, the guest, and its quote."""
    cart, guest = await open_cart(shop, *wanted)
    await guest.do("PUT", f"{cart}/contact", {"email": "ada@example.com", "shipping": ADDRESS})
    return cart, guest, await guest.do("POST", f"{cart}/quotes")


async def buy(shop: Caller, *wanted: tuple[UUID, int], method: str = "test") -> dict[str, Any]:
    """An order of a guest, as completing the cart answered it."""
    cart, guest, quote = await ready_cart(shop, *wanted)
    order: dict[str, Any] = await guest.do(
        "POST", f"{cart}/complete", {"quote_id": quote["id"], "payment_method": method}
    )
    return order

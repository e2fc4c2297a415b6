"""Somebody with a browser that knows HTML, cookies and forms, and nothing else: no script and no style."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

import httpx
from starlette.types import ASGIApp

from tests.api.calls import an_address
from tests.storefront.markup import Node, read

ADDRESS = {
    "email": "ada@example.com",
    "name": "Ada Byron",
    "line1": "12 St James's Square",
    "city": "London",
    "postal_code": "SW1Y 4JH",
    "country": "GB",
}


@dataclass
class Page:
    """What came back."""

    answer: httpx.Response

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.answer.status_code

    @property
    def path(self) -> str:
        """Where it is."""
        return self.answer.request.url.path

    @cached_property
    def tree(self) -> Node:
        """The document."""
        return read(self.answer.text)

    @property
    def main(self) -> str:
        """The words of the page, without its frame."""
        return next(self.tree.all("main")).text

    def titles(self, kind: str = "card-title") -> list[str]:
        """The words of every element of this class."""
        return [node.text for node in self.tree.all() if kind in node.get("class").split()]

    def link(self, text: str) -> str:
        """Where the link with these words leads."""
        return next(node.get("href") for node in self.tree.all("a") if node.text == text)

    def has_link(self, text: str) -> bool:
        """Whether there is such a link."""
        return any(node.text == text for node in self.tree.all("a"))

    def form(self, action: str) -> dict[str, str]:
        """The fields of the form that is sent there, as they stand."""
        form = next(node for node in self.tree.all("form") if node.get("action") == action)
        return dict(_fields(form))

    def actions(self, beginning: str) -> list[str]:
        """Where the forms lead that begin so."""
        return [node.get("action") for node in self.tree.all("form") if node.get("action").startswith(beginning)]


def _fields(form: Node) -> Iterator[tuple[str, str]]:
    for node in form.all("input", "select", "textarea"):
        name, kind = node.get("name"), node.get("type")
        if not name or (kind in ("radio", "checkbox") and "checked" not in node.attrs):
            continue
        if node.tag == "select":
            chosen = [option.get("value") for option in node.all("option") if "selected" in option.attrs]
            yield name, chosen[0] if chosen else ""
        else:
            yield name, node.text if node.tag == "textarea" else node.get("value")


@dataclass
class Shopper:
    """One browser at one shop."""

    client: httpx.AsyncClient

    async def open(self, path: str, headers: Mapping[str, str] | None = None) -> Page:
        """Go there."""
        return await self._arrive(await self.client.get(path, headers=headers))

    async def send(self, page: Page, action: str, **typed: str) -> Page:
        """Fill in the page's form with this action and send it; where it leads."""
        return await self.send_saying({}, page, action, **typed)

    async def send_saying(self, headers: Mapping[str, str], page: Page, action: str, **typed: str) -> Page:
        """The same, with what a browser says beside a form."""
        return await self._arrive(await self.client.post(action, data=page.form(action) | typed, headers=headers))

    async def put_in_cart(self, slug: str, quantity: int = 1, **typed: str) -> Page:
        """Open a product and put it in the cart."""
        page = await self.open(f"/products/{slug}")
        return await self.send(page, f"/products/{slug}", quantity=str(quantity), **typed)

    async def buy(self, slug: str, **typed: str) -> Page:
        """One of it, sent to Ada: the order's page."""
        await self.put_in_cart(slug)
        return await self.send(await self.open("/checkout"), "/checkout", **(ADDRESS | typed))

    async def _arrive(self, answer: httpx.Response) -> Page:
        for _ in range(5):
            if answer.status_code != 303:
                return Page(answer)
            to = urlsplit(answer.headers["location"])
            assert not to.netloc, "a form never leads out of the shop"
            answer = await self.client.get(answer.headers["location"])
        raise AssertionError("it leads in a circle")


@asynccontextmanager
async def shopper_at(app: ASGIApp, host: str, scheme: str = "http") -> AsyncIterator[Shopper]:
    """A new browser at this shop, calling from an address of its own."""
    transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 50_000))
    headers = {"x-forwarded-for": an_address()}
    async with httpx.AsyncClient(transport=transport, base_url=f"{scheme}://{host}", headers=headers) as client:
        yield Shopper(client)

"""A crowd that buys over HTTP all the time, and remembers what it was promised.

Each shopper does what a careful client does: every act carries a key, and is sent again with the same key until it is
answered. What counts as no answer is a lost connection, 503 with Retry-After, and 409 of a request in progress.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx

from tests.api.calls import ADDRESS, STORE_API, an_address
from tests.faults.waiting import LONGEST_SECONDS, until
from tests.make.ready_carts import ReadyCart

ANSWER_SECONDS = 20.0
_PAUSE_SECONDS = 0.1
# Made once: every client would make its own, for connections that use none.
_TLS = httpx.create_ssl_context()


class NotAnswered(Exception):
    """A shopper asked again and again, and gave up."""


class Surprise(Exception):
    """An answer that no fault of the surroundings explains."""


@dataclass(frozen=True)
class Promise:
    """A purchase that was answered with 201 (or 200, when the first answer was lost)."""

    cart_id: UUID
    units: int
    path: str
    body: dict[str, Any]
    headers: dict[str, str]
    answer: dict[str, Any]

    @property
    def order_id(self) -> UUID:
        """The order it was answered with."""
        return UUID(self.answer["id"])


@dataclass
class Crowd:
    """Shoppers of one store, and what they lived to see."""

    url: str
    host: str
    variants: list[UUID]
    ready: list[ReadyCart] = field(default_factory=list)
    # Tokens of cards; without any, everybody pays by the method that needs none.
    cards: Sequence[str] = ()
    promises: list[Promise] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    given_up: list[str] = field(default_factory=list)
    _leaves: bool = False

    @asynccontextmanager
    async def buying(self, *, shoppers: int = 4, in_a_hurry: int = 16) -> AsyncIterator["Crowd"]:
        """Buy while the block lasts; at its end everybody finishes what they began.

        `shoppers` fill carts of their own; those in a hurry only buy the carts that are ready, one after another.
        """
        self._leaves = False
        ways = [self._fill_and_buy] * shoppers + [self._buy_ready] * in_a_hurry
        tasks = [asyncio.create_task(self._shop(way)) for way in ways]
        try:
            yield self
        finally:
            self._leaves = True
            await asyncio.gather(*tasks)

    async def buys(self, orders: int) -> None:
        """Wait until so many more orders were promised."""
        goal = len(self.promises) + orders
        await until(lambda: len(self.promises) >= goal or bool(self.given_up), f"{orders} more orders; {self.seen}")
        assert not self.given_up, self.given_up

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:
        """One shopper's connection, from an address of its own."""
        headers = {"host": self.host, "x-forwarded-for": an_address()}
        async with httpx.AsyncClient(
            base_url=self.url + STORE_API, headers=headers, timeout=ANSWER_SECONDS, trust_env=False, verify=_TLS
        ) as client:
            yield client

    async def answer(
        self, client: httpx.AsyncClient, method: str, path: str, body: Any = None, *, headers: dict[str, str]
    ) -> tuple[int, Any]:
        """Status and document of the answer, asked for until there is one."""
        answer = await self._answered(client, method, path, body, headers)
        return answer.status_code, answer.json()

    async def _shop(self, buy: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
        async with self.client() as client:
            while not self._leaves and not self.given_up:
                try:
                    await buy(client)
                except (NotAnswered, Surprise) as error:
                    self.given_up.append(repr(error))

    async def _buy_ready(self, client: httpx.AsyncClient) -> None:
        if not self.ready:
            await self._fill_and_buy(client)
            return
        cart = self.ready.pop()
        await self._buy(client, cart.id, cart.token, cart.quote_id, cart.units)

    async def _fill_and_buy(self, client: httpx.AsyncClient) -> None:
        opened = await self._insist(client, "POST", "/carts")
        cart, token = f"/carts/{opened['id']}", {"cart-token": opened["token"]}
        wanted = random.sample(self.variants, random.randint(1, 2))
        for variant_id in wanted:
            await self._insist(client, "POST", f"{cart}/lines", {"variant_id": str(variant_id), "quantity": 2}, token)
        await self._insist(client, "PUT", f"{cart}/contact", {"email": "ada@example.com", "shipping": ADDRESS}, token)
        quote = await self._insist(client, "POST", f"{cart}/quotes", None, token)
        await self._buy(client, UUID(opened["id"]), opened["token"], UUID(quote["id"]), 2 * len(wanted))

    async def _buy(self, client: httpx.AsyncClient, cart_id: UUID, token: str, quote_id: UUID, units: int) -> None:
        cart = f"/carts/{cart_id}"
        while True:
            body = {"quote_id": str(quote_id), **self._way()}
            headers = {"cart-token": token, "idempotency-key": uuid4().hex}
            answer = await self._answered(client, "POST", f"{cart}/complete", body, headers)
            if answer.status_code in (200, 201):
                self.promises.append(Promise(cart_id, units, f"{cart}/complete", body, headers, answer.json()))
                return
            if answer.json().get("code") != "checkout.quote_changed":
                raise Surprise(f"completing was answered {answer.status_code}: {answer.text}")
            self.seen["quoted again"] += 1
            quote_id = UUID((await self._insist(client, "POST", f"{cart}/quotes", None, {"cart-token": token}))["id"])

    def _way(self) -> dict[str, str]:
        if not self.cards:
            return {"payment_method": "test"}
        return {"payment_method": "card", "token": random.choice(self.cards), "return_url": "https://shop.example/"}

    async def _insist(
        self, client: httpx.AsyncClient, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Any:
        keyed = {"idempotency-key": uuid4().hex, **(headers or {})}
        answer = await self._answered(client, method, path, body, keyed)
        if answer.status_code not in (200, 201, 204):
            raise Surprise(f"{method} {path} was answered {answer.status_code}: {answer.text}")
        return answer.json() if answer.content else None

    async def _answered(
        self, client: httpx.AsyncClient, method: str, path: str, body: Any, headers: dict[str, str]
    ) -> httpx.Response:
        """The answer, after as many tries as it takes."""
        end = time.monotonic() + LONGEST_SECONDS
        why = "never tried"
        while time.monotonic() < end:
            try:
                answer = await client.request(method, path, json=body, headers=headers)
            except httpx.TransportError as error:
                why = type(error).__name__
            else:
                if not _asks_to_come_again(answer):
                    self.seen[str(answer.status_code)] += 1
                    return answer
                why = f"{answer.status_code} {answer.json()['code']}"
            self.seen[why] += 1
            await asyncio.sleep(_PAUSE_SECONDS)
        raise NotAnswered(f"{method} {path}: {why}")


def _asks_to_come_again(answer: httpx.Response) -> bool:
    if answer.status_code == 503 or (answer.status_code == 409 and "retry-after" in answer.headers):
        if "retry-after" not in answer.headers:
            raise Surprise(f"503 without Retry-After: {answer.text}")
        return True
    return False

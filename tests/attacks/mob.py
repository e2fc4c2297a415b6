"""Many clients of one store who all ask at the same moment."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import func, select

from stoa.db.engine import connect
from stoa.db.transaction import Database
from stoa.db.urls import Urls
from stoa.inventory.models import StockLevel
from stoa.laws.checking import laws
from stoa.orders.models import Order
from tests.api.calls import STORE_API, an_address
from tests.conftest import SECRET_KEY, open_a_store
from tests.make import MadeStore, Make
from tests.make.ready_carts import ReadyCart, ready_carts
from tests.serving import Served

CLIENTS = 32
# Made once: every client would make its own, for connections that use none.
_TLS = httpx.create_ssl_context()


@dataclass(frozen=True)
class Ask:
    """One request to be sent: to the store's API, unless the path begins with another. `content` is sent as it is."""

    method: str
    path: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes | None = None


def buying(cart: ReadyCart, *, key: str | None = None, card: str | None = None, **headers: str) -> Ask:
    """Completing a cart that is ready, by a card where its token is given."""
    keyed = {} if key is None else {"idempotency-key": key}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = cart.body() if card is None else {**cart.body("card"), "token": card, "return_url": "https://a.example/"}
    return Ask("POST", cart.path, body, {"cart-token": cart.token, **keyed, **named})


@dataclass
class Mob:
    """Clients with a connection and an address each, at one store of one server."""

    database: Database
    urls: Urls
    store: MadeStore
    clients: list[httpx.AsyncClient]

    @classmethod
    @asynccontextmanager
    async def at(cls, served: Served, database: Database, urls: Urls, **settings: Any) -> AsyncIterator["Mob"]:
        """A new store, and the clients connected."""
        store = await open_a_store(database, **settings)
        clients = [
            httpx.AsyncClient(
                base_url=served.url,
                headers={"host": store.host, "x-forwarded-for": an_address()},
                timeout=60,
                trust_env=False,
                verify=_TLS,
            )
            for _ in range(CLIENTS)
        ]
        try:
            await asyncio.gather(*(client.get(f"{STORE_API}/store") for client in clients))
            yield cls(database, urls, store, clients)
        finally:
            await asyncio.gather(*(client.aclose() for client in clients))

    async def variant(self, *, stock: int, **more: Any) -> UUID:
        """Something to sell."""
        async with self.database.store(self.store.id) as tx:
            return (await Make(tx).variant(stock=stock, **more)).id

    async def carts(self, count: int, *wanted: tuple[UUID, int], code: str | None = None) -> list[ReadyCart]:
        """So many carts with these units, ready to be bought."""
        return await ready_carts(self.database, self.store.id, *wanted, count=count, secret_key=SECRET_KEY, code=code)

    async def sends(self, asks: Iterable[Ask]) -> list[httpx.Response]:
        """Every request once, all clients at work; the answers in the order of the requests."""
        waiting = list(enumerate(asks))[::-1]
        answers: dict[int, httpx.Response] = {}

        async def work(client: httpx.AsyncClient) -> None:
            while waiting:
                n, ask = waiting.pop()
                path = ask.path if ask.path.startswith("/api/") else STORE_API + ask.path
                answers[n] = await client.request(
                    ask.method, path, json=ask.body, content=ask.content, headers=ask.headers
                )

        await asyncio.gather(*map(work, self.clients))
        return [answers[n] for n in sorted(answers)]

    async def orders(self) -> list[Order]:
        """Every order of the store."""
        async with self.database.store(self.store.id) as tx:
            return list(await tx.scalars(select(Order)))

    async def committed(self) -> int:
        """Units promised to orders, over all levels."""
        async with self.database.store(self.store.id) as tx:
            return int(await tx.one_or_none(select(func.sum(StockLevel.committed))) or 0)

    async def assert_laws_hold(self) -> None:
        """Every law, as far as this store is concerned."""
        reader = await connect(self.urls.reader)
        try:
            for law in laws():
                if "store_id" in law.query.split("FROM")[0]:
                    rows = await reader.fetch(
                        f"SELECT * FROM ({law.query}) broken WHERE store_id = $1 LIMIT 5", self.store.id
                    )
                    assert not rows, (law.name, rows)
        finally:
            await reader.close()


def told(answers: Iterable[httpx.Response]) -> Counter[str]:
    """How often each answer was given: by its status where something was done, else by the refusal's code."""
    return Counter(
        str(answer.status_code) if answer.is_success else f"{answer.status_code} {answer.json()['code']}"
        for answer in answers
    )

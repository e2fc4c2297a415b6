"""PostgreSQL goes away and comes back: 503 and Retry-After meanwhile, and no restart needed.

What stands between is a proxy of our own, so that one house loses its database while the tests keep theirs.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import URL, make_url

from stoa.app import serve_house
from stoa.config import Config
from stoa.db.transaction import Database
from stoa.db.urls import Urls
from stoa.edge.house import House
from stoa.orders.models import Order
from tests.api.calls import STORE_API, Caller, in_process, problem_of, ready_cart
from tests.conftest import SECRET_KEY
from tests.make import MadeStore, Make


@dataclass
class Line:
    """A TCP line to PostgreSQL that can be cut and mended."""

    to: URL
    port: int = 0
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def mend(self) -> None:
        """Let connections through; the same port every time."""
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """End every connection, and let none be made."""
        assert self._server is not None
        self._server.close()
        for writer in list(self._open):
            writer.transport.abort()
        await asyncio.sleep(0)

    async def end_connections(self) -> None:
        """End every connection; new ones are let through, as after a restart of PostgreSQL."""
        for writer in list(self._open):
            writer.transport.abort()
        await asyncio.sleep(0)

    @property
    def url(self) -> str:
        """How to connect over it."""
        return URL.create(
            "postgresql", self.to.username, self.to.password, "127.0.0.1", self.port, self.to.database
        ).render_as_string(hide_password=False)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        folder = self.to.query.get("host")
        if isinstance(folder, str):
            port = self.to.query.get("port", "5432")
            there_reader, there_writer = await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{port}")
        else:
            there_reader, there_writer = await asyncio.open_connection(self.to.host, self.to.port or 5432)
        self._open |= {writer, there_writer}
        with suppress(OSError):
            await asyncio.gather(_copy(reader, there_writer), _copy(there_reader, writer), return_exceptions=True)
        self._open -= {writer, there_writer}


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


@pytest.fixture
async def line(urls: Urls) -> AsyncIterator[Line]:
    """A line that stands."""
    line = Line(make_url(urls.server))
    await line.mend()
    yield line
    await line.cut()


@pytest.fixture
async def shop(line: Line, store: MadeStore) -> AsyncIterator[Caller]:
    """A guest of a store whose server reaches PostgreSQL over the line."""
    house = House.open(Config(server_url=line.url, secret_key=SECRET_KEY))
    async with in_process(serve_house(house), store.host) as client:
        yield Caller(client, STORE_API)
    await house.close()


def assert_away(answer: httpx.Response) -> None:
    assert (answer.status_code, problem_of(answer)["code"]) in {(503, "database.away"), (503, "checkout.unavailable")}
    assert answer.headers["retry-after"] == "2"


async def test_reading_and_writing_answer_503_and_go_on_afterwards(shop: Caller, line: Line):
    before = await shop.get("/store")
    cart = await shop.do("POST", "/carts")

    await line.cut()
    for _ in range(3):
        assert_away(await shop.ask("GET", "/store"))
        assert_away(await shop.ask("POST", "/carts"))
        assert_away(await shop.as_(cart_token=cart["token"]).ask("GET", f"/carts/{cart['id']}"))

    await line.mend()
    assert await shop.get("/store") == before
    assert (await shop.as_(cart_token=cart["token"]).get(f"/carts/{cart['id']}"))["units"] == 0


async def test_buying_answers_503_and_sent_again_is_one_order(
    shop: Caller, line: Line, database: Database, store: MadeStore
):
    async with database.store(store.id) as tx:
        mug = (await Make(tx).variant(stock=5)).id
    cart, guest, quote = await ready_cart(shop, (mug, 1))
    body = {"quote_id": quote["id"], "payment_method": "test"}
    keyed = guest.as_(idempotency_key="buy")

    await line.cut()
    assert_away(await keyed.ask("POST", f"{cart}/complete", json=body))

    await line.mend()
    order = await keyed.do("POST", f"{cart}/complete", body)
    again = await keyed.do("POST", f"{cart}/complete", body)
    assert order == again
    async with database.store(store.id) as tx:
        assert await tx.one_or_none(select(func.count()).select_from(Order).where(Order.store_id == store.id)) == 1


async def test_after_a_restart_of_postgresql_no_answer_is_lost(shop: Caller, line: Line):
    before = await asyncio.gather(*(shop.get("/store") for _ in range(5)))

    await line.end_connections()

    assert [await shop.get("/store") for _ in range(5)] == before


async def test_a_server_that_starts_without_its_database_answers_once_it_is_there(urls: Urls, store: MadeStore):
    line = Line(make_url(urls.server))
    await line.mend()
    await line.cut()
    house = House.open(Config(server_url=line.url, secret_key=SECRET_KEY))

    async with in_process(serve_house(house), store.host) as client:
        shop = Caller(client, STORE_API)
        assert_away(await shop.ask("GET", "/store"))
        await line.mend()
        assert (await shop.get("/store"))["name"] == "The Test Shop"

    await house.close()
    await line.cut()

"""A house of the tests with both APIs, in this process; and one in a process of its own."""

from collections.abc import AsyncIterator, Iterator
from ipaddress import ip_network

import pytest
from starlette.types import ASGIApp

from stoa.app import serve_house
from stoa.config import Config
from stoa.db.transaction import Database
from stoa.db.urls import Urls
from stoa.edge.house import House
from tests.api.calls import ADMIN_API, STORE_API, Caller, in_process, staff_session
from tests.conftest import SECRET_KEY
from tests.make import MadeStore
from tests.serving import Served, serving


@pytest.fixture(scope="session")
async def house(urls: Urls) -> AsyncIterator[House]:
    """Connected like a server process, which trusts the tests' own address as a proxy."""
    house = House.open(
        Config(server_url=urls.server, secret_key=SECRET_KEY, trusted_proxies=(ip_network("127.0.0.1"),))
    )
    yield house
    await house.close()


@pytest.fixture(scope="session")
def app(house: House) -> ASGIApp:
    """Both APIs and the pages, in this process."""
    return serve_house(house)


@pytest.fixture(scope="session")
def served(urls: Urls) -> Iterator[Served]:
    """The same in a process of its own, over real HTTP."""
    with serving(urls.server, SECRET_KEY) as served:
        yield served


@pytest.fixture
async def shop(app: ASGIApp, store: MadeStore) -> AsyncIterator[Caller]:
    """A guest of the store."""
    async with in_process(app, store.host) as client:
        yield Caller(client, STORE_API)


@pytest.fixture
async def other_shop(app: ASGIApp, other_store: MadeStore) -> AsyncIterator[Caller]:
    """A guest of another store."""
    async with in_process(app, other_store.host) as client:
        yield Caller(client, STORE_API)


@pytest.fixture
async def back_office(app: ASGIApp, store: MadeStore) -> AsyncIterator[Caller]:
    """Nobody in particular at the store's admin API."""
    async with in_process(app, store.host) as client:
        yield Caller(client, ADMIN_API)


@pytest.fixture
async def owner(back_office: Caller, database: Database, store: MadeStore) -> Caller:
    """The store's owner, signed in."""
    return back_office.as_(authorization=await staff_session(database, store))

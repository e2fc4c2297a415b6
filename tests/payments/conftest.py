"""A store that takes cards, through the test provider, and everybody who deals with its orders."""

from collections.abc import AsyncIterator

import pytest
from starlette.types import ASGIApp

from stoa.db.engine import connect
from stoa.db.transaction import Database
from stoa.db.urls import Urls
from stoa.payments.providers import Providers
from tests.api.calls import STORE_API, Caller, customer_session, in_process
from tests.api.conftest import app, back_office, house, owner
from tests.conftest import SECRET_KEY, open_a_store
from tests.make import MadeStore
from tests.payments.till import Till

__all__ = ["app", "back_office", "house", "owner"]

CARDS = {"payment_methods": ["card", "bank_transfer", "cash_on_delivery", "test"], "card_provider": "test"}


@pytest.fixture
async def store(database: Database) -> MadeStore:
    """A store that takes cards, and the money at once."""
    return await open_a_store(database, **CARDS)


@pytest.fixture(autouse=True)
async def pretence(urls: Urls, store: MadeStore) -> AsyncIterator[None]:
    """What the test provider was made to have wrong goes with the test: others look at the laws of all stores."""
    yield
    assert urls.admin is not None
    admin = await connect(urls.admin)
    await admin.execute("DELETE FROM test_charges WHERE store_id = $1", store.id)
    await admin.close()


@pytest.fixture
async def shop(app: ASGIApp, store: MadeStore) -> AsyncIterator[Caller]:
    """A guest of the store."""
    async with in_process(app, store.host) as client:
        yield Caller(client, STORE_API)


@pytest.fixture
def providers(database: Database) -> Providers:
    """The providers of the installation."""
    return Providers(database, SECRET_KEY)


@pytest.fixture
def till(database: Database, store: MadeStore, shop: Caller) -> Till:
    """The store's till."""
    return Till(database, store, shop)


@pytest.fixture
async def customer(database: Database, store: MadeStore, shop: Caller) -> Caller:
    """Somebody with an account, signed in."""
    return shop.as_(authorization=await customer_session(database, store))

"""A receiver and a post office, new for each test."""

from collections.abc import AsyncIterator

import pytest

from stoa.db.transaction import Database
from tests.make import MadeStore
from tests.webhooks.post import Post
from tests.webhooks.receiver import Receiver, receiving


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """One that takes everything."""
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
def post(database: Database, store: MadeStore) -> Post:
    """The store's."""
    return Post(database, store)

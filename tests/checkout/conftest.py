"""A shop for each test of placing."""

from collections.abc import AsyncIterator

import pytest

from stoa.db.transaction import Database
from tests.checkout.shop import Shop


@pytest.fixture
async def shop(database: Database) -> AsyncIterator[Shop]:
    """An empty store; `opens` fills it."""
    shop = Shop(database)
    yield shop
    await shop.close()

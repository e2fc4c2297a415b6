"""A server process that all attacks share, and a mob of clients at a store of its own."""

from collections.abc import AsyncIterator

import pytest

from stoa.db.transaction import Database
from stoa.db.urls import Urls
from tests.api.conftest import served
from tests.attacks.mob import Mob
from tests.serving import Served

__all__ = ["mob", "served"]


@pytest.fixture
async def mob(served: Served, database: Database, urls: Urls) -> AsyncIterator[Mob]:
    """Clients of a new store. Whatever they did, no law is broken afterwards."""
    async with Mob.at(served, database, urls) as mob:
        yield mob
        await mob.assert_laws_hold()

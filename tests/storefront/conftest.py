"""Shoppers: one who reads HTML in this process, and one in a real browser over real HTTP."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser
from starlette.types import ASGIApp

from tests.api.conftest import app, house, served
from tests.browser import launched
from tests.make import MadeStore
from tests.storefront.shopper import Shopper, shopper_at

__all__ = ["app", "house", "served"]


@pytest.fixture
async def shopper(app: ASGIApp, store: MadeStore) -> AsyncIterator[Shopper]:
    """A guest of the store."""
    async with shopper_at(app, store.host) as shopper:
        yield shopper


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium."""
    async with launched() as browser:
        yield browser

"""Browsers of other origins: each store says which of them may call it."""

from collections.abc import AsyncIterator

import pytest
from starlette.types import ASGIApp

from stoa.db.transaction import Database
from tests.api.calls import STORE_API, Caller, in_process
from tests.conftest import open_a_store

ALLOWED = "https://front.example"


@pytest.fixture
async def open_shop(app: ASGIApp, database: Database) -> AsyncIterator[Caller]:
    """A store that lets one origin call."""
    store = await open_a_store(database, cors_origins=[ALLOWED])
    async with in_process(app, store.host) as client:
        yield Caller(client, STORE_API)


async def test_an_allowed_origin_reads_the_answer(open_shop: Caller):
    answer = await open_shop.as_(origin=ALLOWED).ask("GET", "/store")

    assert answer.headers["access-control-allow-origin"] == ALLOWED
    assert "ETag" in answer.headers["access-control-expose-headers"]
    assert "Origin" in answer.headers["vary"]
    assert "access-control-allow-credentials" not in answer.headers


async def test_another_origin_gets_an_answer_that_its_browser_keeps_from_it(open_shop: Caller, shop: Caller):
    strange = await open_shop.as_(origin="https://front.example.evil").ask("GET", "/store")
    elsewhere = await shop.as_(origin=ALLOWED).ask("GET", "/store")

    assert "access-control-allow-origin" not in strange.headers
    assert "access-control-allow-origin" not in elsewhere.headers
    assert "Origin" in strange.headers["vary"]


async def test_a_preflight_is_answered_before_the_store_is_asked_anything_else(open_shop: Caller):
    asking = open_shop.as_(access_control_request_method="POST", access_control_request_headers="Cart-Token")

    allowed = await asking.as_(origin=ALLOWED).ask("OPTIONS", "/carts")
    refused = await asking.as_(origin="https://other.example").ask("OPTIONS", "/carts")

    assert allowed.status_code == 204
    assert allowed.headers["access-control-allow-origin"] == ALLOWED
    assert "POST" in allowed.headers["access-control-allow-methods"]
    assert "Idempotency-Key" in allowed.headers["access-control-allow-headers"]
    assert refused.status_code == 204
    assert not [name for name in refused.headers if name.startswith("access-control-")]


async def test_a_refusal_can_be_read_by_an_allowed_origin_too(open_shop: Caller):
    answer = await open_shop.as_(origin=ALLOWED).ask("GET", "/products/none")

    assert answer.status_code == 404
    assert answer.headers["access-control-allow-origin"] == ALLOWED

"""Which store a request is for: its host, else the Stoa-Store header, else its key; never a default one."""

import asyncio
from typing import Any

import pytest
from starlette.types import ASGIApp

from stoa.db.transaction import Database
from stoa.edge.directory import Directory
from stoa.stores.models import Store, StoreState
from tests.api.calls import ADMIN_API, STORE_API, Caller, api_key, in_process, staff_session
from tests.conftest import open_a_store
from tests.make import MadeStore


async def test_an_unknown_host_is_404(app: ASGIApp):
    async with in_process(app, "nobody.example") as client:
        refusal = await Caller(client, STORE_API).refused(404, "GET", "/store")

    assert refusal["code"] == "stores.unknown"
    assert refusal["detail"] == "No store is reached at nobody.example; ask at one of the store's own host names."


async def test_where_the_host_leads_nowhere_the_header_names_the_store(app: ASGIApp, store: MadeStore):
    async with in_process(app, "api.example") as client:
        caller = Caller(client, STORE_API)

        assert (await caller.as_(stoa_store=store.slug).get("/store"))["name"] == "The Test Shop"
        assert (await caller.refused(404, "GET", "/store", stoa_store="no-such-shop"))["code"] == "stores.unknown"


async def test_host_and_header_that_lead_to_two_stores_are_refused(
    shop: Caller, store: MadeStore, other_store: MadeStore
):
    same = await shop.as_(stoa_store=store.slug).get("/store")

    assert same["name"] == "The Test Shop"
    assert (await shop.refused(422, "GET", "/store", stoa_store=other_store.slug))["code"] == "stores.ambiguous"
    assert (await shop.refused(422, "GET", "/store", stoa_store="no-such-shop"))["code"] == "stores.ambiguous"


async def test_a_key_leads_to_its_store_where_nothing_else_does(
    app: ASGIApp, database: Database, store: MadeStore, other_store: MadeStore
):
    key = await api_key(database, store)
    async with in_process(app, "api.example") as client:
        caller = Caller(client, ADMIN_API, {"authorization": key})

        assert (await caller.get("/me"))["kind"] == "key"
        assert (await caller.refused(401, "GET", "/me", stoa_store=other_store.slug))["code"] == "people.not_signed_in"
        assert (await caller.refused(404, "GET", "/me", stoa_store="no-such-shop"))["code"] == "stores.unknown"


async def test_a_host_is_read_without_case_and_port(app: ASGIApp, store: MadeStore):
    async with in_process(app, f"{store.host.upper()}:8443") as client:
        assert (await Caller(client, STORE_API).get("/store"))["name"] == "The Test Shop"


async def test_a_suspended_store_is_503_for_everybody(app: ASGIApp, database: Database):
    store = await open_a_store(database)
    owner = await staff_session(database, store)
    async with database.platform() as tx:
        row = await tx.get(Store, store.id)
        assert row is not None
        row.state = StoreState.SUSPENDED

    async with in_process(app, store.host) as client:
        shopper = await client.get(f"{STORE_API}/store")
        staff = await client.get(f"{ADMIN_API}/orders", headers={"authorization": owner})

    for answer in (shopper, staff):
        assert (answer.status_code, answer.json()["code"]) == (503, "stores.suspended")
        assert answer.headers["retry-after"] == "2"


async def test_many_who_come_at_once_have_the_store_looked_up_once_and_who_goes_away_takes_it_from_nobody(
    database: Database, store: MadeStore, monkeypatch: pytest.MonkeyPatch
):
    directory, look_up, looked_up = Directory(database), Directory._read, list[Any]()

    async def counted(self: Directory, condition: Any) -> Any:
        looked_up.append(condition)
        return await look_up(self, condition)

    monkeypatch.setattr(Directory, "_read", counted)
    first, *others = [asyncio.create_task(directory.find(host=store.host)) for _ in range(50)]
    await asyncio.sleep(0)
    first.cancel()

    assert {(await each).id for each in others} == {store.id}
    assert len(looked_up) == 1


async def test_a_deleted_store_is_reached_no_more(app: ASGIApp, database: Database):
    store = await open_a_store(database)
    async with database.platform() as tx:
        row = await tx.get(Store, store.id)
        assert row is not None
        row.deleted_at = tx.now

    async with in_process(app, store.host) as client:
        assert (await Caller(client, STORE_API).refused(404, "GET", "/store"))["code"] == "stores.unknown"

"""Staff see what providers were asked, take what is promised, and keep the store's keys where nobody reads them."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from starlette.types import ASGIApp

from stoa.db.transaction import Database
from stoa.orders.attempting import talk
from stoa.payments.accounts import account_of
from stoa.payments.models import PaymentAccount
from stoa.payments.providers import Providers
from tests.api.calls import ADMIN_API, Caller, in_process, staff_session
from tests.conftest import SECRET_KEY, open_a_store
from tests.make import MadeStore
from tests.payments.till import Till


@pytest.fixture
async def store(database: Database) -> MadeStore:
    """A store whose staff take the money themselves."""
    return await open_a_store(
        database, payment_methods=["card", "bank_transfer"], card_provider="test", card_capture="manual"
    )


@pytest.fixture
async def clerk(app: ASGIApp, database: Database, store: MadeStore) -> AsyncIterator[Caller]:
    """Somebody who works in the shop."""
    async with in_process(app, store.host) as client:
        yield Caller(client, ADMIN_API).as_(authorization=await staff_session(database, store, "staff"))


async def payment_of(clerk: Caller, order: dict[str, Any]) -> dict[str, Any]:
    [payment] = (await clerk.get(f"/orders/{order['id']}/payments"))["items"]
    found: dict[str, Any] = payment
    return found


async def test_a_payment_is_shown_with_all_that_was_asked_about_it(till: Till, clerk: Caller) -> None:
    order = await till.buys("test_ok")

    payment = await payment_of(clerk, order)

    assert (payment["method"], payment["provider"], payment["status"]) == ("card", "test", "authorized")
    assert (payment["amount"], payment["authorized"], payment["captured"]) == (2895, 2895, 0)
    [attempt] = payment["attempts"]
    assert (attempt["kind"], attempt["state"], attempt["amount"], attempt["actor"]) == (
        "authorize",
        "succeeded",
        2895,
        "guest",
    )


async def test_a_part_of_what_is_promised_is_taken_and_the_rest_let_go(
    till: Till, clerk: Caller, providers: Providers
) -> None:
    order = await till.buys("test_ok")
    path = f"/orders/{order['id']}/payments/{(await payment_of(clerk, order))['id']}/captures"

    opened = await clerk.do("POST", path, {"amount": 2000})
    twice = await clerk.refused(409, "POST", path, {"amount": 2000})
    await talk(till.database, providers, till.store.id, UUID(opened["id"]))
    more = await clerk.refused(409, "POST", path, {"amount": 895})

    assert (twice["code"], more["code"]) == ("payments.already_asked", "payments.nothing_to_capture")
    assert await till.payments(order) == [("captured", 0, 2000, 0, 0)]
    assert (await till.order(order)).order.payment_state == "partially_paid"


async def test_more_than_is_promised_is_not_taken(till: Till, clerk: Caller) -> None:
    order = await till.buys("test_ok")
    path = f"/orders/{order['id']}/payments/{(await payment_of(clerk, order))['id']}/captures"

    problem = await clerk.refused(422, "POST", path, {"amount": 2896})

    assert (problem["code"], problem["most"], problem["amount"]) == ("payments.more_than_promised", 2895, 2896)
    assert await till.attempts(order) == [("authorize", "succeeded", 2895)]


async def test_what_an_order_needs_is_not_let_go(till: Till, clerk: Caller) -> None:
    order = await till.buys("test_ok")
    path = f"/orders/{order['id']}/payments/{(await payment_of(clerk, order))['id']}/voids"

    problem = await clerk.refused(409, "POST", path)

    assert problem["code"] == "orders.payment_needed"
    assert await till.payments(order) == [("authorized", 2895, 0, 0, 0)]


async def test_another_orders_payment_is_not_this_ones(till: Till, clerk: Caller) -> None:
    order, other = await till.buys("test_ok"), await till.buys("test_ok")
    payment = await payment_of(clerk, other)

    problem = await clerk.refused(404, "POST", f"/orders/{order['id']}/payments/{payment['id']}/captures", {})

    assert problem["code"] == "payments.not_found"


async def test_keys_are_kept_sealed_and_shown_to_nobody(
    app: ASGIApp, database: Database, store: MadeStore, clerk: Caller
) -> None:
    async with in_process(app, store.host) as client:
        owner = Caller(client, ADMIN_API).as_(authorization=await staff_session(database, store))
        keys = {
            "provider": "stripe",
            "public_key": "pk_live_1",
            "secret": "sk_live_12345678",
            "webhook_secret": "whsec_12345678",
        }
        kept = await owner.do("PUT", "/payment-accounts", keys)
        listed = await owner.get("/payment-accounts")

        assert kept == {"id": kept["id"], "provider": "stripe", "public_key": "pk_live_1", "has_webhook_secret": True}
        assert listed["items"] == [kept]
        async with database.store(store.id) as tx:
            row = await tx.one_or_none(select(PaymentAccount))
            assert row is not None
            assert b"12345678" not in row.sealed_secret + (row.sealed_webhook_secret or b"")
            account = await account_of(tx, provider="stripe", secret_key=SECRET_KEY)
        assert (account.secret, account.webhook_secret) == ("sk_live_12345678", "whsec_12345678")
        assert "12345678" not in repr(account)

        await clerk.refused(403, "GET", "/payment-accounts")
        await owner.do("DELETE", f"/payment-accounts/{kept['id']}")
        assert (await owner.get("/payment-accounts"))["items"] == []


async def test_the_shop_tells_how_it_can_be_paid(till: Till) -> None:
    ways = (await till.shop.get("/payment-methods"))["items"]

    assert ways == [
        {"method": "card", "provider": "test", "public_key": None},
        {"method": "bank_transfer", "provider": None, "public_key": None},
    ]

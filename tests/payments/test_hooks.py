"""Messages of providers are believed for their signature, and heeded once."""

from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from starlette.types import ASGIApp

from stoa.adapters.payment_test import SIGNATURE, message, sign
from stoa.db.transaction import Database
from stoa.payments.accounts import account_of
from stoa.payments.models import AttemptState
from stoa.payments.provider import Outcome
from tests.api.calls import in_process, problem_of
from tests.conftest import SECRET_KEY
from tests.make import MadeStore
from tests.payments.till import Till


@pytest.fixture
async def provider(app: ASGIApp) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody outside, who comes by a host that is no store's."""
    async with in_process(app, "hooks.example") as client:
        yield client


async def secret_of(till: Till) -> str:
    async with till.database.store(till.store.id) as tx:
        return (await account_of(tx, provider="test", secret_key=SECRET_KEY)).webhook_secret


async def waiting(till: Till) -> tuple[dict[str, str], bytes]:
    """An order that waits for its shopper, and the message that they said yes."""
    order = await till.buys("test_3ds")
    [attempt_id] = await till.attempt_ids(order, "authorize")
    done = Outcome(state=AttemptState.SUCCEEDED, captured=True, amount=2895, payment_reference=f"test_{attempt_id.hex}")
    return order, message(attempt_id, done)


def path(store: MadeStore) -> str:
    return f"/api/hooks/v1/{store.slug}/payments/test"


async def test_a_signed_message_confirms_the_order_once_however_often_it_comes(
    till: Till, provider: httpx.AsyncClient
) -> None:
    order, body = await waiting(till)
    headers = {SIGNATURE: sign(await secret_of(till), body)}

    answers = [await provider.post(path(till.store), content=body, headers=headers) for _ in range(3)]

    assert [(each.status_code, each.json()) for each in answers] == [
        (200, {"received": "heeded"}),
        (200, {"received": "seen_before"}),
        (200, {"received": "seen_before"}),
    ]
    assert (await till.order(order)).order.state == "confirmed"
    assert await till.payments(order) == [("captured", 0, 2895, 0, 0)]


async def test_a_message_that_is_not_signed_is_not_believed(till: Till, provider: httpx.AsyncClient) -> None:
    order, body = await waiting(till)

    for headers in ({}, {SIGNATURE: sign("another secret", body)}):
        problem = problem_of(await provider.post(path(till.store), content=body, headers=headers))
        assert (problem["status"], problem["code"]) == (400, "hooks.not_believed")

    assert (await till.order(order)).order.state == "pending"
    assert await till.messages() == []


async def test_what_is_signed_for_one_store_says_nothing_to_another(
    till: Till, provider: httpx.AsyncClient, other_store: MadeStore
) -> None:
    order, body = await waiting(till)
    headers = {SIGNATURE: sign(await secret_of(till), body)}

    answer = await provider.post(path(other_store), content=body, headers=headers)

    assert answer.status_code == 400
    assert (await till.order(order)).order.state == "pending"


async def test_what_is_not_ours_is_taken_in_and_left_alone(till: Till, provider: httpx.AsyncClient) -> None:
    strange = message(UUID(int=7), Outcome(state=AttemptState.SUCCEEDED, payment_reference="test_strange"))
    headers = {SIGNATURE: sign(await secret_of(till), strange)}

    answer = await provider.post(path(till.store), content=strange, headers=headers)

    assert (answer.status_code, answer.json()) == (200, {"received": "unknown"})


async def test_an_address_of_no_store_or_no_provider_is_not_found(
    database: Database, till: Till, provider: httpx.AsyncClient
) -> None:
    here = f"/api/hooks/v1/{till.store.slug}/payments"
    # Staff are nobody outside: they write down themselves what they saw.
    for address in ("/api/hooks/v1/nobody/payments/test", f"{here}/nobody", f"{here}/manual"):
        assert problem_of(await provider.post(address, content=b"{}"))["code"] == "hooks.not_found"

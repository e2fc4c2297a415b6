"""An order that goes ahead, and whose provider took back its promise, can be paid by another card."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from stoa.adapters import pretend_books
from stoa.adapters.payment_test import tell
from stoa.db.transaction import Database
from stoa.kernel.clock import utc_now
from stoa.orders.attempting import talk
from stoa.orders.jobs import expire_orders
from stoa.payments.models import PaymentAttempt
from stoa.payments.providers import Providers
from tests.conftest import open_a_store
from tests.make import MadeStore
from tests.payments.till import Till


@pytest.fixture
async def store(database: Database) -> MadeStore:
    """A store whose staff take the money themselves."""
    return await open_a_store(database, payment_methods=["card"], card_provider="test", card_capture="manual")


async def test_another_card_takes_the_place_of_a_promise_that_lapsed(till: Till) -> None:
    order = await lapsed_order(till)

    paid = await till.pays_again(order, "test_ok:b")

    assert (paid["state"], paid["payment_state"]) == ("confirmed", "authorized")
    assert await till.payments(order) == [("voided", 0, 0, 0, 0), ("authorized", 2895, 0, 0, 0)]
    assert await refused(till, order) == "orders.nothing_to_pay"


async def test_of_two_cards_only_what_lapsed_is_paid_again(till: Till) -> None:
    order = await till.buys(
        payments=[{"method": "card", "token": "test_ok", "amount": 1000}, {"method": "card", "token": "test_ok:b"}]
    )
    await lapses(till, order, 1000)

    await till.pays_again(order, "test_ok:c")

    assert await till.attempts(order) == [
        ("authorize", "failed", 1000),
        ("authorize", "succeeded", 1895),
        ("authorize", "succeeded", 1000),
    ]


async def test_where_the_other_card_is_refused_too_the_order_waits_on(till: Till) -> None:
    order = await lapsed_order(till)

    paid = await till.pays_again(order, "test_declined:lost_card")

    assert (paid["state"], paid["payment_state"]) == ("confirmed", "pending")
    assert paid["payment"]["failure_code"] == "lost_card"
    assert await till.payments(order) == [("voided", 0, 0, 0, 0), ("pending", 0, 0, 0, 0)]
    assert (await till.pays_again(order, "test_ok"))["payment_state"] == "authorized"


async def test_while_another_card_waits_for_the_shopper_no_third_is_asked(till: Till) -> None:
    order = await lapsed_order(till)
    paid = await till.pays_again(order, "test_3ds")

    assert await refused(till, order) == "orders.payment_pending"
    await till.answers_the_bank(paid["payment"]["next_action"], yes=True)

    assert await till.payments(order) == [("voided", 0, 0, 0, 0), ("authorized", 2895, 0, 0, 0)]


async def test_the_time_of_a_hold_does_not_end_an_order_that_went_ahead(till: Till) -> None:
    mug = await till.mug()
    order = await lapsed_order(till, mug)

    async with till.database.store(till.store.id, now=utc_now() + timedelta(hours=2)) as tx:
        assert await expire_orders(tx, 10) == 0

    assert ((await till.order(order)).order.state, await till.stock(mug)) == ("confirmed", (1, 0))


async def lapsed_order(till: Till, mug: UUID | None = None) -> dict[str, Any]:
    """An order that was promised, went ahead, and then was promised no more."""
    order = await till.buys("test_ok", mug=mug)
    await lapses(till, order, 2895)
    view = await till.order(order)
    assert (view.order.state, view.order.payment_state) == ("confirmed", "pending")
    return order


async def lapses(till: Till, order: dict[str, Any], amount: int) -> None:
    """The provider ends its promise of this amount, and tells so."""
    async with till.database.store(till.store.id) as tx:
        [attempt_id] = await tx.scalars(
            select(PaymentAttempt.id).where(
                PaymentAttempt.order_id == UUID(order["id"]), PaymentAttempt.amount == amount
            )
        )
    async with till.database.store(till.store.id) as tx:
        charge = await pretend_books.charge_of(tx, f"test_{attempt_id.hex}")
        assert charge is not None
        charge.status = "voided"
    await tell(till.database, till.store.id, f"test_{attempt_id.hex}")


async def refused(till: Till, order: dict[str, Any]) -> str:
    """The code of the refusal to pay by another card."""
    body = {"payment_method": "card", "token": "test_ok"}
    problem = await till.with_token(order).refused(409, "POST", f"/orders/{order['id']}/payments", body)
    code: str = problem["code"]
    return code


async def test_a_shopper_who_does_not_come_back_from_the_bank_is_not_waited_for_for_ever(
    till: Till, providers: Providers
) -> None:
    order = await lapsed_order(till)
    await till.pays_again(order, "test_3ds")
    [attempt_id] = [each for each in await till.attempt_ids(order, "authorize") if await is_open(till, each)]

    await talk(till.database, providers, till.store.id, attempt_id, again=True)
    assert await till.attempt_ids(order, "void") == []
    await talk(till.database, providers, till.store.id, attempt_id, again=True, clock=in_an_hour)
    [void] = await till.attempt_ids(order, "void")
    await talk(till.database, providers, till.store.id, void)

    assert await till.payments(order) == [("voided", 0, 0, 0, 0), ("pending", 0, 0, 0, 0)]
    view = await till.order(order)
    assert (view.order.state, view.order.payment_state) == ("confirmed", "pending")
    assert (await till.pays_again(order, "test_ok"))["payment_state"] == "authorized"
    assert await till.payments(order) == [*[("voided", 0, 0, 0, 0)] * 2, ("authorized", 2895, 0, 0, 0)]


def in_an_hour() -> datetime:
    """When whoever was at their bank is not there any more."""
    return utc_now() + timedelta(hours=1)


async def is_open(till: Till, attempt_id: UUID) -> bool:
    """Whether the provider's answer is still to come."""
    async with till.database.store(till.store.id) as tx:
        attempt = await tx.get(PaymentAttempt, attempt_id)
        return attempt is not None and attempt.settled_at is None

"""Staff see what was asked about money and is not done, say what they handed back, and give up what never ends."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from starlette.types import ASGIApp

from stoa import orders
from stoa.adapters import payment_test
from stoa.db.transaction import Database
from stoa.orders.attempting import talk
from stoa.orders.models import CancellationReason
from stoa.payments.models import AttemptState, PaymentAttempt
from stoa.payments.provider import Ask, Outcome, ProviderUnreachable
from stoa.payments.providers import Providers
from tests.api.calls import ADMIN_API, Caller, in_process, staff_session
from tests.make import MadeStore
from tests.make.selling import placed_order
from tests.orders.money import TRANSFER
from tests.payments.till import Till, history
from tests.payments.worker import begun


@pytest.fixture
async def clerk(app: ASGIApp, database: Database, store: MadeStore) -> AsyncIterator[Caller]:
    """Somebody who works in the shop, and may give money back."""
    async with in_process(app, store.host) as client:
        yield Caller(client, ADMIN_API).as_(authorization=await staff_session(database, store, "manager"))


async def to_be_handed_back(till: Till) -> dict[str, Any]:
    """A cancelled order whose 28.95 came by transfer."""
    order = await placed_order(till.database, till.store, tenders=[TRANSFER])
    async with till.database.store(till.store.id) as tx:
        await orders.record_payment(tx, order_id=order.id)
        await orders.cancel_order(tx, order_id=order.id, reason=CancellationReason.STAFF)
    return {"id": str(order.id), "number": order.number}


async def long_ago(till: Till, order: dict[str, Any]) -> str:
    """The one attempt of the order, from now on opened an hour ago: nothing of it is on its way any more."""
    async with till.database.store(till.store.id) as tx:
        mine = PaymentAttempt.order_id == UUID(order["id"])
        await tx.execute(
            update(PaymentAttempt)
            .where(PaymentAttempt.store_id == tx.store_id, mine, PaymentAttempt.settled_at.is_(None))
            .values(opened_at=PaymentAttempt.opened_at - timedelta(hours=1))
        )
        [attempt] = (await orders.list_unanswered(tx)).items
    return f"/orders/{order['id']}/attempts/{attempt.id}"


async def test_what_is_not_done_is_listed_oldest_first(till: Till, clerk: Caller) -> None:
    by_hand, silent = await to_be_handed_back(till), await begun(till, "test_down")

    listed = await clerk.get("/payments/unanswered", limit=1)
    rest = await clerk.get("/payments/unanswered", limit=1, cursor=listed["next"])

    rows = [*listed["items"], *rest["items"]]
    assert [(row["order_id"], row["kind"], row["state"], row["by_hand"], row["amount"]) for row in rows] == [
        (by_hand["id"], "refund", "waiting", True, 2895),
        (silent["id"], "authorize", "open", False, 2895),
    ]
    assert [row["order_number"] for row in rows] == [by_hand["number"], silent["number"]]
    assert rest["next"] is None
    for told, order in (("true", by_hand), ("false", silent)):
        [row] = (await clerk.get("/payments/unanswered", by_hand=told))["items"]
        assert row["order_id"] == order["id"]


async def test_staff_say_that_it_was_handed_back(till: Till, clerk: Caller) -> None:
    order = await to_be_handed_back(till)
    [row] = (await clerk.get("/payments/unanswered"))["items"]
    path = f"/orders/{order['id']}/attempts/{row['id']}/handovers"

    said = await clerk.do("POST", path, {"note": "in the shop"})
    twice = await clerk.refused(409, "POST", path, {})

    assert said == {"id": row["id"], "state": "succeeded", "amount": 2895, "reason_code": None, "reason": None}
    assert twice["code"] == "orders.nothing_to_hand_back"
    assert await till.payments(order) == [("captured", 0, 2895, 2895, 0)]
    view = await till.order(order)
    assert (view.history[-1].note, history(view)[-1]) == ("in the shop", ("refunded", "cancelled", "refunded"))
    assert (await clerk.get("/payments/unanswered"))["items"] == []


async def test_what_is_not_handed_back_stays_with_the_shop(till: Till, clerk: Caller) -> None:
    order = await to_be_handed_back(till)
    [row] = (await clerk.get("/payments/unanswered"))["items"]
    path = f"/orders/{order['id']}/attempts/{row['id']}/closures"

    closed = await clerk.do("POST", path, {"note": "they took a voucher"})
    twice = await clerk.refused(409, "POST", path, {})

    assert (closed["state"], closed["reason_code"], closed["reason"]) == ("failed", "given_up", "they took a voucher")
    assert (twice["code"], twice["state"]) == ("payments.attempt_settled", "failed")
    assert await till.payments(order) == [("captured", 0, 2895, 0, 0)]
    assert [each.state for each in (await till.order(order)).refunds] == ["failed"]


async def test_what_its_provider_never_heard_of_is_given_up(till: Till, clerk: Caller) -> None:
    order = await begun(till, "test_down")
    path = await long_ago(till, order)

    closed = await clerk.do("POST", f"{path}/closures", {})

    assert (closed["state"], closed["reason_code"]) == ("failed", "given_up")
    assert await till.payments(order) == [("failed", 0, 0, 0, 0)]
    assert history(await till.order(order))[-1] == ("payment_failed", "pending", "pending")


async def test_what_its_provider_did_is_not_given_up(till: Till, clerk: Caller) -> None:
    order = await till.buys("test_lost")
    path = await long_ago(till, order)

    closed = await clerk.do("POST", f"{path}/closures", {"looked": True})

    assert (closed["state"], closed["reason_code"]) == ("succeeded", None)
    assert (await till.order(order)).order.state == "confirmed"


async def test_while_money_may_be_under_way_nothing_is_given_up(till: Till, clerk: Caller) -> None:
    asks, fresh = await till.buys("test_3ds"), await begun(till, "test_down")
    waits = (await clerk.get("/payments/unanswered"))["items"][0]["id"]
    just_opened = (await till.attempt_ids(fresh, "authorize"))[0]
    async with till.database.store(till.store.id) as tx:
        hour_ago = PaymentAttempt.opened_at - timedelta(hours=1)
        mine = (PaymentAttempt.store_id == tx.store_id) & (PaymentAttempt.id == UUID(waits))
        await tx.execute(update(PaymentAttempt).where(mine).values(opened_at=hour_ago))

    for order, attempt_id in ((asks, waits), (fresh, just_opened)):
        path = f"/orders/{order['id']}/attempts/{attempt_id}/closures"
        problem = await clerk.refused(409, "POST", path, {"looked": True})
        assert problem["code"] == "payments.money_under_way"

    assert await till.attempts(asks) == [("authorize", "waiting", 2895)]
    assert await till.attempts(fresh) == [("authorize", "open", 2895)]


async def test_where_the_provider_is_silent_staff_have_to_look_there_themselves(
    till: Till, clerk: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(self: payment_test.PretendProvider, ask: Ask) -> Outcome | None:
        raise ProviderUnreachable("the keys are wrong")

    order = await begun(till)
    path = await long_ago(till, order)
    monkeypatch.setattr(payment_test.PretendProvider, "find", silent)

    problem = await clerk.refused(409, "POST", f"{path}/closures", {})
    assert (problem["code"], problem["provider"]) == ("payments.provider_silent", "test")
    assert await till.attempts(order) == [("authorize", "open", 2895)]

    closed = await clerk.do("POST", f"{path}/closures", {"looked": True})
    assert closed["state"] == "failed"


async def test_what_is_answered_while_it_is_given_up_keeps_its_answer(
    till: Till, clerk: Caller, providers: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await begun(till)
    path = await long_ago(till, order)
    [attempt_id] = await till.attempt_ids(order, "authorize")
    find = payment_test.PretendProvider.find

    async def answered_meanwhile(self: payment_test.PretendProvider, ask: Ask) -> Outcome | None:
        monkeypatch.setattr(payment_test.PretendProvider, "find", find)
        assert await talk(till.database, providers, till.store.id, attempt_id) == AttemptState.SUCCEEDED
        return None

    monkeypatch.setattr(payment_test.PretendProvider, "find", answered_meanwhile)
    problem = await clerk.refused(409, "POST", f"{path}/closures", {})

    assert (problem["code"], problem["state"]) == ("payments.attempt_settled", "succeeded")
    assert (await till.order(order)).order.state == "confirmed"


async def test_what_is_another_orders_is_not_found(till: Till, clerk: Caller) -> None:
    await to_be_handed_back(till)
    other = await to_be_handed_back(till)
    row = (await clerk.get("/payments/unanswered"))["items"][0]

    for act in ("handovers", "closures"):
        problem = await clerk.refused(404, "POST", f"/orders/{other['id']}/attempts/{row['id']}/{act}", {})
        assert problem["code"] == "payments.attempt_not_found"

"""What a provider refuses to do, or is asked to undo before it is done."""

from uuid import UUID

from stoa.db.transaction import Database
from stoa.kernel.ids import child_id
from stoa.orders import capturing
from stoa.orders.attempting import talk
from stoa.payments.providers import Providers
from tests.conftest import open_a_store
from tests.payments.till import Till


async def test_money_that_the_provider_does_not_hand_over_is_asked_for_once(till: Till, providers: Providers) -> None:
    order = await till.buys(
        payments=[
            {"method": "card", "token": "test_ok", "amount": 1000},
            {"method": "card", "token": "test_capture_fails"},
        ]
    )

    for attempt_id in await till.attempt_ids(order, "capture"):
        await talk(till.database, providers, till.store.id, attempt_id)

    assert sorted(await till.attempts(order)) == [
        ("authorize", "succeeded", 1000),
        ("authorize", "succeeded", 1895),
        ("capture", "failed", 1895),
        ("capture", "succeeded", 1000),
    ]
    view = await till.order(order)
    assert (view.order.state, view.order.payment_state, view.order.paid) == ("confirmed", "partially_paid", 1000)


async def test_a_promise_that_is_being_let_go_confirms_nothing(till: Till, providers: Providers) -> None:
    order = await till.buys("test_flaky")
    order_id = UUID(order["id"])
    async with till.database.store(till.store.id) as tx:
        let_go = await capturing.void(tx, order_id=order_id, payment_id=child_id(order_id, 1))

    [promised] = await till.attempt_ids(order, "authorize")
    await talk(till.database, providers, till.store.id, promised, again=True)

    assert (await till.order(order)).order.state == "pending"
    assert await till.hold(order) == "held"
    # The money was taken with the promise, so it cannot be let go any more: then the order goes ahead.
    await talk(till.database, providers, till.store.id, let_go.id)
    assert (await till.order(order)).order.state == "confirmed"
    assert await till.payments(order) == [("captured", 0, 2895, 0, 0)]


async def test_a_promise_that_was_let_go_leaves_the_order_waiting(
    database: Database, app: object, providers: Providers
) -> None:
    store = await open_a_store(database, payment_methods=["card"], card_provider="test", card_capture="manual")
    async with Till.of(database, store, app) as till:
        order = await till.buys("test_flaky")
        order_id = UUID(order["id"])
        async with database.store(store.id) as tx:
            let_go = await capturing.void(tx, order_id=order_id, payment_id=child_id(order_id, 1))

        [promised] = await till.attempt_ids(order, "authorize")
        await talk(database, providers, store.id, promised, again=True)
        await talk(database, providers, store.id, let_go.id)

        assert (await till.order(order)).order.state == "pending"
        assert await till.payments(order) == [("voided", 0, 0, 0, 0)]
        assert (await till.pays_again(order, "test_ok"))["state"] == "confirmed"

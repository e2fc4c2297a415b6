"""An order paid by card goes ahead when the provider promises the money, and its stock is held until then."""

from stoa.payments.models import AttemptState
from tests.payments.till import Till, history


async def test_a_card_that_works_confirms_the_order_at_once(till: Till) -> None:
    mug = await till.mug()

    order = await till.buys("test_ok", mug=mug)

    assert (order["state"], order["payment_state"], order["payment"]["next_action"]) == ("confirmed", "paid", None)
    assert await till.attempts(order) == [("authorize", "succeeded", 2895)]
    assert await till.payments(order) == [("captured", 0, 2895, 0, 0)]
    assert (await till.stock(mug), await till.hold(order)) == ((1, 0), "confirmed")
    assert history(await till.order(order)) == [
        ("placed", "pending", "pending"),
        ("paid", "pending", "paid"),
        ("confirmed", "confirmed", "paid"),
    ]


async def test_a_declined_card_leaves_the_order_waiting_with_the_providers_reason(till: Till) -> None:
    mug = await till.mug()

    order = await till.buys("test_declined:lost_card", mug=mug)

    assert (order["state"], order["payment_state"]) == ("pending", "pending")
    assert order["payment"] == {
        "next_action": None,
        "failure_code": "lost_card",
        "failure": "The card was declined: lost card.",
    }
    assert await till.payments(order) == [("failed", 0, 0, 0, 0)]
    assert (await till.stock(mug), await till.hold(order)) == ((0, 1), "held")


async def test_where_the_provider_is_down_the_order_waits_and_the_attempt_stays_open(till: Till) -> None:
    order = await till.buys("test_down")

    assert (order["state"], order["payment_state"]) == ("pending", "pending")
    assert await till.attempts(order) == [("authorize", AttemptState.OPEN, 2895)]

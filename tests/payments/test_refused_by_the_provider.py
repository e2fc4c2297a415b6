"""What a provider refuses to do is not asked for over and over: it is for staff."""

from stoa.orders.talking import talk
from stoa.payments.providers import Providers
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

"""Who pays gets the order or the money back, wherever between the steps somebody crashes, and whoever is late."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from stoa import orders
from stoa.adapters import pretend_books
from stoa.db.transaction import Database
from stoa.kernel.clock import utc_now
from stoa.orders.attempting import SURELY_LOST, talk
from stoa.orders.charging import CardGiven, begin_payments
from stoa.orders.jobs import expire_orders
from stoa.orders.models import CancellationReason
from stoa.orders.settling import settle
from stoa.payments.models import AttemptState
from stoa.payments.provider import Outcome, ProviderUnreachable
from stoa.payments.providers import Providers
from stoa.stores.models import PaymentMethod
from tests.make import MadeStore
from tests.make.selling import placed_order
from tests.payments.till import Till, history

LATER = timedelta(minutes=20)


def late() -> datetime:
    """When a request that nobody heard of is given up."""
    return utc_now() + SURELY_LOST + timedelta(seconds=1)


async def placed(till: Till) -> dict[str, str]:
    """An order that waits for a card nobody has been asked about: the server died right after placing it."""
    order = await placed_order(till.database, till.store, method=PaymentMethod.CARD, wanted={await till.mug(): 1})
    return {"id": str(order.id), "token": order.token}


async def opened(till: Till, token: str = "test_ok") -> tuple[dict[str, str], UUID]:
    """An order whose attempt was committed, and then the server died."""
    order = await placed(till)
    async with till.database.store(till.store.id) as tx:
        [attempt_id] = await begin_payments(tx, order_id=UUID(order["id"]), cards={1: CardGiven(token)})
    return order, attempt_id


async def expire(till: Till) -> int:
    """What the job does every minute, twenty minutes from now."""
    async with till.database.store(till.store.id, now=utc_now() + LATER) as tx:
        return await expire_orders(tx, 10)


async def talk_to_all(till: Till, providers: Providers, order: dict[str, str], kind: str) -> None:
    for attempt_id in await till.attempt_ids(order, kind):
        await talk(till.database, providers, till.store.id, attempt_id, again=True)


async def test_completing_again_goes_on_where_the_server_died_after_placing(till: Till) -> None:
    cart, guest, quote = await till.ready()
    body = {"quote_id": quote["id"], "payment_method": "bank_transfer"}
    order = await guest.do("POST", f"{cart}/complete", body)
    card = await placed(till)

    async with till.database.store(till.store.id) as tx:
        first = await begin_payments(tx, order_id=UUID(card["id"]), cards={})
        second = await begin_payments(tx, order_id=UUID(card["id"]), cards={})
        transfer = await begin_payments(tx, order_id=UUID(order["id"]), cards={})

    assert (len(first), second, transfer) == (1, [], [])


async def test_an_attempt_that_was_opened_and_not_talked_about_is_taken_up(till: Till, providers: Providers) -> None:
    order, attempt_id = await opened(till)
    assert await till.charges() == []

    state = await talk(till.database, providers, till.store.id, attempt_id, again=True)

    assert state == AttemptState.SUCCEEDED
    assert (await till.order(order)).order.state == "confirmed"
    assert await talk(till.database, providers, till.store.id, attempt_id, again=True) is None


async def test_an_answer_that_was_lost_is_found_and_not_asked_for_twice(till: Till, providers: Providers) -> None:
    order, attempt_id = await opened(till, "test_lost")
    with pytest.raises(ProviderUnreachable):
        await talk(till.database, providers, till.store.id, attempt_id)
    assert (await till.order(order)).order.state == "pending"

    await talk(till.database, providers, till.store.id, attempt_id, again=True)

    assert (await till.order(order)).order.state == "confirmed"
    assert await till.charges() == [("captured", 2895, 0)]


async def test_two_who_talk_at_once_charge_once_and_settle_once(till: Till, providers: Providers) -> None:
    order, attempt_id = await opened(till)

    await asyncio.gather(
        *(talk(till.database, providers, till.store.id, attempt_id, again=bool(n % 2)) for n in range(6))
    )

    assert len(await till.charges()) == 1
    assert await till.attempts(order) == [("authorize", "succeeded", 2895)]
    assert [kind for kind, _, _ in history(await till.order(order))] == ["placed", "paid", "confirmed"]


async def test_a_provider_that_failed_once_is_asked_again(till: Till, providers: Providers) -> None:
    order, attempt_id = await opened(till, "test_flaky")
    with pytest.raises(ProviderUnreachable):
        await talk(till.database, providers, till.store.id, attempt_id)

    await talk(till.database, providers, till.store.id, attempt_id, again=True)

    assert (await till.order(order)).order.state == "confirmed"


async def test_a_provider_that_does_not_answer_in_time_leaves_the_attempt_open(
    till: Till, providers: Providers
) -> None:
    order, attempt_id = await opened(till, "test_hang")

    with pytest.raises(ProviderUnreachable):
        await talk(till.database, providers, till.store.id, attempt_id, seconds=0.05)

    assert await till.attempts(order) == [("authorize", "open", 2895)]


async def test_an_order_whose_money_does_not_come_gives_its_stock_back(till: Till) -> None:
    mug = await till.mug()
    order = await till.buys("test_declined", mug=mug)
    assert await till.stock(mug) == (0, 1)

    assert await expire(till) == 1

    view = await till.order(order)
    assert (view.order.state, view.order.payment_state, view.order.cancelled) == ("cancelled", "voided", 2895)
    assert (await till.stock(mug), await till.hold(order)) == ((0, 0), "expired")
    assert await expire(till) == 0


async def test_an_order_whose_time_is_not_over_is_left_alone(till: Till) -> None:
    order = await till.buys("test_declined")

    async with till.database.store(till.store.id) as tx:
        assert await expire_orders(tx, 10) == 0

    assert (await till.order(order)).order.state == "pending"


async def test_money_that_comes_after_the_order_was_given_up_goes_back_at_once(
    till: Till, providers: Providers
) -> None:
    order = await till.buys("test_3ds")
    await expire(till)
    # Before anybody has told the provider to let go, the shopper says yes.
    await till.answers_the_bank(order["payment"]["next_action"], yes=True)

    view = await till.order(order)
    assert (view.order.state, view.order.paid) == ("cancelled", 2895)
    assert await till.payments(order) == [("captured", 0, 2895, 0, 2895)]
    await talk_to_all(till, providers, order, "void")
    await talk_to_all(till, providers, order, "refund")

    view = await till.order(order)
    assert (view.order.paid, view.order.refunded, view.order.payment_state) == (0, 2895, "refunded")
    assert await till.charges() == [("captured", 2895, 2895)]


async def test_a_card_that_was_taken_while_the_order_was_given_up_is_paid_back(
    till: Till, providers: Providers
) -> None:
    order, attempt_id = await opened(till, "test_lost")
    with pytest.raises(ProviderUnreachable):
        await talk(till.database, providers, till.store.id, attempt_id)
    await expire(till)

    await talk(till.database, providers, till.store.id, attempt_id, again=True)
    await talk_to_all(till, providers, order, "void")
    await talk_to_all(till, providers, order, "refund")

    view = await till.order(order)
    assert (view.order.state, view.order.paid) == ("cancelled", 0)
    [(status, taken, back)] = await till.charges()
    assert (status, taken - back) in (("captured", 0), ("voided", 0))


async def test_an_order_that_was_given_up_is_not_charged(till: Till, providers: Providers) -> None:
    order, attempt_id = await opened(till)
    await expire(till)

    with pytest.raises(ProviderUnreachable):
        await talk(till.database, providers, till.store.id, attempt_id, again=True)
    assert await till.charges() == []

    await talk(till.database, providers, till.store.id, attempt_id, again=True, clock=late)
    assert await till.attempts(order) == [("authorize", "failed", 2895)]
    assert await till.charges() == []


async def test_settling_again_changes_nothing(till: Till) -> None:
    order = await till.buys("test_ok")
    [attempt_id] = await till.attempt_ids(order, "authorize")
    before = (await till.payments(order), history(await till.order(order)))

    for outcome in (
        Outcome(state=AttemptState.SUCCEEDED, captured=True, amount=2895),
        Outcome(state=AttemptState.WAITING, next_action={"redirect_url": "https://x"}),
        Outcome(state=AttemptState.FAILED, reason_code="late", reason="A late word."),
    ):
        async with till.database.store(till.store.id) as tx:
            await settle(tx, attempt_id, outcome)

    assert (await till.payments(order), history(await till.order(order))) == before


async def test_a_tender_that_comes_about_after_another_took_its_place_goes_back(
    till: Till, providers: Providers
) -> None:
    order = await till.buys("test_declined")
    [first] = await till.attempt_ids(order, "authorize")
    await till.pays_again(order, "test_ok")

    # The provider corrects itself: the first card was charged after all.
    async with till.database.store(till.store.id) as tx:
        charge = await pretend_books.charge_of(tx, f"test_{first.hex}")
        assert charge is not None
        charge.status, charge.captured = "captured", 2895
        await settle(
            tx, first, Outcome(state=AttemptState.SUCCEEDED, captured=True, payment_reference=charge.reference)
        )

    await talk_to_all(till, providers, order, "refund")
    view = await till.order(order)
    assert (view.order.state, view.order.paid, view.order.refunded) == ("confirmed", 2895, 2895)
    assert await till.payments(order) == [("voided", 0, 2895, 2895, 0), ("captured", 0, 2895, 0, 0)]


async def test_cancelling_and_settling_at_once_never_loses_money(till: Till, providers: Providers) -> None:
    order, attempt_id = await opened(till)

    async def cancel() -> None:
        async with till.database.store(till.store.id) as tx:
            await orders.cancel_order(tx, order_id=UUID(order["id"]), reason=CancellationReason.STAFF)

    await asyncio.gather(
        cancel(),
        talk(till.database, providers, till.store.id, attempt_id),
        talk(till.database, providers, till.store.id, attempt_id, again=True),
        return_exceptions=True,
    )
    for kind in ("authorize", "void", "refund"):
        for each in await till.attempt_ids(order, kind):
            await talk(till.database, providers, till.store.id, each, again=True, clock=late)

    view = await till.order(order)
    assert (view.order.state, view.order.paid) == ("cancelled", 0)
    assert all(taken == back for _, taken, back in await till.charges())


async def test_a_bank_transfer_beside_a_card_keeps_the_stock_and_is_waited_for(
    till: Till, database: Database, store: MadeStore
) -> None:
    mug = await till.mug()
    order = await till.buys(
        mug=mug,
        payments=[{"method": "card", "token": "test_ok", "amount": 1000}, {"method": "bank_transfer"}],
    )
    assert (order["state"], await till.hold(order), await till.stock(mug)) == ("pending", "confirmed", (1, 0))
    assert await expire(till) == 0

    async with database.store(store.id) as tx:
        await orders.record_payment(tx, order_id=UUID(order["id"]))

    assert (await till.order(order)).order.state == "confirmed"

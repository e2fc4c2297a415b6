"""Two who move one order's money at the same time: no more goes back than was taken, and nothing is lost."""

import asyncio
from collections.abc import Awaitable

from stoa import orders
from stoa.db.transaction import Database
from stoa.orders.settling import ask, settle
from stoa.payments.attempts import payments_of
from stoa.payments.models import AttemptKind, PaymentAttempt
from stoa.stores.models import Capture
from stoa.stores.settings import settings_of
from tests.make import MadeStore
from tests.make.selling import MadeOrder, placed_order, sellable
from tests.orders.money import (
    CARD,
    TEST,
    money_back,
    of,
    order_by_card,
    providers_answer,
    tenders_of,
    unsettled,
    yes,
)
from tests.orders.taken_back import CLERK, Counted, cancel, read, stock


async def test_of_six_who_give_all_back_one_does(database: Database, store: MadeStore) -> None:
    order = await order_by_card(database, store)

    outcomes = await at_once(*(give_back(database, store, order, None) for _ in range(6)))

    assert sorted(outcomes) == ["NoneType", *["NothingToRefund"] * 5]
    await providers_answer(database, store, order)
    assert await money_back(database, store, order) == [(2895, [(1, 2895)])]
    assert [(each.captured, each.refunded) for each in await tenders_of(database, store, order)] == [(2895, 2895)]


async def test_together_they_give_back_no_more_than_was_taken(database: Database, store: MadeStore) -> None:
    order = await placed_order(database, store, tenders=[of(1000, TEST), TEST])

    outcomes = await at_once(*(give_back(database, store, order, 800) for _ in range(6)))

    assert sorted(outcomes) == [*["NoneType"] * 3, *["RefundTooHigh"] * 3]
    view = await read(database, store, order)
    assert (view.order.paid, view.order.refunded) == (495, 2400)


async def test_cancelling_and_giving_back_at_once_give_back_all_once(database: Database, store: MadeStore) -> None:
    for _ in range(4):
        order = await order_by_card(database, store)

        outcomes = await at_once(cancel(database, store, order), give_back(database, store, order, None))

        assert outcomes in (["NoneType", "NoneType"], ["NoneType", "NothingToRefund"])
        await providers_answer(database, store, order)
        view = await read(database, store, order)
        assert (view.order.state, view.order.paid, view.order.refunded) == ("cancelled", 0, 2895)
        assert len(view.refunds) == 1


async def test_what_is_taken_while_the_order_is_cancelled_goes_back(database: Database, store: MadeStore) -> None:
    async with database.store(store.id) as tx:
        (await settings_of(tx)).card_capture = Capture.MANUAL
        mug = await sellable(tx, stock=50)
    for _ in range(4):
        order = await order_by_card(database, store, wanted={mug: 2})

        await at_once(cancel(database, store, order), capture(database, store, order))
        await providers_answer(database, store, order)

        [tender] = await tenders_of(database, store, order)
        assert (tender.authorized, tender.captured - tender.refunded, tender.refunding) == (0, 0, 0)
        view = await read(database, store, order)
        assert (view.order.state, view.order.paid) == ("cancelled", 0)
        assert view.history[-1].payment_state == view.order.payment_state
    assert await stock(database, store, mug) == {"main": Counted(50, 0, 0)}


async def test_the_provider_answers_while_the_order_is_cancelled(database: Database, store: MadeStore) -> None:
    async with database.store(store.id) as tx:
        mug = await sellable(tx, stock=50)
    for _ in range(4):
        order = await order_by_card(database, store, CARD, wanted={mug: 2}, answers=False)
        [attempt] = await unsettled(database, store, order)

        async def answered(attempt: PaymentAttempt = attempt) -> None:
            async with database.store(store.id) as tx:
                await settle(tx, attempt.id, yes(attempt))

        outcomes = await at_once(cancel(database, store, order), answered(), answered())
        assert outcomes == ["NoneType"] * 3
        await providers_answer(database, store, order)

        view = await read(database, store, order)
        assert (view.order.state, view.order.paid) == ("cancelled", 0)
        assert sum(payment.captured - payment.refunded for payment in view.payments) == 0
    assert await stock(database, store, mug) == {"main": Counted(50, 0, 0)}


async def at_once(*acts: Awaitable[None]) -> list[str]:
    """Each over a connection of its own; how each of them ended."""
    return [type(outcome).__name__ for outcome in await asyncio.gather(*acts, return_exceptions=True)]


async def give_back(database: Database, store: MadeStore, order: MadeOrder, amount: int | None) -> None:
    """Money back, in a transaction of its own."""
    async with database.store(store.id, actor=CLERK) as tx:
        await orders.refund(tx, order_id=order.id, amount=amount)


async def capture(database: Database, store: MadeStore, order: MadeOrder) -> None:
    """Staff take what was promised, if the order is still open."""
    async with database.store(store.id, actor=CLERK) as tx:
        locked = await orders.lock_order(tx, order.id)
        [payment] = await payments_of(tx, order.id)
        if locked.state != orders.OrderState.CANCELLED:
            await ask(tx, payment, AttemptKind.CAPTURE, payment.authorized)

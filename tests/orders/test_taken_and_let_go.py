"""Money that is being taken or let go while units of an order are taken back: no more stays than the rest costs."""

from typing import Any

import pytest

from stoa import orders
from stoa.db.transaction import Database
from stoa.orders import capturing
from stoa.orders.errors import PaymentNeeded
from stoa.orders.settling import settle
from stoa.payments.models import AttemptKind, AttemptState, PaymentAttempt
from stoa.payments.provider import Outcome
from stoa.stores.models import Capture
from stoa.stores.settings import settings_of
from tests.make import MadeStore
from tests.make.selling import MadeOrder, sellable
from tests.orders.money import (
    CARD,
    attempts,
    money_back,
    of,
    order_by_card,
    providers_answer,
    tenders_of,
    unsettled,
    yes,
)
from tests.orders.taken_back import BECAUSE, CLERK, cancel, of_lines, read

# An order of the tests costs 2895: two mugs for 2500, and delivery for 395.


async def test_what_is_taken_for_units_that_were_taken_back_meanwhile_goes_back(
    database: Database, store: MadeStore
) -> None:
    await takes(database, store, Capture.MANUAL)
    order = await order_by_card(database, store)
    await capture(database, store, order, 1)

    await cancel(database, store, order, {1: 1})
    await providers_answer(database, store, order)

    assert await money_back(database, store, order) == [(1250, [(1, 1250)])]
    view = await read(database, store, order)
    assert (view.order.state, view.order.paid, view.order.refunded, view.due) == ("confirmed", 1645, 1250, 0)


async def test_of_several_cards_that_are_being_taken_so_much_goes_back_as_is_too_much(
    database: Database, store: MadeStore
) -> None:
    order = await order_by_card(database, store, of(1000, CARD), CARD, answers=False)
    await answered(database, store, order, AttemptKind.AUTHORIZE)

    await cancel(database, store, order, {1: 1})
    await answered(database, store, order, AttemptKind.CAPTURE, amount=1000)
    await providers_answer(database, store, order)

    assert await money_back(database, store, order) == [(1250, [(2, 1250)])]
    assert await held(database, store, order) == [("captured", 0, 1000), ("captured", 0, 645)]


async def test_what_staff_keep_stays_and_what_comes_later_goes_back(database: Database, store: MadeStore) -> None:
    await takes(database, store, Capture.MANUAL)
    order = await order_by_card(database, store, of(1895, CARD), CARD)
    await capture(database, store, order, 1)
    await providers_answer(database, store, order)
    await capture(database, store, order, 2)

    async with database.store(store.id, actor=CLERK) as tx:
        units = of_lines(order, {1: 1})
        await orders.cancel_units(tx, order_id=order.id, units=units, reason=BECAUSE, refund=False)
    await providers_answer(database, store, order)

    assert await money_back(database, store, order) == [(1000, [(2, 1000)])]
    view = await read(database, store, order)
    assert (view.order.paid, [each.cancellation.kept for each in view.cancellations]) == (1895, [250])


async def test_what_could_not_be_let_go_because_it_was_being_taken_is_let_go_when_it_was_not(
    database: Database, store: MadeStore
) -> None:
    order = await order_by_card(database, store, of(1000, CARD), CARD, answers=False)
    await answered(database, store, order, AttemptKind.AUTHORIZE)
    await cancel(database, store, order, {1: 1})

    await providers_answer(database, store, order, refuses_to_take(1000))

    assert await held(database, store, order) == [("voided", 0, 0), ("captured", 0, 1645)]


async def test_of_two_promises_that_each_would_do_alone_one_stays(database: Database, store: MadeStore) -> None:
    order = await order_of_mugs(database, store, 4, of(2895, CARD), CARD)
    await cancel(database, store, order, {1: 3})
    assert [each.kind for each in await unsettled(database, store, order)] == ["void"]

    await refuses_void(database, store, order, 1)

    await providers_answer(database, store, order)
    assert await held(database, store, order) == [("authorized", 2895, 0), ("voided", 0, 0)]


async def test_what_staff_are_letting_go_is_not_counted_on_when_more_is_taken_back(
    database: Database, store: MadeStore
) -> None:
    order = await order_of_mugs(database, store, 5, of(3645, CARD), CARD)
    await cancel(database, store, order, {1: 3})
    await providers_answer(database, store, order, refuses_to_let_go)
    await void(database, store, order, 1)

    await cancel(database, store, order, {1: 1})

    await providers_answer(database, store, order)
    assert await held(database, store, order) == [("voided", 0, 0), ("authorized", 3000, 0)]


async def test_a_promise_counts_for_no_more_than_was_taken_of_it(database: Database, store: MadeStore) -> None:
    order = await order_of_mugs(database, store, 4, of(2895, CARD), CARD)
    await capture(database, store, order, 2, 100)
    await providers_answer(database, store, order)
    await cancel(database, store, order, {1: 3})

    await refuses_void(database, store, order, 1)

    assert await held(database, store, order) == [("authorized", 2895, 0), ("captured", 0, 100)]


async def test_what_has_gone_back_is_not_taken_of_another_card(database: Database, store: MadeStore) -> None:
    await takes(database, store, Capture.MANUAL)
    order = await order_by_card(database, store, of(1500, CARD), CARD)
    await capture(database, store, order, 1)
    await providers_answer(database, store, order)
    await cancel(database, store, order, {1: 1})
    await takes(database, store, Capture.AUTOMATIC)

    async with database.store(store.id, actor=CLERK) as tx:
        await orders.refund(tx, order_id=order.id, amount=100)
    await providers_answer(database, store, order)

    # Of 1645, 1500 came; what was given back of it as a kindness is not asked for again.
    assert await held(database, store, order) == [("captured", 0, 1400), ("captured", 0, 145)]


async def test_what_is_being_taken_of_one_card_is_not_taken_of_another(database: Database, store: MadeStore) -> None:
    await takes(database, store, Capture.MANUAL)
    order = await order_by_card(database, store, of(1000, CARD), of(1600, CARD), CARD)
    await capture(database, store, order, 1)
    await capture(database, store, order, 3)
    await cancel(database, store, order, {1: 1})
    await takes(database, store, Capture.AUTOMATIC)

    await answered(database, store, order, AttemptKind.CAPTURE, amount=295)

    asked = [(each.kind, each.amount) for each in await unsettled(database, store, order)]
    assert asked == [("capture", 1000), ("capture", 350)]


async def test_staff_take_no_more_than_is_owed_besides_what_is_being_taken(
    database: Database, store: MadeStore
) -> None:
    await takes(database, store, Capture.MANUAL)
    order = await order_by_card(database, store, of(1000, CARD), CARD)
    await capture(database, store, order, 1)
    await cancel(database, store, order, {1: 1})

    await capture(database, store, order, 2)

    assert [each.amount for each in await unsettled(database, store, order)] == [1000, 645]


async def takes(database: Database, store: MadeStore, how: Capture) -> None:
    """Staff take what is promised, or it is taken at once."""
    async with database.store(store.id) as tx:
        (await settings_of(tx)).card_capture = how


async def order_of_mugs(database: Database, store: MadeStore, count: int, *tenders: Any) -> MadeOrder:
    """So many mugs for 1250 each, promised by cards; delivery costs 395 more."""
    await takes(database, store, Capture.MANUAL)
    async with database.store(store.id) as tx:
        mug = await sellable(tx)
    return await order_by_card(database, store, *tenders, wanted={mug: count})


async def capture(
    database: Database, store: MadeStore, order: MadeOrder, position: int, amount: int | None = None
) -> None:
    """Staff ask for what the tender promises."""
    payment = (await tenders_of(database, store, order))[position - 1]
    async with database.store(store.id, actor=CLERK) as tx:
        await capturing.capture(tx, order_id=order.id, payment_id=payment.id, amount=amount)


async def void(database: Database, store: MadeStore, order: MadeOrder, position: int) -> None:
    """Staff ask to let go of what the tender promises."""
    payment = (await tenders_of(database, store, order))[position - 1]
    async with database.store(store.id, actor=CLERK) as tx:
        await capturing.void(tx, order_id=order.id, payment_id=payment.id)


async def refuses_void(database: Database, store: MadeStore, order: MadeOrder, position: int) -> None:
    """The order needs it, and nobody is asked anything."""
    before = [each.id for each in await attempts(database, store, order)]
    with pytest.raises(PaymentNeeded):
        await void(database, store, order, position)
    assert [each.id for each in await attempts(database, store, order)] == before


async def answered(
    database: Database, store: MadeStore, order: MadeOrder, kind: AttemptKind, *, amount: int | None = None
) -> None:
    """The providers do what they were asked of this kind (and amount), and are asked what follows."""
    for attempt in await unsettled(database, store, order):
        if attempt.kind == kind and amount in (None, attempt.amount):
            async with database.store(store.id) as tx:
                await settle(tx, attempt.id, yes(attempt))


async def held(database: Database, store: MadeStore, order: MadeOrder) -> list[tuple[str, int, int]]:
    """Of each tender its status, what it promises, and what we have of it."""
    return [
        (each.status, each.authorized, each.captured - each.refunded)
        for each in await tenders_of(database, store, order)
    ]


def refuses_to_take(amount: int) -> Any:
    """A provider that does not hand over this much, and does all else."""

    def answer(attempt: PaymentAttempt) -> Outcome:
        refuses = attempt.kind == AttemptKind.CAPTURE and attempt.amount == amount
        return Outcome(state=AttemptState.FAILED, reason_code="refused") if refuses else yes(attempt)

    return answer


def refuses_to_let_go(attempt: PaymentAttempt) -> Outcome:
    """A provider that lets nothing go, and does all else."""
    refuses = attempt.kind == AttemptKind.VOID
    return Outcome(state=AttemptState.FAILED, reason_code="refused") if refuses else yes(attempt)

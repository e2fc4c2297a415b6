"""Money goes back over the tenders in a stated order, never more than was taken, and says what became of it."""

from uuid import UUID

import pytest

from stoa import orders
from stoa.db.transaction import Database
from stoa.kernel.ids import child_id
from stoa.kernel.refusals import Refusal
from stoa.orders.errors import (
    BadRefund,
    NothingToRefund,
    OrderHasChanged,
    OrderNotFound,
    RefundTooHigh,
    TenderNamedTwice,
    UnknownTender,
)
from stoa.stores.models import Capture
from stoa.stores.settings import settings_of
from tests.make import MadeStore
from tests.make.selling import MadeOrder, placed_order
from tests.orders.money import (
    CARD,
    TEST,
    TRANSFER,
    money_back,
    no,
    of,
    order_by_card,
    providers_answer,
    tenders_of,
    unsettled,
)
from tests.orders.taken_back import BECAUSE, CLERK, cancel, of_lines, read

ALL_GONE = "all that was taken has gone back, or is on its way."

# An order of the tests costs 2895: two mugs for 2500, and delivery for 395.


async def test_the_newest_tender_gives_back_first(database: Database, store: MadeStore) -> None:
    order = await placed_order(database, store, tenders=[of(1000, TEST), of(900, TEST), TEST])

    await give_back(database, store, order, 1500)
    await give_back(database, store, order, 500)

    assert await money_back(database, store, order) == [(1500, [(2, 505), (3, 995)]), (500, [(1, 105), (2, 395)])]
    view = await read(database, store, order)
    assert (view.order.state, view.order.payment_state) == ("confirmed", "partially_refunded")
    assert (view.order.paid, view.order.refunded, view.order.cancelled, view.due) == (895, 2000, 0, 0)
    assert [(each.captured, each.refunded) for each in view.payments] == [(1000, 105), (900, 900), (995, 995)]
    assert [each.state for each in view.refunds] == ["succeeded", "succeeded"]


async def test_whoever_names_the_tenders_says_in_which_order_they_give(database: Database, store: MadeStore) -> None:
    order = await placed_order(database, store, tenders=[of(1000, TEST), of(900, TEST), TEST])

    await give_back(database, store, order, 1200, tenders=[2, 1])

    assert await money_back(database, store, order) == [(1200, [(1, 300), (2, 900)])]


async def test_without_an_amount_all_goes_back(database: Database, store: MadeStore) -> None:
    order = await placed_order(database, store, tenders=[of(1000, TEST), TEST])
    await give_back(database, store, order, 500, tenders=[1])

    await give_back(database, store, order, None)

    view = await read(database, store, order)
    assert (view.order.paid, view.order.refunded, view.order.payment_state) == (0, 2895, "refunded")
    assert view.order.state == "confirmed"


async def test_a_provider_is_asked_and_until_it_answers_the_money_is_on_its_way(
    database: Database, store: MadeStore
) -> None:
    order = await order_by_card(database, store)

    await give_back(database, store, order, 2000)

    view = await read(database, store, order)
    assert (view.order.paid, view.order.refunded, view.order.payment_state) == (2895, 0, "paid")
    assert [(each.refunded, each.refunding) for each in view.payments] == [(0, 2000)]
    assert [each.state for each in view.refunds] == ["open"]
    await refuses(database, store, order, RefundTooHigh, 896)

    await providers_answer(database, store, order)

    view = await read(database, store, order)
    assert (view.order.paid, view.order.refunded, view.order.payment_state) == (895, 2000, "partially_refunded")
    assert [(each.refunded, each.refunding) for each in view.payments] == [(2000, 0)]
    assert [each.state for each in view.refunds] == ["succeeded"]
    assert [(row.kind, row.payment_state, row.note) for row in view.history][-1:] == [
        ("refunded", "partially_refunded", "")
    ]


async def test_what_a_provider_refuses_stays_and_can_be_tried_again(database: Database, store: MadeStore) -> None:
    order = await order_by_card(database, store)
    await give_back(database, store, order, 2895)

    assert await providers_answer(database, store, order, no) == 1

    view = await read(database, store, order)
    assert (view.order.paid, view.order.refunded, view.order.payment_state) == (2895, 0, "paid")
    assert [(each.refunded, each.refunding) for each in view.payments] == [(0, 0)]
    [refund] = view.refunds
    assert (refund.state, refund.attempts[0].reason) == ("failed", "The balance is too low.")

    await give_back(database, store, order, 2895)
    await providers_answer(database, store, order)

    view = await read(database, store, order)
    assert [each.state for each in view.refunds] == ["failed", "succeeded"]
    assert (view.order.refunded, view.order.payment_state) == (2895, "refunded")


async def test_what_was_taken_above_what_is_still_owed_goes_back_with_the_units(
    database: Database, store: MadeStore
) -> None:
    order = await placed_order(database, store, tenders=[of(2000, TEST), TEST])

    await cancel(database, store, order, {1: 1})

    assert await money_back(database, store, order) == [(1250, [(1, 355), (2, 895)])]
    view = await read(database, store, order)
    assert (view.order.state, view.order.payment_state) == ("confirmed", "partially_refunded")
    assert (view.order.cancelled, view.order.paid, view.order.refunded, view.due) == (1250, 1645, 1250, 0)
    assert [(row.kind, row.payment_state) for row in view.history] == [
        ("placed", "paid"),
        ("units_cancelled", "paid"),
        ("refunded", "partially_refunded"),
        ("refunded", "partially_refunded"),
    ]
    assert view.refunds[0].refund.cancellation_id == view.cancellations[0].cancellation.id

    await cancel(database, store, order)

    view = await read(database, store, order)
    assert (view.order.state, view.order.payment_state) == ("cancelled", "refunded")
    assert (view.order.cancelled, view.order.paid, view.order.refunded) == (2895, 0, 2895)


async def test_what_was_promised_is_let_go_and_what_was_taken_goes_back(database: Database, store: MadeStore) -> None:
    async with database.store(store.id) as tx:
        (await settings_of(tx)).card_capture = Capture.MANUAL
    order = await order_by_card(database, store, of(1000, TEST), CARD)
    assert [(each.status, each.authorized) for each in await tenders_of(database, store, order)] == [
        ("captured", 0),
        ("authorized", 1895),
    ]

    await cancel(database, store, order)

    assert [(each.kind, each.amount) for each in await unsettled(database, store, order)] == [("void", 1895)]
    assert await money_back(database, store, order) == [(1000, [(1, 1000)])]
    await providers_answer(database, store, order)
    assert [(each.status, each.refunded) for each in await tenders_of(database, store, order)] == [
        ("captured", 1000),
        ("voided", 0),
    ]
    view = await read(database, store, order)
    assert (view.order.paid, view.order.refunded, view.order.payment_state) == (0, 1000, "refunded")


async def test_what_is_left_may_need_fewer_tenders_and_then_the_order_goes_ahead(
    database: Database, store: MadeStore
) -> None:
    order = await placed_order(database, store, tenders=[of(1645, TEST), TRANSFER])
    assert order.state == "pending"

    await cancel(database, store, order, {1: 1})

    view = await read(database, store, order)
    assert [payment.status for payment in view.payments] == ["captured", "voided"]
    assert (view.order.state, view.order.payment_state, view.due) == ("confirmed", "paid", 0)
    assert [row.kind for row in view.history] == ["placed", "units_cancelled", "confirmed"]


async def test_staff_may_keep_the_money_of_what_is_cancelled(database: Database, store: MadeStore) -> None:
    order = await placed_order(database, store)

    async with database.store(store.id, actor=CLERK) as tx:
        await orders.cancel_order(tx, order_id=order.id, reason=BECAUSE, refund=False)
    await give_back(database, store, order, 1000)

    view = await read(database, store, order)
    assert (view.order.state, view.order.paid, view.order.refunded) == ("cancelled", 1895, 1000)
    assert await money_back(database, store, order) == [(1000, [(1, 1000)])]


async def test_a_refused_refund_of_a_cancelled_order_waits_for_staff(database: Database, store: MadeStore) -> None:
    order = await order_by_card(database, store)
    await cancel(database, store, order)

    assert await providers_answer(database, store, order, no) == 1
    assert (await read(database, store, order)).order.paid == 2895

    await give_back(database, store, order, None)
    await providers_answer(database, store, order)
    view = await read(database, store, order)
    assert (view.order.paid, view.order.refunded, view.order.payment_state) == (0, 2895, "refunded")


@pytest.mark.parametrize(
    ("refusal", "amount", "tenders", "sentence"),
    [
        (RefundTooHigh, 2896, None, "At most 2895 GBP in minor units can go back for order {number}; 2896 asked."),
        (RefundTooHigh, 1001, [1], "At most 1000 GBP in minor units can go back for order {number}; 1001 asked."),
        (BadRefund, 0, None, "0 cannot go back; an amount of 1 or more, in minor units, can."),
        (BadRefund, -5, None, "-5 cannot go back; an amount of 1 or more, in minor units, can."),
        (UnknownTender, 5, [1, 9], "Order {number} has no payment {tender}."),
        (TenderNamedTwice, 5, [1, 1], "Name each payment once, in the order in which they give back."),
        (NothingToRefund, 5, [], "Nothing can go back for order {number}: " + ALL_GONE),
    ],
)
async def test_what_cannot_go_back_is_refused_and_nothing_changes(
    database: Database,
    store: MadeStore,
    refusal: type[Refusal],
    amount: int,
    tenders: list[int] | None,
    sentence: str,
) -> None:
    order = await placed_order(database, store, tenders=[of(1000, TEST), TEST])

    said = await refuses(database, store, order, refusal, amount, tenders)

    assert said == sentence.format(number=order.number, tender=child_id(order.id, 9))
    assert await money_back(database, store, order) == []
    view = await read(database, store, order)
    assert (view.order.paid, len(view.history)) == (2895, 1)


async def test_money_that_never_came_does_not_go_back(database: Database, store: MadeStore) -> None:
    order = await placed_order(database, store, tenders=[TRANSFER])

    await refuses(database, store, order, NothingToRefund, None)


async def test_who_read_an_older_order_refunds_nothing(database: Database, store: MadeStore) -> None:
    order = await placed_order(database, store)
    await cancel(database, store, order, {1: 1})

    async with database.store(store.id, actor=CLERK) as tx:
        with pytest.raises(OrderHasChanged):
            await orders.refund(tx, order_id=order.id, seen=1)

    assert len(await money_back(database, store, order)) == 1


async def test_who_read_the_order_before_a_provider_was_asked_refunds_nothing(
    database: Database, store: MadeStore
) -> None:
    order = await order_by_card(database, store)
    seen = (await read(database, store, order)).revision

    async with database.store(store.id, actor=CLERK) as tx:
        await orders.refund(tx, order_id=order.id, amount=2000, seen=seen)
    async with database.store(store.id, actor=CLERK) as tx:
        with pytest.raises(OrderHasChanged):
            await orders.refund(tx, order_id=order.id, amount=500, seen=seen)

    assert [amount for amount, _ in await money_back(database, store, order)] == [2000]
    assert (await read(database, store, order)).revision == seen + 1


async def test_another_store_gives_nothing_back(database: Database, store: MadeStore, other_store: MadeStore) -> None:
    order = await placed_order(database, store)

    await refuses(database, other_store, order, OrderNotFound, 5)

    assert await money_back(database, store, order) == []


async def test_goodwill_counts_towards_what_goes_back_with_the_units(database: Database, store: MadeStore) -> None:
    order = await placed_order(database, store)
    await give_back(database, store, order, 500)

    async with database.store(store.id, actor=CLERK) as tx:
        await orders.cancel_units(tx, order_id=order.id, units=of_lines(order, {1: 1}), reason=BECAUSE)

    assert [amount for amount, _ in await money_back(database, store, order)] == [500, 750]
    view = await read(database, store, order)
    assert (view.order.paid, view.order.total - view.order.cancelled) == (1645, 1645)


async def give_back(
    database: Database, store: MadeStore, order: MadeOrder, amount: int | None, tenders: list[int] | None = None
) -> None:
    """Give money back, the tenders named by their positions, in a transaction of its own."""
    named: list[UUID] | None = None if tenders is None else [child_id(order.id, position) for position in tenders]
    async with database.store(store.id, actor=CLERK) as tx:
        await orders.refund(tx, order_id=order.id, amount=amount, tenders=named)


async def refuses(
    database: Database,
    store: MadeStore,
    order: MadeOrder,
    refusal: type[Refusal],
    amount: int | None,
    tenders: list[int] | None = None,
) -> str:
    """Giving back is refused; the sentence that says why."""
    with pytest.raises(refusal) as refused:
        await give_back(database, store, order, amount, tenders)
    return refused.value.sentence

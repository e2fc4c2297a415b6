"""Money that staff saw come in by hand goes back by hand: it waits for them, and is not called given back before."""

from collections.abc import Awaitable, Callable

import pytest

from stoa import orders
from stoa.db.transaction import GUEST, SYSTEM, Actor, Database
from stoa.kernel.refusals import Refusal
from stoa.orders.attempting import talk
from stoa.orders.errors import NothingToHandBack, OrderNotFound
from stoa.orders.models import CancellationReason
from stoa.orders.settling import settle
from stoa.payments.errors import AttemptNotFound
from stoa.payments.models import AttemptState, PaymentAttempt
from stoa.payments.provider import Outcome
from stoa.payments.providers import Providers
from tests.conftest import SECRET_KEY
from tests.make import MadeStore
from tests.make.selling import MadeOrder, placed_order
from tests.orders.money import CARD, TEST, TRANSFER, of, order_by_card, unsettled
from tests.orders.taken_back import CLERK, cancel, read


async def half_paid(database: Database, store: MadeStore) -> MadeOrder:
    """An order of 2895 for which 1000 came by transfer, and whose card for the rest was refused."""
    order = await order_by_card(database, store, of(1000, TRANSFER), CARD, answers=False)
    async with database.store(store.id, actor=CLERK) as tx:
        await orders.record_payment(tx, order_id=order.id)
    [attempt] = await unsettled(database, store, order)
    async with database.store(store.id) as tx:
        await settle(tx, attempt.id, Outcome(state=AttemptState.FAILED, reason_code="declined", reason="No."))
    return order


async def paid_by_transfer(database: Database, store: MadeStore) -> MadeOrder:
    """An order of 2895 that came by transfer."""
    order = await placed_order(database, store, tenders=[TRANSFER])
    async with database.store(store.id, actor=CLERK) as tx:
        await orders.record_payment(tx, order_id=order.id)
    return order


async def hold_expires(database: Database, store: MadeStore, order: MadeOrder) -> None:
    async with database.store(store.id, actor=SYSTEM) as tx:
        await orders.cancel_order(tx, order_id=order.id, reason=CancellationReason.HOLD_EXPIRED)


async def shopper_cancels(database: Database, store: MadeStore, order: MadeOrder) -> None:
    async with database.store(store.id, actor=GUEST) as tx:
        await orders.cancel_pending_order(tx, order_id=order.id)


@pytest.mark.parametrize("gives_up", [hold_expires, shopper_cancels, cancel])
async def test_what_came_by_hand_waits_until_staff_have_given_it_back(
    database: Database, store: MadeStore, gives_up: Callable[[Database, MadeStore, MadeOrder], Awaitable[None]]
) -> None:
    order = await half_paid(database, store)

    await gives_up(database, store, order)

    view = await read(database, store, order)
    assert (view.order.state, view.order.paid, view.order.refunded) == ("cancelled", 1000, 0)
    assert [(each.captured, each.refunded, each.refunding) for each in view.payments] == [(1000, 0, 1000), (0, 0, 0)]
    assert [each.state for each in view.refunds] == ["open"]
    assert "refunded" not in [row.kind for row in view.history]
    [attempt] = await unsettled(database, store, order)
    assert (attempt.kind, attempt.state, attempt.amount) == ("refund", "waiting", 1000)

    await hand_back(database, store, order, attempt, note="to DE89 3704 0044")

    view = await read(database, store, order)
    assert (view.order.paid, view.order.refunded, view.order.payment_state) == (0, 1000, "refunded")
    assert [(each.captured, each.refunded, each.refunding) for each in view.payments] == [(1000, 1000, 0), (0, 0, 0)]
    assert [each.state for each in view.refunds] == ["succeeded"]
    last = view.history[-1]
    assert (last.kind, last.payment_state, last.actor, last.note) == (
        "refunded", "refunded", str(CLERK), "to DE89 3704 0044",
    )  # fmt: skip


async def test_what_goes_back_with_units_waits_too_and_nothing_of_it_goes_back_twice(
    database: Database, store: MadeStore
) -> None:
    order = await paid_by_transfer(database, store)
    await cancel(database, store, order, {1: 1})
    assert [each.state for each in (await read(database, store, order)).refunds] == ["open"]

    await cancel(database, store, order)

    view = await read(database, store, order)
    assert [(each.refund.amount, each.state) for each in view.refunds] == [(1250, "open"), (1645, "open")]
    assert [(each.captured, each.refunded, each.refunding) for each in view.payments] == [(2895, 0, 2895)]
    for attempt in await unsettled(database, store, order):
        await hand_back(database, store, order, attempt)
    view = await read(database, store, order)
    assert (view.order.paid, view.order.refunded, view.order.payment_state) == (0, 2895, "refunded")


async def test_what_staff_give_back_by_hand_themselves_is_given_back(database: Database, store: MadeStore) -> None:
    order = await paid_by_transfer(database, store)

    async with database.store(store.id, actor=CLERK) as tx:
        await orders.refund(tx, order_id=order.id, amount=500)

    view = await read(database, store, order)
    assert (view.order.paid, view.order.refunded, [each.state for each in view.refunds]) == (2395, 500, ["succeeded"])


async def test_what_nobody_holds_goes_back_at_once(database: Database, store: MadeStore) -> None:
    order = await placed_order(database, store, tenders=[TEST])

    await cancel(database, store, order)

    assert (await read(database, store, order)).order.payment_state == "refunded"


async def test_nobody_outside_is_asked_for_it(database: Database, store: MadeStore) -> None:
    order = await half_paid(database, store)
    await hold_expires(database, store, order)
    [attempt] = await unsettled(database, store, order)

    assert await talk(database, Providers(database, SECRET_KEY), store.id, attempt.id, again=True) is None

    assert [each.state for each in await unsettled(database, store, order)] == ["waiting"]


async def test_what_was_handed_back_is_not_handed_back_again(
    database: Database, store: MadeStore, other_store: MadeStore
) -> None:
    order, other = await half_paid(database, store), await half_paid(database, store)
    await hold_expires(database, store, order)
    [attempt] = await unsettled(database, store, order)

    await refuses(database, store, other, attempt, AttemptNotFound)
    await refuses(database, other_store, order, attempt, OrderNotFound)
    await hand_back(database, store, order, attempt)
    await refuses(database, store, order, attempt, NothingToHandBack)

    assert (await read(database, store, order)).order.refunded == 1000


async def test_what_a_provider_is_asked_to_give_back_is_not_for_staff(database: Database, store: MadeStore) -> None:
    order = await order_by_card(database, store)
    await cancel(database, store, order)
    [attempt] = await unsettled(database, store, order)

    await refuses(database, store, order, attempt, NothingToHandBack)

    assert [each.state for each in await unsettled(database, store, order)] == ["open"]


async def hand_back(
    database: Database,
    store: MadeStore,
    order: MadeOrder,
    attempt: PaymentAttempt,
    *,
    note: str = "",
    by: Actor = CLERK,
) -> None:
    """Staff say that it was handed back, in a transaction of its own."""
    async with database.store(store.id, actor=by) as tx:
        await orders.hand_back(tx, order_id=order.id, attempt_id=attempt.id, note=note)


async def refuses(
    database: Database, store: MadeStore, order: MadeOrder, attempt: PaymentAttempt, refusal: type[Refusal]
) -> None:
    """Handing back is refused."""
    with pytest.raises(refusal):
        await hand_back(database, store, order, attempt)

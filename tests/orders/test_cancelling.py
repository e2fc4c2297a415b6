"""What is taken back of an order goes back to stock, whole or in part, and its amounts sum to what was sold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from stoa import budgets, orders
from stoa.catalog.models import Variant
from stoa.db.transaction import Database, Tx
from stoa.inventory.models import MovementKind, StockLevel, StockMovement, Warehouse
from stoa.kernel.refusals import Refusal
from stoa.orders import cancelling
from stoa.orders.errors import (
    HeldUntilPaid,
    MoreThanLeft,
    NoUnits,
    OrderHasChanged,
    OrderIsCancelled,
    OrderNotFound,
    TooManyParts,
    UnknownOrderLine,
)
from stoa.orders.models import CancellationReason, OrderLine
from stoa.orders.remaining import Remaining
from stoa.stores.models import PaymentMethod
from tests.conftest import open_a_store
from tests.make import MadeStore
from tests.make.selling import MadeOrder, placed_order, sellable
from tests.orders.taken_back import (
    BECAUSE,
    CLERK,
    Counted,
    cancel,
    cancellations,
    hold_of,
    movements,
    of_lines,
    read,
    stock,
    told,
    uses_left,
)


async def test_a_whole_order_is_taken_back_with_all_that_it_took(database: Database, store: MadeStore) -> None:
    async with database.store(store.id) as tx:
        await budgets.create_code(tx, code="SPRING", amount=500, uses=3)
        mug, pot = await sellable(tx, stock=10), await sellable(tx, price=3000, stock=5)
    order = await placed_order(
        database, store, wanted={mug: 2, pot: 1}, code="SPRING", method=PaymentMethod.BANK_TRANSFER
    )
    assert await uses_left(database, store) == 2

    async with database.store(store.id, actor=CLERK) as tx:
        await orders.cancel_order(tx, order_id=order.id, reason=BECAUSE, note="changed their mind")

    view = await read(database, store, order)
    assert (view.order.state, view.order.payment_state) == ("cancelled", "voided")
    assert (view.order.total, view.order.cancelled, view.order.paid, view.due) == (5395, 5395, 0, 0)
    assert [payment.status for payment in view.payments] == ["voided"]
    assert [(one.kind, one.state, one.payment_state, one.note) for one in view.history][1:] == [
        ("cancelled", "cancelled", "voided", "changed their mind")
    ]
    [(head, lines)] = await cancellations(database, store, order)
    assert (head.position, head.reason, head.is_whole, head.amount, head.shipping) == (1, "customer", True, 5395, 395)
    assert sum(amount for _, amount in lines) == 5000
    assert sorted(count for count, _ in lines) == [1, 2]
    assert await stock(database, store, mug) == {"main": Counted(10, 0, 0)}
    assert await stock(database, store, pot) == {"main": Counted(5, 0, 0)}
    assert await uses_left(database, store) == 3
    assert await told(database, store, order) == ["order.cancelled", "order.placed"]


async def test_some_units_are_taken_back_and_the_others_stay(database: Database, store: MadeStore) -> None:
    async with database.store(store.id) as tx:
        await budgets.create_code(tx, code="SPRING", amount=500, uses=3)
        mug, pot = await sellable(tx, stock=10), await sellable(tx, price=3000, stock=5)
    order = await placed_order(
        database, store, wanted={mug: 3, pot: 1}, code="SPRING", method=PaymentMethod.CASH_ON_DELIVERY
    )
    line = next(each for each in (await read(database, store, order)).lines if each.variant_id == mug)

    await cancel(database, store, order, {line.position: 2})

    view = await read(database, store, order)
    [(head, [(count, amount)])] = await cancellations(database, store, order)
    assert (head.is_whole, head.shipping, head.amount, count) == (False, 0, amount, 2)
    assert amount == Remaining(line, 0).price_of(2)
    assert (view.order.state, view.order.payment_state) == ("confirmed", "pending")
    assert (view.order.cancelled, view.due) == (amount, view.order.total - amount)
    assert [one.kind for one in view.history] == ["placed", "units_cancelled"]
    assert [payment.status for payment in view.payments] == ["pending"]
    assert await stock(database, store, mug) == {"main": Counted(10, 1, 0)}
    assert await stock(database, store, pot) == {"main": Counted(5, 1, 0)}
    assert await uses_left(database, store) == 2
    assert await told(database, store, order) == ["order.placed", "order.units_cancelled"]


async def test_unit_by_unit_an_order_is_gone_in_the_end_to_the_penny(database: Database, store: MadeStore) -> None:
    async with database.store(store.id) as tx:
        await budgets.create_code(tx, code="SPRING", amount=100, uses=3)
        mug = await sellable(tx, price=333, stock=10)
    order = await placed_order(database, store, wanted={mug: 7}, code="SPRING", method=PaymentMethod.BANK_TRANSFER)

    for _ in range(7):
        await cancel(database, store, order, {1: 1})

    parts = await cancellations(database, store, order)
    assert [lines[0][1] for _, lines in parts] == [319, 318, 319, 319, 319, 318, 319]
    assert [(head.position, head.is_whole, head.shipping) for head, _ in parts] == [
        *((n, False, 0) for n in range(1, 7)),
        (7, True, 395),
    ]
    view = await read(database, store, order)
    assert (view.order.state, view.order.total, view.order.cancelled) == ("cancelled", 2626, 2626)
    assert await stock(database, store, mug) == {"main": Counted(10, 0, 0)}
    assert await movements(database, store, order) == [("commit", 7, 0), *[("release", -1, 0)] * 7]
    assert await uses_left(database, store) == 3


@given(total=st.integers(0, 10**9), quantity=st.integers(1, 60), data=st.data())
def test_however_a_line_is_taken_back_its_parts_sum_to_it(total: int, quantity: int, data: st.DataObject) -> None:
    line = OrderLine(total=total, quantity=quantity)
    gone, parts = 0, []

    while gone < quantity:
        units = data.draw(st.integers(1, quantity - gone))
        parts.append(Remaining(line, gone).price_of(units))
        gone += units

    assert sum(parts) == total
    assert min(parts) >= 0


async def test_units_promised_beyond_stock_go_first_and_then_the_last_warehouse(
    database: Database, store: MadeStore
) -> None:
    async with database.store(store.id) as tx:
        mug = await sellable(tx, stock=2)
        await _level(tx, mug, code="far", priority=5, on_hand=2)
        await _level(tx, mug, code="backorder", priority=0, on_hand=50)
    order = await placed_order(database, store, wanted={mug: 6})
    assert await stock(database, store, mug) == {
        "main": Counted(2, 2, 0), "far": Counted(2, 2, 0), "backorder": Counted(50, 2, 0),
    }  # fmt: skip

    await cancel(database, store, order, {1: 3})

    assert await stock(database, store, mug) == {
        "main": Counted(2, 2, 0), "far": Counted(2, 1, 0), "backorder": Counted(50, 0, 0),
    }  # fmt: skip


async def test_what_was_held_for_an_order_that_waited_for_its_money_is_let_go(
    database: Database, store: MadeStore
) -> None:
    async with database.store(store.id) as tx:
        mug = await sellable(tx, stock=10)
    one = await placed_order(database, store, wanted={mug: 2}, method=PaymentMethod.CARD)
    other = await placed_order(database, store, wanted={mug: 3}, method=PaymentMethod.CARD)
    assert await stock(database, store, mug) == {"main": Counted(10, 0, 5)}

    await cancel(database, store, one)
    async with database.store(store.id) as tx:
        await orders.cancel_order(tx, order_id=other.id, reason=CancellationReason.HOLD_EXPIRED)

    assert (await hold_of(database, store, one), await hold_of(database, store, other)) == ("released", "expired")
    assert await stock(database, store, mug) == {"main": Counted(10, 0, 0)}
    assert await movements(database, store, one) == [("reserve", 0, 2), ("release", 0, -2)]
    assert (await read(database, store, one)).order.state == "cancelled"


async def test_an_order_whose_stock_is_held_is_cancelled_as_a_whole_only(database: Database, store: MadeStore) -> None:
    async with database.store(store.id) as tx:
        mug = await sellable(tx, stock=10)
    order = await placed_order(database, store, wanted={mug: 2}, method=PaymentMethod.CARD)

    await refuses(database, store, order, HeldUntilPaid, {1: 1})

    assert await stock(database, store, mug) == {"main": Counted(10, 0, 2)}
    await cancel(database, store, order, {1: 2})
    assert await stock(database, store, mug) == {"main": Counted(10, 0, 0)}


async def test_what_is_short_is_short_of_less_when_units_are_taken_back(database: Database, store: MadeStore) -> None:
    async with database.store(store.id) as tx:
        mug = await sellable(tx, stock=5)
    order = await placed_order(database, store, wanted={mug: 4})
    async with database.store(store.id) as tx:
        # A count finds four missing.
        [level] = await tx.scalars(select(StockLevel).where(StockLevel.variant_id == mug))
        level.on_hand, level.short = 1, 3
        tx.add(StockMovement(level_id=level.id, kind=MovementKind.ADJUST, on_hand=-4, actor=str(tx.actor)))

    await cancel(database, store, order, {1: 2})

    async with database.store(store.id) as tx:
        [level] = await tx.scalars(select(StockLevel).where(StockLevel.variant_id == mug))
        assert (level.on_hand, level.committed, level.short) == (1, 2, 1)


async def test_free_things_nobody_counts_are_taken_back_as_well(database: Database, store: MadeStore) -> None:
    async with database.store(store.id) as tx:
        advice = await sellable(tx, price=0, tracks_stock=False, requires_shipping=False)
    order = await placed_order(database, store, wanted={advice: 2})

    await cancel(database, store, order)

    view = await read(database, store, order)
    assert (view.order.state, view.order.payment_state, view.order.cancelled) == ("cancelled", "paid", 0)
    assert await movements(database, store, order) == []


@pytest.mark.parametrize(
    ("refusal", "units", "sentence"),
    [
        (MoreThanLeft, {1: 3}, "Only 2 units of this line of order {number} are left to cancel; 3 asked."),
        (UnknownOrderLine, {1: 1, 7: 1}, "Order {number} has no line {line}."),
        (NoUnits, {}, "Name at least one line, and of each line named 1 unit or more."),
        (NoUnits, {1: 0}, "Name at least one line, and of each line named 1 unit or more."),
        (NoUnits, {1: -1}, "Name at least one line, and of each line named 1 unit or more."),
    ],
)
async def test_what_cannot_be_taken_back_is_refused_and_nothing_changes(
    database: Database, store: MadeStore, refusal: type[Refusal], units: dict[int, int], sentence: str
) -> None:
    order = await placed_order(database, store)

    said = await refuses(database, store, order, refusal, units)

    [line, *_] = [*of_lines(order, {7: 1})]
    assert said == sentence.format(number=order.number, line=line)
    view = await read(database, store, order)
    assert (view.order.state, view.order.cancelled, len(view.history)) == ("confirmed", 0, 1)
    assert await movements(database, store, order) == [("commit", 2, 0)]


async def test_what_is_cancelled_is_not_cancelled_again_nor_paid(database: Database, store: MadeStore) -> None:
    order = await placed_order(database, store, method=PaymentMethod.BANK_TRANSFER)
    await cancel(database, store, order)

    said = await refuses(database, store, order, OrderIsCancelled, None)
    await refuses(database, store, order, OrderIsCancelled, {1: 1})
    async with database.store(store.id, actor=CLERK) as tx:
        with pytest.raises(OrderIsCancelled):
            await orders.record_payment(tx, order_id=order.id)

    assert said == f"Order {order.number} is cancelled: nothing of it is left."
    assert len(await cancellations(database, store, order)) == 1


async def test_who_read_an_older_state_is_told_so(database: Database, store: MadeStore) -> None:
    order = await placed_order(database, store)

    async with database.store(store.id, actor=CLERK) as tx:
        await orders.cancel_units(tx, order_id=order.id, units=of_lines(order, {1: 1}), reason=BECAUSE, seen=1)
    async with database.store(store.id, actor=CLERK) as tx:
        with pytest.raises(OrderHasChanged):
            await orders.cancel_units(tx, order_id=order.id, units=of_lines(order, {1: 1}), reason=BECAUSE, seen=1)

    assert len(await cancellations(database, store, order)) == 1


async def test_after_a_thousand_parts_the_rest_goes_at_once(
    database: Database, store: MadeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cancelling, "MOST_PARTS", 2)
    async with database.store(store.id) as tx:
        mug = await sellable(tx, stock=10)
    order = await placed_order(database, store, wanted={mug: 5})
    await cancel(database, store, order, {1: 1})
    await cancel(database, store, order, {1: 1})

    said = await refuses(database, store, order, TooManyParts, {1: 1})
    await cancel(database, store, order)

    assert said == f"Units of order {order.number} were cancelled 2 times already; cancel all that is left."
    assert await stock(database, store, mug) == {"main": Counted(10, 0, 0)}


async def test_tax_that_is_added_goes_back_with_what_it_was_added_to(database: Database) -> None:
    store = await open_a_store(database, tax_display="exclusive", tax_rate_ppm=190_000)
    async with database.store(store.id) as tx:
        mug = await sellable(tx, price=333)
    order = await placed_order(database, store, wanted={mug: 3})
    assert order.total == 999 + 190 + 395 + 75

    await cancel(database, store, order, {1: 1})
    await cancel(database, store, order)

    parts = await cancellations(database, store, order)
    assert [(head.amount, head.shipping) for head, _ in parts] == [(396, 0), (793 + 470, 470)]
    view = await read(database, store, order)
    assert (view.order.cancelled, view.order.refunded, view.order.paid) == (order.total, order.total, 0)


async def test_another_store_cannot_cancel_it(database: Database, store: MadeStore, other_store: MadeStore) -> None:
    order = await placed_order(database, store)

    await refuses(database, other_store, order, OrderNotFound, None)

    assert (await read(database, store, order)).order.state == "confirmed"


async def test_what_is_left_of_an_order_by_transfer_is_what_is_owed(database: Database, store: MadeStore) -> None:
    order = await placed_order(database, store, method=PaymentMethod.BANK_TRANSFER)
    await cancel(database, store, order, {1: 1})

    async with database.store(store.id, actor=CLERK) as tx:
        await orders.record_payment(tx, order_id=order.id, amount=1645)

    view = await read(database, store, order)
    assert (view.order.state, view.order.payment_state, view.order.paid, view.due) == ("confirmed", "paid", 1645, 0)
    assert [(payment.amount, payment.captured) for payment in view.payments] == [(2895, 1645)]


async def refuses(
    database: Database, store: MadeStore, order: MadeOrder, refusal: type[Refusal], units: dict[int, int] | None
) -> str:
    """Cancelling is refused; the sentence that says why."""
    with pytest.raises(refusal) as refused:
        await cancel(database, store, order, units)
    return refused.value.sentence


async def _level(tx: Tx, variant_id: object, *, code: str, priority: int, on_hand: int) -> None:
    kind = "backorder" if code == "backorder" else "shipping"
    warehouse = tx.add(Warehouse(code=code, name=code, priority=priority, kind=kind))
    await tx.flush()
    level = tx.add(StockLevel(variant_id=variant_id, warehouse_id=warehouse.id, on_hand=on_hand))
    await tx.flush()
    tx.add(StockMovement(level_id=level.id, kind=MovementKind.RECEIVE, on_hand=on_hand, actor=str(tx.actor)))
    if kind == "backorder":
        await tx.execute(update(Variant).where(Variant.id == variant_id).values(beyond_stock=kind))
    await tx.flush()

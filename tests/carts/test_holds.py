"""What is in a cart is held for its shopper for a while: nobody else buys it, and nobody competes with themselves."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from stoa import carts, inventory
from stoa.carts.clearing import clear_expired
from stoa.carts.errors import CartEmpty, CartNotFound, NotEnoughStock
from stoa.carts.models import Cart
from stoa.checkout.placing import Placed
from stoa.db.transaction import Database, Tx
from stoa.inventory.laws import LAWS
from stoa.inventory.models import Reservation
from stoa.inventory.reservations import expire_reservations, hold_stock
from stoa.kernel.clock import utc_now
from tests.conftest import SECRET_KEY
from tests.make import MadeStore, Make
from tests.make.selling import ready_cart, sellable, submit
from tests.promises import refused, statements


@dataclass(frozen=True)
class Shopper:
    """Somebody with a cart of their own."""

    cart_id: UUID
    holder: carts.Holder

    @property
    def whose(self) -> dict[str, Any]:
        """The arguments of every operation on their cart."""
        return {"cart_id": self.cart_id, "holder": self.holder}


async def shopper(tx: Tx, variant_id: UUID | None = None, units: int = 1) -> Shopper:
    """Somebody with these units in the cart."""
    cart = await carts.open_cart(tx, secret_key=SECRET_KEY)
    await tx.flush()
    made = Shopper(cart.id, carts.Holder.of_token(carts.cart_token(SECRET_KEY, cart.id)))
    if variant_id is not None:
        await carts.add_lines(tx, **made.whose, wanted=[carts.Wanted(variant_id, units)])
    return made


async def level_of(tx: Tx, variant_id: UUID) -> tuple[int, int, int]:
    """What the variant's one level has reserved, committed, and short."""
    (level,) = await inventory.levels_of_variants(tx, variant_ids=[variant_id])
    return level.reserved, level.committed, level.short


async def ending_of(tx: Tx, reservation_id: UUID) -> tuple[str, datetime | None]:
    """What became of a hold, and when."""
    found = select(Reservation).where(Reservation.id == reservation_id).execution_options(populate_existing=True)
    (over,) = await tx.scalars(found)
    return over.state, over.closed_at


async def broken_laws(tx: Tx) -> list[str]:
    await tx.flush()
    return [name for name, sql in LAWS.items() if (await tx.execute(text(sql))).all()]


async def test_what_one_holds_nobody_else_can_buy(tx: Tx) -> None:
    mug = await sellable(tx, stock=5)
    ada, ben = await shopper(tx, mug, 3), await shopper(tx, mug, 3)

    held = await carts.hold(tx, **ada.whose)

    assert held is not None
    assert held.expires_at == tx.now + timedelta(minutes=15)
    assert [(item.variant_id, item.quantity, item.later) for item in held.items] == [(mug, 3, 0)]
    assert await level_of(tx, mug) == (3, 0, 0)
    with refused(NotEnoughStock) as refusal:
        await carts.hold(tx, **ben.whose)
    assert (refusal.value.asked, refusal.value.free, refusal.value.title) == (3, 2, "A mug")
    assert (await carts.read_cart(tx, **ben.whose)).hold is None
    assert await level_of(tx, mug) == (3, 0, 0)
    assert await broken_laws(tx) == []


async def test_nobody_competes_with_what_they_hold(tx: Tx) -> None:
    mug = await sellable(tx, stock=3)
    ada = await shopper(tx, mug, 3)
    held = await carts.hold(tx, **ada.whose)

    view = await carts.read_cart(tx, **ada.whose)
    quote = await carts.quote(tx, **ada.whose)

    assert view.hold == held
    assert [(line.available, line.changes) for line in view.lines] == [(3, ())]
    assert quote.subtotal == 3750
    assert (await carts.preview(tx, **ada.whose)).total == quote.total


async def test_a_hold_leaves_the_quote_standing(tx: Tx) -> None:
    ada = await shopper(tx, await sellable(tx, stock=3), 3)
    quote = await carts.quote(tx, **ada.whose)

    await carts.hold(tx, **ada.whose)
    await carts.hold(tx, **ada.whose)
    await carts.release(tx, **ada.whose)

    assert (await carts.find_cart(tx, **ada.whose)).quote_id == quote.id


async def test_asked_again_a_hold_lasts_longer_but_never_a_day(tx: Tx) -> None:
    mug = await sellable(tx, stock=3)
    ada = await shopper(tx, mug, 3)
    first, began = await carts.hold(tx, **ada.whose), tx.now

    tx.now = began + timedelta(minutes=10)
    again = await carts.hold(tx, **ada.whose)
    tx.now = began + timedelta(hours=23, minutes=50)
    at_last = await carts.hold(tx, **ada.whose)

    assert first
    assert again
    assert at_last
    assert first.id == again.id == at_last.id
    assert again.expires_at == began + timedelta(minutes=25)
    assert at_last.expires_at == began + timedelta(days=1)
    assert await level_of(tx, mug) == (3, 0, 0)


async def test_a_hold_follows_the_lines_of_its_cart(tx: Tx) -> None:
    mug, bowl = await sellable(tx, stock=5), await sellable(tx, stock=5)
    ada = await shopper(tx, mug, 2)
    first = await carts.hold(tx, **ada.whose)

    await carts.add_lines(tx, **ada.whose, wanted=[carts.Wanted(mug, 3), carts.Wanted(bowl, 1)])
    assert (await level_of(tx, mug), await level_of(tx, bowl)) == ((5, 0, 0), (1, 0, 0))
    mugs, bowls = (await carts.read_cart(tx, **ada.whose)).lines
    await carts.change_quantity(tx, **ada.whose, line_id=mugs.id, quantity=4)
    assert (await level_of(tx, mug), await level_of(tx, bowl)) == ((4, 0, 0), (1, 0, 0))
    await carts.remove_line(tx, **ada.whose, line_id=mugs.id)
    view = await carts.read_cart(tx, **ada.whose)

    assert (await level_of(tx, mug), await level_of(tx, bowl)) == ((0, 0, 0), (1, 0, 0))
    assert first
    assert view.hold
    assert view.hold.id != first.id
    assert [item.variant_id for item in view.hold.items] == [bowl]
    await carts.remove_line(tx, **ada.whose, line_id=bowls.id)
    assert (await carts.read_cart(tx, **ada.whose)).hold is None
    assert await level_of(tx, bowl) == (0, 0, 0)
    assert await broken_laws(tx) == []


async def test_more_than_there_is_cannot_be_put_into_a_cart_that_holds(database: Database, store: MadeStore) -> None:
    async with database.store(store.id) as tx:
        mug = await sellable(tx, stock=5)
        ada, ben = await shopper(tx, mug, 2), await shopper(tx, mug, 2)
        await carts.hold(tx, **ada.whose)
        await carts.hold(tx, **ben.whose)

    with refused(NotEnoughStock) as refusal:
        async with database.store(store.id) as tx:
            await carts.add_lines(tx, **ada.whose, wanted=[carts.Wanted(mug, 2)])

    assert (refusal.value.asked, refusal.value.free) == (4, 3)
    async with database.store(store.id) as tx:
        view = await carts.read_cart(tx, **ada.whose)
        assert [line.quantity for line in view.lines] == [2]
        assert view.hold
        assert [item.quantity for item in view.hold.items] == [2]
        assert await level_of(tx, mug) == (4, 0, 0)


async def test_what_is_given_back_is_there_for_others(tx: Tx) -> None:
    mug = await sellable(tx, stock=3)
    ada, ben = await shopper(tx, mug, 3), await shopper(tx, mug, 3)
    held = await carts.hold(tx, **ada.whose)

    await carts.release(tx, **ada.whose)
    await carts.release(tx, **ada.whose)

    assert await level_of(tx, mug) == (0, 0, 0)
    assert await carts.hold(tx, **ben.whose) is not None
    assert held
    assert await ending_of(tx, held.id) == ("released", tx.now)
    assert await broken_laws(tx) == []


async def test_units_that_are_not_counted_need_no_hold(tx: Tx) -> None:
    voucher = await sellable(tx, tracks_stock=False)
    mug = await sellable(tx, stock=1)
    ada, ben = await shopper(tx, voucher, 7), await shopper(tx, voucher, 7)
    await carts.add_lines(tx, **ben.whose, wanted=[carts.Wanted(mug, 1)])

    assert await carts.hold(tx, **ada.whose) is None
    held = await carts.hold(tx, **ben.whose)

    assert held is not None
    assert [item.variant_id for item in held.items] == [mug]


async def test_an_empty_cart_and_anothers_cart_hold_nothing(tx: Tx) -> None:
    mug = await sellable(tx, stock=1)
    ada, ben = await shopper(tx), await shopper(tx, mug)

    with refused(CartEmpty):
        await carts.hold(tx, **ada.whose)
    with refused(CartNotFound):
        await carts.hold(tx, cart_id=ben.cart_id, holder=ada.holder)
    with refused(CartNotFound):
        await carts.release(tx, cart_id=ben.cart_id, holder=ada.holder)

    assert await level_of(tx, mug) == (0, 0, 0)


async def test_what_was_held_too_long_goes_back_and_what_was_not_stays(tx: Tx) -> None:
    mug = await sellable(tx, stock=9)
    ada, ben = await shopper(tx, mug, 2), await shopper(tx, mug, 3)
    held, began = await carts.hold(tx, **ada.whose), tx.now
    tx.now = began + timedelta(minutes=5)
    await carts.hold(tx, **ben.whose)

    tx.now = began + timedelta(minutes=15)
    assert (await carts.read_cart(tx, **ada.whose)).hold is None
    assert [await expire_reservations(tx, 10), await expire_reservations(tx, 10)] == [1, 0]

    assert await level_of(tx, mug) == (3, 0, 0)
    assert held
    assert await ending_of(tx, held.id) == ("expired", tx.now)
    carts_now = {cart: await tx.session.get(Cart, (tx.store_id, cart)) for cart in (ada.cart_id, ben.cart_id)}
    for cart in carts_now.values():
        await tx.session.refresh(cart)
    assert [cart.reservation_id is None for cart in carts_now.values() if cart] == [True, False]
    assert await broken_laws(tx) == []


async def test_a_hold_that_ran_out_and_was_not_given_back_yet_still_serves_its_shopper(tx: Tx) -> None:
    mug = await sellable(tx, stock=2)
    ada = await shopper(tx, mug, 2)
    await carts.hold(tx, **ada.whose)

    tx.now += timedelta(minutes=16)
    quote = await carts.quote(tx, **ada.whose)
    held = await carts.hold(tx, **ada.whose)

    assert quote.missing == ["email", "shipping"]
    assert held is not None
    assert held.expires_at == tx.now + timedelta(minutes=15)


async def test_a_cart_that_is_cleared_away_gives_back_what_it_held(tx: Tx) -> None:
    mug = await sellable(tx, stock=2)
    ada = await shopper(tx, mug, 2)
    held = await carts.hold(tx, **ada.whose)

    tx.now += timedelta(days=31)
    assert await clear_expired(tx, 10) == 1

    assert held is not None
    assert await level_of(tx, mug) == (0, 0, 0)
    assert await broken_laws(tx) == []


async def test_carts_held_in_one_batch_are_served_in_turn(tx: Tx) -> None:
    mug = await sellable(tx, stock=5)
    first, second, third = [await shopper(tx, mug, units) for units in (3, 3, 2)]
    until = tx.now + timedelta(minutes=9)

    answers = await hold_stock(tx, until={each.cart_id: until for each in (first, second, third)})

    assert [answer.kind for answer in answers] == ["held", "out_of_stock", "held"]
    assert (answers[1].variant_id, answers[1].asked, answers[1].free) == (mug, 3, 2)
    assert await level_of(tx, mug) == (5, 0, 0)
    assert await broken_laws(tx) == []


async def test_what_one_of_a_batch_gives_back_the_next_may_have(tx: Tx) -> None:
    mug = await sellable(tx, stock=5)
    first, second = await shopper(tx, mug, 5), await shopper(tx, mug, 4)
    await carts.hold(tx, **first.whose)
    await tx.execute(
        text("UPDATE cart_lines SET quantity = 1 WHERE store_id = :store AND cart_id = :cart"),
        {"store": tx.store_id, "cart": first.cart_id},
    )
    until = tx.now + timedelta(minutes=9)

    answers = await hold_stock(tx, until={each.cart_id: until for each in (first, second)})

    assert [answer.kind for answer in answers] == ["held", "held"]
    assert await level_of(tx, mug) == (5, 0, 0)
    assert await broken_laws(tx) == []


async def test_an_order_is_served_from_what_its_cart_held(database: Database, store: MadeStore) -> None:
    async with database.store(store.id) as tx:
        mug = await sellable(tx, stock=2)
    ready = await ready_cart(database, store, wanted={mug: 2})
    async with database.store(store.id) as tx:
        held = await carts.hold(tx, cart_id=ready.cart_id, holder=ready.holder)

    [(_, outcome)] = await submit(database, store, ready)

    assert isinstance(outcome, Placed), outcome
    async with database.store(store.id) as tx:
        assert held
        assert (await ending_of(tx, held.id))[0] == "confirmed"
        assert await level_of(tx, mug) == (0, 2, 0)
        assert await broken_laws(tx) == []


@pytest.fixture
async def last_mug(database: Database, store: MadeStore) -> AsyncIterator[UUID]:
    """There is one left."""
    async with database.store(store.id) as tx:
        mug = await sellable(tx, stock=1)
    yield mug
    async with database.store(store.id) as tx:
        assert await broken_laws(tx) == []


async def test_ten_who_ask_at_once_for_the_last_one_to_be_held(
    database: Database, store: MadeStore, last_mug: UUID
) -> None:
    async with database.store(store.id) as tx:
        asking = [await shopper(tx, last_mug) for _ in range(10)]

    async def ask(who: Shopper) -> bool:
        try:
            async with database.store(store.id) as tx:
                return await carts.hold(tx, **who.whose) is not None
        except NotEnoughStock:
            return False

    assert sorted(await asyncio.gather(*map(ask, asking))) == [False] * 9 + [True]
    async with database.store(store.id) as tx:
        assert await level_of(tx, last_mug) == (1, 0, 0)


async def test_holding_and_ordering_race_for_the_last_one(database: Database, store: MadeStore, last_mug: UUID) -> None:
    ready = await ready_cart(database, store, wanted={last_mug: 1})
    async with database.store(store.id) as tx:
        ben = await shopper(tx, last_mug)

    async def hold() -> bool:
        try:
            async with database.store(store.id) as tx:
                return await carts.hold(tx, **ben.whose) is not None
        except NotEnoughStock:
            return False

    held, [(_, outcome)] = await asyncio.gather(hold(), submit(database, store, ready))

    assert held != isinstance(outcome, Placed)


async def test_a_hold_that_runs_out_while_its_cart_is_bought_goes_one_way_or_the_other(
    database: Database, store: MadeStore, last_mug: UUID
) -> None:
    ready = await ready_cart(database, store, wanted={last_mug: 1})
    async with database.store(store.id) as tx:
        await carts.hold(tx, cart_id=ready.cart_id, holder=ready.holder)

    async def expire(now: datetime) -> int:
        async with database.store(store.id, now=now) as tx:
            return await expire_reservations(tx, 10)

    later = utc_now() + timedelta(minutes=16)
    expired, [(_, outcome)] = await asyncio.gather(expire(later), submit(database, store, ready))

    # Nobody else wanted it, so the order is placed either way.
    assert isinstance(outcome, Placed), outcome
    async with database.store(store.id) as tx:
        assert await level_of(tx, last_mug) == (0, 1, 0)
        (over,) = (await tx.execute(text("SELECT state FROM reservations WHERE store_id = :s"), {"s": store.id})).all()
        assert over.state == ("expired" if expired else "confirmed")


async def test_holding_many_lines_costs_as_many_statements_as_one(database: Database, tx: Tx, make: Make) -> None:
    counts = []
    for lines in (1, 20):
        ada = await shopper(tx)
        wanted = [carts.Wanted(await sellable(tx, stock=1), 1) for _ in range(lines)]
        await carts.add_lines(tx, **ada.whose, wanted=wanted)
        with statements(database) as seen:
            await carts.hold(tx, **ada.whose)
        counts.append(len(seen))

    assert counts[0] == counts[1] <= 6

"""What is not promised beyond stock any more is offered to nobody, also when somebody gives back what they held."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from stoa import carts, inventory, orders
from stoa.carts.errors import NotEnoughStock
from stoa.checkout.placing import Placed
from stoa.db.transaction import Database, Tx
from stoa.inventory.beyond import end_promises
from stoa.inventory.reservations import expire_reservations
from stoa.jobs.app import app
from stoa.orders.models import CancellationReason
from stoa.stores.models import PaymentMethod
from tests.carts.test_holds import Shopper, shopper
from tests.inventory.test_beyond_stock import BACKORDER, NONE, PREORDER, broken_laws, figures, waits
from tests.make import MadeStore
from tests.make.selling import placed_order, ready_cart, sellable, submit
from tests.promises import refused

Act = Callable[[Tx, Shopper], Awaitable[Any]]


async def let_it_expire(tx: Tx, _ada: Shopper) -> None:
    tx.now += timedelta(hours=23)
    assert await expire_reservations(tx, 10) == 1


async def give_it_back(tx: Tx, ada: Shopper) -> None:
    await carts.release(tx, **ada.whose)


async def take_it_out(tx: Tx, ada: Shopper) -> None:
    (line,) = (await carts.read_cart(tx, **ada.whose)).lines
    await carts.remove_line(tx, **ada.whose, line_id=line.id)


async def held_beyond_stock(tx: Tx, units: int = 3, **promise: Any) -> tuple[UUID, Shopper]:
    """A variant of which a cart holds so many units beyond stock; and the cart."""
    mug = await sellable(tx, stock=0)
    await inventory.promise_beyond_stock(tx, variant_id=mug, limit=10, **(promise or {"kind": BACKORDER}))
    ada = await shopper(tx, mug, units)
    await carts.hold(tx, **ada.whose)
    return mug, ada


@pytest.mark.parametrize("act", [let_it_expire, give_it_back, take_it_out])
async def test_units_that_come_back_after_the_end_are_offered_to_nobody(tx: Tx, act: Act) -> None:
    mug, ada = await held_beyond_stock(tx)
    await inventory.promise_beyond_stock(tx, variant_id=mug, kind=NONE)
    assert await figures(tx, mug) == {"shipping": (0, 0, 0), "backorder": (3, 0, 3)}

    await act(tx, ada)

    assert await figures(tx, mug) == {"shipping": (0, 0, 0), "backorder": (0, 0, 0)}
    assert await inventory.available_units(tx, [mug]) == {mug: 0}
    with refused(NotEnoughStock):
        await shopper(tx, mug, 1)
    assert await broken_laws(tx) == []


async def test_a_cart_that_wants_less_keeps_that_and_nobody_gets_the_rest(tx: Tx) -> None:
    mug, ada = await held_beyond_stock(tx, 3)
    await inventory.promise_beyond_stock(tx, variant_id=mug, kind=NONE)
    (line,) = (await carts.read_cart(tx, **ada.whose)).lines

    await carts.change_quantity(tx, **ada.whose, line_id=line.id, quantity=2)

    assert await figures(tx, mug) == {"shipping": (0, 0, 0), "backorder": (2, 0, 2)}
    assert await inventory.available_units(tx, [mug]) == {mug: 0}
    assert await broken_laws(tx) == []


async def test_what_comes_back_while_it_is_promised_can_be_had(tx: Tx) -> None:
    mug, ada = await held_beyond_stock(tx)

    await give_it_back(tx, ada)

    assert await figures(tx, mug) == {"shipping": (0, 0, 0), "backorder": (10, 0, 0)}
    assert await inventory.available_units(tx, [mug]) == {mug: 10}


async def test_a_pre_order_whose_day_is_past_is_promised_to_nobody_else(tx: Tx, noon: Any) -> None:
    tx.now = noon.replace(day=3, hour=22, minute=30)
    mug, ada = await held_beyond_stock(tx, kind=PREORDER, ships_on=date(2026, 5, 3))
    tx.now += timedelta(hours=1)
    assert await end_promises(tx, 10) == 1

    await give_it_back(tx, ada)

    assert await figures(tx, mug) == {"shipping": (0, 0, 0), "backorder": (0, 0, 0)}
    assert await broken_laws(tx) == []


@pytest.mark.parametrize("method", [PaymentMethod.BANK_TRANSFER, PaymentMethod.CARD])
async def test_units_of_an_order_that_is_cancelled_after_the_end_are_offered_to_nobody(
    database: Database, store: MadeStore, method: PaymentMethod
) -> None:
    mug = await waits(database, store, 2, limit=10)
    ready = await ready_cart(database, store, wanted={mug: 3})
    [(_, placed)] = await submit(database, store, ready, method=method)
    kept = await placed_order(database, store, wanted={mug: 1})
    assert isinstance(placed, Placed), placed
    async with database.store(store.id) as tx:
        await inventory.promise_beyond_stock(tx, variant_id=mug, kind=NONE)
        await orders.cancel_order(tx, order_id=placed.order_id, reason=CancellationReason.CUSTOMER)

        assert await figures(tx, mug) == {"shipping": (0, 0, 0), "backorder": (3, 3, 0)}
        assert await inventory.available_units(tx, [mug]) == {mug: 0}
        assert await broken_laws(tx) == []
    assert kept.state == "confirmed"


def test_the_end_of_promises_is_looked_for_every_minute() -> None:
    app.perform_import_paths()

    crons = {each.task.name: each.cron for each in app.periodic_registry.periodic_tasks.values()}

    assert crons["inventory.end_promises"] == "* * * * *"

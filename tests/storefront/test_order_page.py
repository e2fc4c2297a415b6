"""An order's page says what was taken back and what money went back, and lets a shopper take back what is not begun."""

from uuid import UUID

import pytest

from stoa import orders
from stoa.db.transaction import Database
from stoa.kernel.ids import child_id
from stoa.orders.models import CancellationReason
from tests.make import MadeStore, Make
from tests.storefront.shopper import ADDRESS, Page, Shopper
from tests.storefront.test_accounts import register, sign_in


@pytest.fixture
async def mugs(database: Database, store: MadeStore) -> None:
    """Mugs for 12.50, on the shelf."""
    async with database.store(store.id) as tx:
        await Make(tx).product("Mug", stock=9)


def id_in(page: Page) -> UUID:
    """The order whose page it is."""
    return UUID(page.path.removeprefix("/orders/"))


async def test_a_shopper_takes_back_an_order_that_waits_for_its_money(
    shopper: Shopper, database: Database, store: MadeStore, mugs: None
):
    page = await shopper.buy("mug", method="bank_transfer")
    assert "As long as we wait for the money, you can take the order back." in page.main

    after = await shopper.send(page, f"{page.path}/cancellation")

    assert (after.status, after.path) == (200, page.path)
    assert "Cancelled. Your order is cancelled: nothing of it is sent." in after.main
    assert "What happens next" not in after.main
    assert "Please transfer" not in after.main
    assert after.actions(page.path) == []
    async with database.store(store.id) as tx:
        view = await orders.order_by_id(tx, order_id=id_in(page))
    assert (view.order.state, view.history[-1].actor) == ("cancelled", "guest")


async def test_whoever_has_the_link_takes_the_order_back_by_it(shopper: Shopper, mugs: None):
    page = await shopper.buy("mug", method="bank_transfer")
    token = shopper.client.cookies["orders"].partition(".")[2]
    shopper.client.cookies.delete("orders")
    by_link = await shopper.open(f"{page.path}?token={token}")

    after = await shopper.send(by_link, f"{page.path}/cancellation")

    assert "Your order is cancelled" in after.main


async def test_what_the_shop_has_begun_with_is_not_taken_back(
    shopper: Shopper, database: Database, store: MadeStore, mugs: None
):
    page = await shopper.buy("mug", method="bank_transfer")
    async with database.store(store.id) as tx:
        await orders.record_payment(tx, order_id=id_in(page))

    late = await shopper.send(page, f"{page.path}/cancellation")

    assert late.status == 409
    assert "is being prepared already; write to the shop to have it cancelled." in late.main
    assert late.actions(page.path) == []


async def test_the_page_tells_what_was_taken_back_and_what_went_back(
    shopper: Shopper, database: Database, store: MadeStore, mugs: None
):
    await shopper.put_in_cart("mug", quantity=3)
    page = await shopper.send(await shopper.open("/checkout"), "/checkout", **ADDRESS)
    order_id = id_in(page)
    async with database.store(store.id) as tx:
        await orders.cancel_units(
            tx, order_id=order_id, units={child_id(order_id, 1): 2}, reason=CancellationReason.OUT_OF_STOCK
        )

    some = await shopper.open(page.path)
    async with database.store(store.id) as tx:
        await orders.cancel_order(tx, order_id=order_id, reason=CancellationReason.STAFF)
    all_of_it = await shopper.open(page.path)

    assert "Your order is placed and paid. Some of it is cancelled; the rest is sent." in some.main
    assert "2 of them cancelled" in some.main
    assert "Cancelled −£25.00" in some.main
    assert "Given back to you £25.00" in some.main
    assert "We have given £41.45 back to you." in all_of_it.main
    assert "Cancelled −£41.45" in all_of_it.main


async def test_what_came_by_transfer_is_called_given_back_only_when_it_was(
    shopper: Shopper, database: Database, store: MadeStore, mugs: None
):
    page = await shopper.buy("mug", method="bank_transfer")
    async with database.store(store.id) as tx:
        await orders.record_payment(tx, order_id=id_in(page))
        await orders.cancel_order(tx, order_id=id_in(page), reason=CancellationReason.OUT_OF_STOCK)

    before = await shopper.open(page.path)
    async with database.store(store.id) as tx:
        [waiting] = (await orders.list_unanswered(tx, by_hand=True)).items
        await orders.hand_back(tx, order_id=id_in(page), attempt_id=waiting.id)
    after = await shopper.open(page.path)

    assert "Your order is cancelled: nothing of it is sent. We will give £16.45 back to you." in before.main
    assert "To be given back to you £16.45" in before.main
    assert "on its way back" not in before.main.lower()
    assert "We have given £16.45 back to you." in after.main
    assert "To be given back" not in after.main


async def test_the_account_tells_which_orders_are_cancelled(
    shopper: Shopper, database: Database, store: MadeStore, mugs: None
):
    await register(shopper)
    await sign_in(shopper)
    page = await shopper.buy("mug", method="bank_transfer")

    before = await shopper.open("/account")
    await shopper.send(page, f"{page.path}/cancellation")
    after = await shopper.open("/account")

    assert "to be paid" in before.main
    assert "cancelled" in after.main

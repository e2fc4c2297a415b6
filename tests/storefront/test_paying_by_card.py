"""A shopper without scripts pays by card: it works, it is declined, the bank asks first, the answer is late."""

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import select
from starlette.types import ASGIApp

from stoa.adapters.payment_test import tell
from stoa.db.transaction import Database
from stoa.payments.models import PretendCharge
from stoa.storefront import paying
from stoa.stores.models import Capture
from stoa.stores.settings import settings_of
from tests.conftest import open_a_store
from tests.make import MadeStore, Make
from tests.serving import Served
from tests.storefront.shopper import Shopper, shopper_at
from tests.storefront.test_in_a_browser import fill_in, visiting


@pytest.fixture
async def store(database: Database) -> MadeStore:
    """A store that takes cards of the test provider."""
    store = await open_a_store(database, payment_methods=["bank_transfer", "card"], card_provider="test")
    async with database.store(store.id) as tx:
        await Make(tx).product("Mug", stock=9)
    return store


async def test_a_card_that_works_pays_the_order(shopper: Shopper):
    page = await shopper.buy("mug", method="card", card="test_ok")

    assert (page.status, page.path[:8]) == (200, "/orders/")
    assert "paid" in page.main
    assert "Your payment" not in page.main


async def test_a_declined_card_is_said_so_and_another_may_be_chosen(shopper: Shopper):
    page = await shopper.buy("mug", method="card", card="test_insufficient_funds")
    assert "The payment did not come about. The card has insufficient funds." in page.main

    again = await shopper.send(page, f"{page.path}/pay", card="test_declined:lost_card")
    assert "The card was declined: lost card." in again.main

    paid = await shopper.send(again, f"{page.path}/pay", card="test_ok")
    assert "Your payment" not in paid.main
    assert "paid" in paid.main


async def test_where_a_promise_ends_after_the_order_went_ahead_another_card_may_be_chosen(
    database: Database, store: MadeStore, shopper: Shopper
):
    async with database.store(store.id) as tx:
        (await settings_of(tx)).card_capture = Capture.MANUAL
    page = await shopper.buy("mug", method="card", card="test_ok")
    assert "Your payment" not in page.main
    await promise_ends(database, store)

    page = await shopper.open(page.path)
    assert "The payment did not come about. The payment was let go." in page.main
    assert "kept for you for some minutes" not in page.main
    again = await shopper.send(page, f"{page.path}/pay", card="test_insufficient_funds")
    assert "The payment did not come about. The card has insufficient funds." in again.main

    paid = await shopper.send(again, f"{page.path}/pay", card="test_ok")
    assert "Your payment" not in paid.main


async def test_a_bank_that_asks_first_is_answered_on_its_page(shopper: Shopper):
    asked = await shopper.buy("mug", method="card", card="test_3ds")
    assert asked.path.startswith("/pay/test/test_")
    assert "The Test Shop asks for £16.45." in asked.main

    paid = await shopper.send(asked, asked.path, answer="yes")

    assert paid.path.startswith("/orders/")
    assert "Your payment" not in paid.main
    assert "You have answered already" in (await shopper.open(asked.path)).main


async def test_whoever_says_no_to_the_bank_may_choose_another_card(shopper: Shopper):
    asked = await shopper.buy("mug", method="card", card="test_3ds")

    page = await shopper.send(asked, asked.path, answer="no")

    assert "It was not confirmed at the bank." in page.main
    paid = await shopper.send(page, f"{page.path}/pay", card="test_ok")
    assert "Your payment" not in paid.main


async def test_whoever_waits_for_a_late_answer_may_look_again(shopper: Shopper, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(paying, "CARDS", (paying.PretendCard("test_lost", "A card whose answer is lost"),))
    page = await shopper.buy("mug", method="card", card="test_lost")
    assert "The payment is on its way" in page.main

    again = await shopper.open(page.link("Look again"))

    assert again.path == page.path
    assert "Your payment" not in again.main


async def test_the_banks_page_is_there_for_what_is_asked_and_for_nothing_else(shopper: Shopper):
    asked = await shopper.buy("mug", method="card", card="test_3ds")
    assert (await shopper.open("/pay/test/test_0")).status == 404
    assert "Do you want to pay?" in (await shopper.open(asked.path)).main


async def test_a_shop_whose_cards_another_provider_takes_offers_none_without_its_form(database: Database, app: ASGIApp):
    other = await open_a_store(database, payment_methods=["card", "bank_transfer"], card_provider="stripe")
    async with database.store(other.id) as tx:
        await Make(tx).product("Mug", stock=9)

    async with shopper_at(app, other.host) as shopper:
        await shopper.put_in_cart("mug")
        page = await shopper.open("/checkout")

    assert "Bank transfer" in page.main
    assert "Which test card" not in page.main


async def test_in_a_real_browser_a_second_card_pays_after_its_bank_was_asked(
    browser: Browser, served: Served, store: MadeStore
):
    async with visiting(browser, served, store) as page:
        await page.goto("/products/mug")
        await page.get_by_role("button", name="Add to cart").click()
        await page.goto("/checkout")
        await fill_in(page)
        await page.get_by_label("Country").first.select_option("GB")
        await page.get_by_label("Card", exact=True).check()
        await page.get_by_label("Which test card").select_option("A card with nothing on it")
        await page.get_by_role("button", name="Place order").click()
        await expect(page.get_by_role("alert")).to_have_text(
            "The payment did not come about. The card has insufficient funds."
        )

        await page.get_by_label("Which test card").select_option("A card whose bank asks you first")
        await page.get_by_role("button", name="by this card").click()
        await page.get_by_role("button", name="Yes, pay").click()

        await expect(page.locator(".lead")).to_have_text("Your order is placed and paid.")


async def promise_ends(database: Database, store: MadeStore) -> None:
    """The provider lets go of the store's one charge by itself, and tells so."""
    async with database.store(store.id) as tx:
        [charge] = await tx.scalars(select(PretendCharge))
        charge.status = "voided"
    await tell(database, store.id, charge.reference)

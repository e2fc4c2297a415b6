"""A real browser buys something, without JavaScript and with it, and nothing leaves the machine."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import func, select

from stoa import catalog
from stoa.catalog import NewOption, NewPicture, NewVariant
from stoa.db.transaction import Database
from stoa.orders.models import Order
from tests.make import MadeStore, Make
from tests.serving import Served


@pytest.fixture
async def shelves(database: Database, store: MadeStore) -> None:
    """A shirt in two colours at two prices, one of them sold out in blue; and a mug."""
    async with database.store(store.id) as tx:
        make = Make(tx)
        kitchen = await make.category("Kitchen")
        pictures = [NewPicture("mug", "moss", "A green mug")]
        await make.product("Mug", category_id=kitchen.id, pictures=pictures, stock=9)
        await make.product(
            "Shirt",
            options=[NewOption("Size", ["S", "M"]), NewOption("Colour", ["Red", "Blue"])],
            variants=[
                NewVariant(sku="S-R", price=2000, choice={"Size": "S", "Colour": "Red"}, tracks_stock=False),
                NewVariant(sku="M-R", price=2400, choice={"Size": "M", "Colour": "Red"}, tracks_stock=False),
                NewVariant(sku="S-B", price=2000, choice={"Size": "S", "Colour": "Blue"}),
            ],
        )
        await make.code("WELCOME5")


@asynccontextmanager
async def visiting(
    browser: Browser, served: Served, store: MadeStore, *, script: bool = False, width: int = 1280
) -> AsyncIterator[Page]:
    """A page at the shop's front. What the browser complains of, and what leaves the shop, fails the test."""
    context = await browser.new_context(
        base_url=f"http://{store.host}:{served.port}",
        java_script_enabled=script,
        viewport={"width": width, "height": 900},
    )
    page = await context.new_page()
    page.set_default_timeout(15_000)
    complaints: list[str] = []
    hosts: set[str | None] = set()
    page.on("console", lambda said: complaints.append(said.text) if "server responded" not in said.text else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    context.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    await page.goto("/")
    yield page
    await context.close()
    assert complaints == []
    assert hosts == {store.host}


async def fill_in(page: Page) -> None:
    """Ada's address, on the checkout."""
    fields = {"E-mail": "ada@example.com", "Full name": "Ada Byron", "Street and number": "12 St James's Square",
              "Town or city": "London", "Postal code": "SW1Y 4JH"}  # fmt: skip
    for label, value in fields.items():
        await page.locator(".purchase-main").get_by_label(label, exact=label != "Postal code").first.fill(value)


async def test_a_guest_buys_without_javascript_and_finds_the_order_through_the_api(
    browser: Browser, served: Served, store: MadeStore, shelves: None
):
    async with visiting(browser, served, store) as page:
        await page.get_by_role("link", name="Kitchen").first.click()
        await page.get_by_role("link", name="Mug").first.click()
        await page.get_by_label("Quantity").fill("2")
        await page.get_by_role("button", name="Add to cart").click()
        await page.get_by_label("Discount code").fill("welcome5")
        await page.get_by_role("button", name="Apply").click()
        await page.get_by_role("button", name="Go to checkout").click()
        await fill_in(page)
        await page.get_by_label("Bank transfer").check()
        await page.get_by_text("Why this total?").click()
        await expect(page.get_by_text("Code WELCOME5.")).to_be_visible()
        await page.get_by_role("button", name=re.compile("Place order")).click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, Ada Byron.")
        await expect(page.get_by_role("heading", name="Please transfer")).to_be_visible()
        order_id = urlsplit(page.url).path.removeprefix("/orders/")
        cookies = {cookie["name"]: cookie for cookie in await page.context.cookies()}

    token = str(cookies["orders"]["value"]).partition(".")[2]
    async with httpx.AsyncClient(base_url=served.url, headers={"stoa-store": store.slug}) as api:
        order = (await api.get(f"/api/store/v1/orders/{order_id}", headers={"order-token": token})).json()
    assert (order["total"], order["payment_state"]) == (2395, "pending")
    assert all(cookie["httpOnly"] and cookie["sameSite"] == "Lax" for cookie in cookies.values())


async def test_the_price_follows_the_choice_without_javascript(
    browser: Browser, served: Served, store: MadeStore, shelves: None
):
    async with visiting(browser, served, store) as page:
        await page.goto("/products/shirt")
        shown = page.locator(".offer:visible")
        await expect(shown).to_have_text(re.compile(r"£20\.00\s+In stock"))
        await page.get_by_label("M", exact=True).check()
        await expect(shown).to_have_text(re.compile(r"£24\.00\s+In stock"))
        await page.get_by_label("S", exact=True).check()
        await page.get_by_label("Blue").check()
        await expect(shown).to_have_text(re.compile(r"£20\.00\s+Sold out"))
        await page.get_by_role("button", name="Add to cart").click()
        await expect(page.get_by_role("alert")).to_have_text("“Shirt, S / Blue” is sold out.")
        await page.get_by_label("Red").check()
        await page.get_by_role("button", name="Add to cart").click()
        await expect(page.locator(".line-choice")).to_have_text("S / Red")


async def test_a_double_click_on_the_button_gives_one_order(
    browser: Browser, served: Served, database: Database, store: MadeStore, shelves: None
):
    async with visiting(browser, served, store, script=True) as page:
        await page.goto("/products/mug")
        await page.get_by_role("button", name="Add to cart").click()
        await page.get_by_role("button", name="Go to checkout").click()
        await fill_in(page)
        await page.get_by_role("button", name=re.compile("Place order")).dblclick()
        await page.wait_for_url("**/orders/*")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Thank you, Ada Byron.")

    async with database.store(store.id) as tx:
        assert await tx.one_or_none(select(func.count(Order.id)).where(Order.store_id == store.id)) == 1


async def test_a_moved_price_is_told_in_the_cart(
    browser: Browser, served: Served, database: Database, store: MadeStore, shelves: None
):
    async with visiting(browser, served, store) as page:
        await page.goto("/products/shirt")
        await page.get_by_role("button", name="Add to cart").click()
        async with database.store(store.id) as tx:
            variant = await catalog.variant_by_sku(tx, "S-R")
            await catalog.set_price(tx, variant_id=variant.id, amount=2100)
        await page.goto("/cart")
        await expect(page.locator(".notice")).to_have_text(
            "The price has changed since you put it in: it was £20.00, now it is £21.00."
        )


@pytest.mark.parametrize("width", [360, 1440])
async def test_no_page_is_wider_than_the_window(
    browser: Browser, served: Served, store: MadeStore, shelves: None, width: int
):
    async with visiting(browser, served, store, script=True, width=width) as page:
        widths = {}
        await page.goto("/products/mug")
        await page.get_by_role("button", name="Add to cart").click()
        for path in ("/", "/categories/kitchen", "/products/shirt", "/cart", "/checkout", "/sign-in", "/nothing"):
            await page.goto(path)
            widths[path] = await page.evaluate("document.documentElement.scrollWidth")

    assert {path: found for path, found in widths.items() if found > width} == {}


async def test_the_keyboard_reaches_the_content_first_and_focus_is_seen(
    browser: Browser, served: Served, store: MadeStore, shelves: None
):
    async with visiting(browser, served, store, script=True) as page:
        await page.keyboard.press("Tab")
        await expect(page.locator(":focus")).to_have_text("Skip to the content")
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.closest('main') !== null")
        outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"

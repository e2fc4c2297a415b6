"""A guest buys over HTTP, and the store's staff find the order."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx
import pytest

from stoa import catalog
from stoa.db.transaction import Database
from tests.api.calls import ADDRESS, ADMIN_API, STORE_API, Caller, an_address, staff_session
from tests.make import MadeStore, Make
from tests.serving import Served


@pytest.fixture
async def browser(served: Served, store: MadeStore) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody's program, at the store's host."""
    headers = {"host": store.host, "x-forwarded-for": an_address()}
    async with httpx.AsyncClient(base_url=served.url, headers=headers) as client:
        yield client


async def test_from_the_shelf_to_the_order(browser: httpx.AsyncClient, database: Database, store: MadeStore):
    async with database.store(store.id) as tx:
        make = Make(tx)
        kitchen = await make.category("Kitchen")
        options = [catalog.NewOption("Colour", ["Blue", "Red"])]
        variants = [
            catalog.NewVariant(sku="MUG-BLUE", price=1250, choice={"Colour": "Blue"}),
            catalog.NewVariant(sku="MUG-RED", price=1300, choice={"Colour": "Red"}),
        ]
        await make.product("Mug", category_id=kitchen.id, options=options, variants=variants, stock=10)
        await make.code("WELCOME5", amount=500)
    guest = Caller(browser, STORE_API)

    [shelf] = (await guest.get("/categories"))["items"]
    [card] = (await guest.get("/products", category=shelf["slug"]))["items"]
    assert (card["title"], card["from_price"], card["price_varies"]) == ("Mug", 1250, True)

    product = await guest.get(f"/products/{card['slug']}")
    red = next(variant for variant in product["variants"] if variant["choice"] == {"Colour": "Red"})

    opened = await guest.do("POST", "/carts", idempotency_key=str(uuid4()))
    cart, guest = f"/carts/{opened['id']}", guest.as_(cart_token=opened["token"])
    filled = await guest.do("POST", f"{cart}/lines", {"variant_id": red["id"], "quantity": 2}, idempotency_key="line-1")
    assert (filled["units"], filled["subtotal"]) == (2, 2600)

    await guest.do("PUT", f"{cart}/code", {"code": "welcome5"})
    await guest.do("PUT", f"{cart}/contact", {"email": "ada@example.com", "shipping": ADDRESS})
    quote = await guest.do("POST", f"{cart}/quotes")
    assert (quote["subtotal"], quote["discount"], quote["shipping"], quote["total"]) == (2600, 500, 395, 2495)
    assert quote["missing"] == []

    order = await guest.do(
        "POST", f"{cart}/complete", {"quote_id": quote["id"], "payment_method": "test"}, idempotency_key="buy-1"
    )
    assert (order["state"], order["payment_state"], order["total"]) == ("confirmed", "paid", 2495)

    found = await guest.as_(order_token=order["token"]).get(f"/orders/{order['id']}")
    assert (found["number"], found["total"], found["due"], found["units"]) == (order["number"], 2495, 0, 2)
    assert [(line["sku"], line["title"], line["quantity"]) for line in found["lines"]] == [("MUG-RED", "Mug", 2)]
    assert (found["contact"]["email"], found["contact"]["city"]) == ("ada@example.com", "London")
    assert [entry["kind"] for entry in found["history"]] == ["placed"]

    staff = Caller(browser, ADMIN_API, {"authorization": await staff_session(database, store, "staff")})
    [listed] = (await staff.get("/orders"))["items"]
    read = await staff.get(f"/orders/{order['id']}")
    [level] = (await staff.get(f"/variants/{red['id']}/stock"))["items"]
    assert (listed["id"], listed["email"], listed["total"]) == (order["id"], "ada@example.com", 2495)
    assert (read["number"], read["cart_id"]) == (order["number"], opened["id"])
    assert (level["on_hand"], level["committed"], level["available"]) == (10, 2, 8)


async def test_a_bank_transfer_waits_until_staff_see_the_money(
    browser: httpx.AsyncClient, database: Database, store: MadeStore
):
    async with database.store(store.id) as tx:
        mug: UUID = (await Make(tx).variant(stock=10)).id
    guest = Caller(browser, STORE_API)
    opened = await guest.do("POST", "/carts")
    cart, guest = f"/carts/{opened['id']}", guest.as_(cart_token=opened["token"])
    await guest.do("POST", f"{cart}/lines", {"variant_id": str(mug)})
    await guest.do("PUT", f"{cart}/contact", {"email": "ada@example.com", "shipping": ADDRESS})
    quote = await guest.do("POST", f"{cart}/quotes")
    order = await guest.do("POST", f"{cart}/complete", {"quote_id": quote["id"], "payment_method": "bank_transfer"})
    assert (order["state"], order["payment_state"]) == ("pending", "pending")

    staff = Caller(browser, ADMIN_API, {"authorization": await staff_session(database, store, "staff")})
    waiting = await staff.get("/orders", payment_state="pending")
    wrong = await staff.refused(422, "POST", f"/orders/{order['id']}/payments", {"amount": 1})
    paid = await staff.do("POST", f"/orders/{order['id']}/payments", {"amount": order["total"], "note": "seen"})
    twice = await staff.refused(409, "POST", f"/orders/{order['id']}/payments", {})

    assert [each["id"] for each in waiting["items"]] == [order["id"]]
    assert wrong["code"] == "orders.other_amount_due"
    assert (paid["state"], paid["payment_state"], paid["paid"]) == ("confirmed", "paid", order["total"])
    assert twice["code"] == "orders.nothing_to_pay"

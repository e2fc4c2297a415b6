"""Whatever is typed is answered in words: no fault, and nothing changed."""

import pytest
from sqlalchemy import func, select

from stoa.carts.models import OrderContact
from stoa.db.transaction import Database
from tests.make import MadeStore, Make
from tests.storefront.shopper import ADDRESS, Page, Shopper

ODD = ["\x00", "a\x1bb", "\u2028", "x" * 20_000, "--5"]
ACCOUNT = {"email": "ben@example.com", "password": "a good password"}


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: repr(odd[:3]))
async def test_odd_text_in_any_field_is_answered_in_words(
    shopper: Shopper, database: Database, store: MadeStore, odd: str
):
    async with database.store(store.id) as tx:
        await Make(tx).product("Mug", stock=9)
    product = await shopper.open("/products/mug")
    cart = await shopper.put_in_cart("mug")
    line = cart.actions("/cart/lines/")[0]
    checkout = await shopper.open("/checkout")
    register, sign_in = await shopper.open("/register"), await shopper.open("/sign-in")
    places: list[tuple[Page, str, str, dict[str, str]]] = [
        (product, "/products/mug", "quantity", {}),
        (cart, line, "quantity", {}),
        (cart, "/cart/code", "code", {}),
    ]
    places += [(checkout, "/checkout", name, ADDRESS | {"seen": ""}) for name in checkout.form("/checkout")]
    places += [(register, "/register", name, ACCOUNT) for name in ("email", "name", "password")]
    places += [(sign_in, "/sign-in", name, ACCOUNT) for name in ("email", "password")]

    answers = {
        (action, name): (await shopper.send(page, action, **(filled | {name: odd}))).status
        for page, action, name, filled in places
    }

    assert {place: status for place, status in answers.items() if status >= 500} == {}


@pytest.mark.parametrize(
    "path",
    ["/?q=%00", "/?q=" + "x" * 200, "/?sort=price", "/?page=" + "x" * 9000, "/products/%00", "/categories/%00",
     "/orders/%00", "/products/mug?o0=%00", "/account?page=%00", "/media/%00/moss.svg", "/media/mug/none.svg",
     "/assets/%2e%2e%2fapp.py", "/sign-in?then=%00", "/?note=none", "/%00", "/cart/lines/1"],
)  # fmt: skip
async def test_odd_addresses_are_answered_with_pages(shopper: Shopper, path: str):
    page = await shopper.open(path)

    assert page.status in (200, 404, 405, 422)
    assert page.answer.headers["content-type"] == "text/html; charset=utf-8"


async def test_a_refused_form_keeps_nothing(shopper: Shopper, database: Database, store: MadeStore):
    async with database.store(store.id) as tx:
        await Make(tx).product("Mug", stock=9)
    await shopper.put_in_cart("mug")

    await shopper.send(await shopper.open("/checkout"), "/checkout", **(ADDRESS | {"city": "\x00"}))

    async with database.store(store.id) as tx:
        assert await tx.one_or_none(select(func.count(OrderContact.id)).where(OrderContact.store_id == store.id)) == 0

"""Who may send a form, and what the shop keeps in a browser."""

import pytest
from sqlalchemy import func, select
from starlette.types import ASGIApp

from stoa.app import serve_house
from stoa.carts.models import CartLine
from stoa.config import Config
from stoa.db.transaction import Database
from stoa.db.urls import Urls
from stoa.edge.house import House
from tests.conftest import SECRET_KEY
from tests.make import MadeStore, Make
from tests.storefront.shopper import Shopper, shopper_at


@pytest.fixture(autouse=True)
async def mug(database: Database, store: MadeStore) -> None:
    """Something to put in a cart."""
    async with database.store(store.id) as tx:
        await Make(tx).product("Mug", stock=9)


async def lines_of(database: Database, store: MadeStore) -> int:
    """How many lines all carts of the store have."""
    async with database.store(store.id) as tx:
        return await tx.one_or_none(select(func.count(CartLine.id)).where(CartLine.store_id == store.id)) or 0


@pytest.mark.parametrize(
    ("headers", "typed", "says"),
    [
        ({}, {"form_token": ""}, "We could not tell that this form came from our own page"),
        ({}, {"form_token": "a" * 22}, "We could not tell that this form came from our own page"),
        ({}, {"form_token": "é"}, "We could not tell that this form came from our own page"),
        ({"origin": "https://evil.example"}, {}, "This was sent from another site"),
        ({"origin": "null"}, {}, "This was sent from another site"),
        ({"sec-fetch-site": "cross-site"}, {}, "This was sent from another site"),
        ({"sec-fetch-site": "same-site"}, {}, "This was sent from another site"),
    ],
)
async def test_a_form_that_is_not_ours_does_nothing(
    shopper: Shopper,
    database: Database,
    store: MadeStore,
    headers: dict[str, str],
    typed: dict[str, str],
    says: str,
):
    page = await shopper.open("/products/mug")

    refused = await shopper.send_saying(headers, page, "/products/mug", **typed)

    assert refused.status == 403
    assert says in refused.main
    assert await lines_of(database, store) == 0


async def test_a_token_is_of_one_browser_and_one_form(
    app: ASGIApp, shopper: Shopper, database: Database, store: MadeStore
):
    page = await shopper.open("/products/mug")
    token = page.form("/products/mug")["form_token"]

    async with shopper_at(app, store.host) as other:
        own = await other.open("/products/mug")
        refused = await other.send(own, "/products/mug", form_token=token)
    elsewhere = await shopper.client.post("/cart/code", data={"form_token": token, "code": "X"})
    ours = await shopper.send_saying({"origin": f"http://{store.host}"}, page, "/products/mug")

    assert (refused.status, elsewhere.status_code) == (403, 403)
    assert ours.path == "/cart"
    assert await lines_of(database, store) == 1


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{}", "application/json"),
        (b"\xff\xfe=1", "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % n for n in range(200)), "application/x-www-form-urlencoded"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
    ],
)
async def test_what_is_no_form_is_refused_in_words(shopper: Shopper, body: bytes, kind: str):
    answer = await shopper.client.post("/products/mug", content=body, headers={"content-type": kind})

    assert answer.status_code == 422
    assert "The form could not be read; nothing was changed." in answer.text


async def test_looking_around_sets_no_cookie(shopper: Shopper):
    page = await shopper.open("/")

    assert "set-cookie" not in page.answer.headers


async def test_cookies_are_for_the_shop_alone(shopper: Shopper):
    page = await shopper.open("/products/mug")
    answer = await shopper.client.post("/products/mug", data=page.form("/products/mug"))

    [form_cookie] = page.answer.headers.get_list("set-cookie")
    [cart_cookie] = answer.headers.get_list("set-cookie")
    assert form_cookie.startswith("forms=")
    assert form_cookie.endswith("; HttpOnly; Path=/; SameSite=lax")
    assert cart_cookie.startswith("cart=")
    assert cart_cookie.endswith("; HttpOnly; Max-Age=2592000; Path=/; SameSite=lax")


async def test_under_https_cookies_are_bound_to_the_host(urls: Urls, store: MadeStore):
    house = House.open(Config(server_url=urls.server, secret_key=SECRET_KEY, public_scheme="https"))
    async with shopper_at(serve_house(house), store.host, "https") as shopper:
        page = await shopper.open("/products/mug")
        answer = await shopper.client.post("/products/mug", data=page.form("/products/mug"))
        cart = await shopper.open("/cart")
    await house.close()

    cookies = [*page.answer.headers.get_list("set-cookie"), *answer.headers.get_list("set-cookie")]
    assert [cookie.partition("=")[0] for cookie in cookies] == ["__Host-forms", "__Host-cart"]
    assert all("; Secure" in cookie and "; Path=/;" in cookie and "Domain" not in cookie for cookie in cookies)
    assert cart.titles("line-title") == ["Mug"]
    canonical = next(node for node in page.tree.all("link") if node.get("rel") == "canonical")
    assert canonical.get("href") == f"https://{store.host}/products/mug"

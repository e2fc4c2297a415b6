"""Accounts: made, used for buying, left."""

import pytest

from stoa.db.transaction import Database
from tests.make import MadeStore, Make
from tests.make.people import PASSWORD
from tests.storefront.shopper import ADDRESS, Page, Shopper

BEN = {"email": "ben@example.com", "password": PASSWORD}


async def register(shopper: Shopper, **typed: str) -> Page:
    """Make an account, or try to."""
    return await shopper.send(await shopper.open("/register"), "/register", **(BEN | {"name": "Ben Ode"} | typed))


async def sign_in(shopper: Shopper, **typed: str) -> Page:
    """Sign in, or try to."""
    return await shopper.send(await shopper.open("/sign-in"), "/sign-in", **(BEN | typed))


async def test_a_shopper_registers_signs_in_and_finds_the_order_in_the_account(
    shopper: Shopper, database: Database, store: MadeStore
):
    async with database.store(store.id) as tx:
        await Make(tx).product("Mug", stock=9)
    await shopper.put_in_cart("mug")

    registered = await register(shopper)
    account = await sign_in(shopper)
    checkout = await shopper.open("/checkout")
    bought = await shopper.send(checkout, "/checkout", **(ADDRESS | {"email": "ben@example.com"}))
    shopper.client.cookies.delete("orders")
    later = await shopper.open("/account")
    order = await shopper.open(later.link("1001"))

    assert registered.path == "/sign-in"
    assert "No orders yet." in account.main
    assert checkout.form("/checkout")["email"] == "ben@example.com"
    assert checkout.form("/checkout")["name"] == "Ben Ode"
    assert order.path == bought.path
    assert order.status == 200


async def test_registering_tells_nobody_who_has_an_account(shopper: Shopper):
    first = await register(shopper)
    again = await register(shopper, password="another good password")
    old = await sign_in(shopper)

    assert first.main == again.main
    assert old.path == "/account"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"email": "ben@"}, "This is no e-mail address; one looks like name@example.com."),
        ({"password": "short"}, "A password needs at least 10 characters; a few plain words make a good one."),
        (
            {"password": "ü" * 40},
            "A password may have at most 72 bytes (letters with accents count as two or more); shorten it.",
        ),
        ({"name": "x" * 201}, "This may have at most 200 characters; it has 201."),
    ],
)  # fmt: skip
async def test_what_cannot_be_an_account_is_said_beside_its_field(shopper: Shopper, typed: dict[str, str], says: str):
    refused = await register(shopper, **typed)

    assert refused.status == 422
    assert refused.titles("wrong") == [says]
    assert refused.form("/register")["email"] == (BEN | typed)["email"]
    assert refused.form("/register")["password"] == ""


async def test_a_wrong_password_and_no_account_are_told_alike(shopper: Shopper):
    await register(shopper)

    wrong = await sign_in(shopper, password="not this one")
    nobody = await sign_in(shopper, email="nobody@example.com")

    assert (wrong.status, nobody.status) == (401, 401)
    assert wrong.titles("refusal") == nobody.titles("refusal") == ["E-mail or password is wrong."]
    assert "session" not in shopper.client.cookies


async def test_signing_in_begins_a_new_session_and_binds_forms_anew(shopper: Shopper):
    await register(shopper)
    page = await shopper.open("/sign-in")
    forms = shopper.client.cookies["forms"]

    await shopper.send(page, "/sign-in", **BEN)
    first = shopper.client.cookies["session"]
    sent_late = await shopper.send(page, "/sign-in", **BEN)

    assert shopper.client.cookies["forms"] != forms
    assert shopper.client.cookies["session"] == first
    assert sent_late.status == 403


async def test_signing_out_leaves_nothing_behind(shopper: Shopper, database: Database, store: MadeStore):
    async with database.store(store.id) as tx:
        await Make(tx).product("Mug", stock=9)
    await register(shopper)
    account = await sign_in(shopper)
    await shopper.put_in_cart("mug")
    session = shopper.client.cookies["session"]

    left = await shopper.send(account, "/sign-out")
    shopper.client.cookies.set("session", session, domain=store.host)
    with_the_old_session = await shopper.open("/account")

    assert "You are signed out." in left.main
    assert "cart" not in shopper.client.cookies
    assert with_the_old_session.path == "/sign-in"


async def test_a_session_of_another_shop_opens_nothing(shopper: Shopper, other_store: MadeStore):
    await register(shopper)
    await sign_in(shopper)
    session = shopper.client.cookies["session"]

    shopper.client.base_url = f"http://{other_store.host}"
    shopper.client.cookies.set("session", session, domain=other_store.host)
    page = await shopper.open("/account")

    assert page.path == "/sign-in"


@pytest.mark.parametrize("then", ["https://evil.example", "//evil.example", "/account/../..", "javascript:alert(1)"])
async def test_signing_in_leads_to_pages_of_ours_alone(shopper: Shopper, then: str):
    await register(shopper)

    page = await sign_in(shopper, then=then)

    assert page.path == "/account"


async def test_whoever_signs_in_after_another_finds_nothing_of_theirs(
    shopper: Shopper, database: Database, store: MadeStore
):
    async with database.store(store.id) as tx:
        await Make(tx).product("Mug", stock=9)
    await register(shopper)
    await sign_in(shopper)
    await shopper.put_in_cart("mug")
    await shopper.send(await shopper.open("/checkout"), "/checkout", **(ADDRESS | {"seen": "another price"}))
    shopper.client.cookies.delete("session")
    other = {"email": "eve@example.com", "name": "Eve"}
    await register(shopper, **other)
    await sign_in(shopper, email="eve@example.com")

    cart, checkout = await shopper.open("/cart"), await shopper.open("/checkout")
    own = await shopper.put_in_cart("mug")
    bought = await shopper.send(await shopper.open("/checkout"), "/checkout", **(ADDRESS | {"name": "Eve"}))

    assert (cart.titles("line-title"), checkout.path) == ([], "/cart")
    assert own.titles("line-amount") == ["£12.50"]
    assert "Ada Byron" not in bought.main
    assert bought.path.startswith("/orders/")

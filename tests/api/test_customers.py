"""Customers register, sign in and keep their account through the API."""

from stoa.db.transaction import Database
from tests.api.calls import ADDRESS, Caller, an_address, buy, customer_session, open_cart, ready_cart
from tests.api.rows import nothing_changes
from tests.make import MadeStore, Make

ADA = {"email": "ada@example.com", "password": "a few plain words"}


async def signed_in(shop: Caller, who: dict[str, str] = ADA) -> Caller:
    """A customer who registered just now."""
    await shop.do("POST", "/customers", who | {"name": "Ada Byron"})
    session = await shop.do("POST", "/sessions", who)
    return shop.as_(authorization=f"Bearer {session['token']}")


async def test_a_customer_registers_signs_in_and_out(shop: Caller):
    ada = await signed_in(shop)
    me = await ada.get("/me")

    await ada.do("DELETE", "/sessions/current")

    assert (me["email"], me["name"], me["phone"]) == ("ada@example.com", "Ada Byron", "")
    assert (await ada.refused(401, "GET", "/me"))["code"] == "people.not_signed_in"


async def test_registering_again_answers_the_same_and_changes_nothing_of_the_account(shop: Caller):
    await signed_in(shop)

    again = await shop.ask("POST", "/customers", json={"email": "ADA@example.com", "password": "other plain words"})

    assert (again.status_code, again.content) == (204, b"")
    refusal = await shop.refused(401, "POST", "/sessions", ADA | {"password": "other plain words"})
    assert refusal["detail"] == "E-mail or password is wrong."
    assert await shop.do("POST", "/sessions", ADA)


async def test_a_wrong_password_and_no_account_are_one_answer(shop: Caller):
    await signed_in(shop)

    wrong = await shop.refused(401, "POST", "/sessions", ADA | {"password": "wrong"})
    nobody = await shop.refused(401, "POST", "/sessions", ADA | {"email": "eve@example.com"})

    assert wrong | {"request_id": ""} == nobody | {"request_id": ""}


async def test_guessing_is_held_by_the_address_that_a_trusted_proxy_names(shop: Caller):
    guesser = shop.as_(x_forwarded_for=f"6.6.6.6, {an_address()}")
    for _ in range(10):
        await guesser.refused(401, "POST", "/sessions", ADA)

    answer = await guesser.ask("POST", "/sessions", json=ADA)

    assert (answer.status_code, answer.json()["code"]) == (429, "attempts.too_many")
    assert 1 <= int(answer.headers["retry-after"]) <= 900
    await shop.refused(401, "POST", "/sessions", ADA)  # from elsewhere it may still be tried
    # What the client itself puts before its proxy's entry is not believed.
    pretending = guesser.headers["x-forwarded-for"].replace("6.6.6.6", "7.7.7.7")
    await shop.refused(429, "POST", "/sessions", ADA, x_forwarded_for=pretending)


async def test_an_account_is_changed_but_for_its_email(shop: Caller):
    ada = await signed_in(shop)

    await ada.do("PATCH", "/me", {"phone": "+44 20 7946 0000"})
    refusal = await ada.refused(422, "PATCH", "/me", {"email": "countess@example.com"})

    assert refusal["detail"] == "body.email: there is no such field here; check its name."
    assert (await ada.get("/me")) | {"id": ""} == {
        "id": "",
        "email": "ada@example.com",
        "name": "Ada Byron",
        "phone": "+44 20 7946 0000",
    }


async def test_a_new_password_ends_the_other_sessions(shop: Caller):
    ada = await signed_in(shop)
    elsewhere = shop.as_(authorization=f"Bearer {(await shop.do('POST', '/sessions', ADA))['token']}")

    new = {"present": ADA["password"], "new": "other plain words"}
    await ada.do("POST", "/me/password", new)

    assert (await ada.get("/me"))["email"] == "ada@example.com"
    await elsewhere.refused(401, "GET", "/me")
    assert (await ada.refused(422, "POST", "/me/password", new))["code"] == "password.wrong"


async def test_addresses_are_kept_changed_and_removed(shop: Caller):
    ada = await signed_in(shop)
    made = await ada.do("POST", "/me/addresses", ADDRESS)
    path = f"/me/addresses/{made['id']}"

    await ada.do("PUT", path, ADDRESS | {"city": "Paris", "country": "fr"})
    [kept] = (await ada.get("/me/addresses"))["items"]
    await ada.do("DELETE", path)

    assert (kept["city"], kept["country"]) == ("Paris", "FR")
    assert (await ada.get("/me/addresses"))["items"] == []
    await ada.refused(404, "DELETE", path)


async def test_what_is_kept_under_a_key_holds_no_personal_data(shop: Caller):
    ada = await signed_in(shop)

    answers = [
        await ada.do("POST", "/me/addresses", ADDRESS, idempotency_key="k-1"),
        await ada.do("PATCH", "/me", {"name": "Ada"}, idempotency_key="k-2"),
    ]

    assert [sorted(answer or {}) for answer in answers] == [["id"], []]


async def test_another_customers_addresses_and_orders_are_not_there(shop: Caller, database: Database, store: MadeStore):
    ada = await signed_in(shop)
    address = await ada.do("POST", "/me/addresses", ADDRESS)
    async with database.store(store.id) as tx:
        mug = (await Make(tx).variant(stock=5)).id
    cart, guest, quote = await ready_cart(ada, (mug, 1))
    order = await guest.do("POST", f"{cart}/complete", {"quote_id": quote["id"], "payment_method": "test"})
    eve = shop.as_(authorization=await customer_session(database, store, "eve@example.com"))

    async with nothing_changes(database, store.id):
        await eve.refused(404, "PUT", f"/me/addresses/{address['id']}", ADDRESS)
        await eve.refused(404, "DELETE", f"/me/addresses/{address['id']}")
        await eve.refused(404, "GET", f"/orders/{order['id']}")
        await shop.refused(404, "GET", f"/orders/{order['id']}")
        await eve.refused(404, "GET", cart)

    assert [each["id"] for each in (await ada.get("/orders"))["items"]] == [order["id"]]
    assert (await ada.get(f"/orders/{order['id']}"))["number"] == order["number"]
    assert (await eve.get("/orders"))["items"] == []


async def test_a_guests_cart_becomes_the_customers_who_signs_in(shop: Caller, database: Database, store: MadeStore):
    async with database.store(store.id) as tx:
        mug = (await Make(tx).variant(stock=5)).id
    cart, guest = await open_cart(shop, (mug, 2))
    ada = await signed_in(shop)
    await ada.refused(404, "GET", cart)

    await ada.do("POST", f"{cart}/claim", cart_token=guest.headers["cart-token"])

    assert (await ada.get(cart))["units"] == 2
    await ada.do("PUT", f"{cart}/contact", {"email": "ada@example.com", "shipping": ADDRESS})
    quote = await ada.do("POST", f"{cart}/quotes")
    order = await ada.do("POST", f"{cart}/complete", {"quote_id": quote["id"], "payment_method": "test"})
    assert [each["id"] for each in (await ada.get("/orders"))["items"]] == [order["id"]]


async def test_a_cart_that_is_a_customers_is_not_claimed_by_another(shop: Caller, database: Database, store: MadeStore):
    cart, guest = await open_cart(shop)
    ada = await signed_in(shop)
    await ada.do("POST", f"{cart}/claim", cart_token=guest.headers["cart-token"])
    eve = shop.as_(authorization=await customer_session(database, store, "eve@example.com"))

    async with nothing_changes(database, store.id):
        refusal = await eve.refused(404, "POST", f"{cart}/claim", cart_token=guest.headers["cart-token"])
        await guest.refused(401, "POST", f"{cart}/claim")

    assert refusal["code"] == "carts.not_found"


async def test_orders_go_on_by_pages(shop: Caller, database: Database, store: MadeStore):
    async with database.store(store.id) as tx:
        mug = (await Make(tx).variant(stock=5)).id
    ada = await signed_in(shop)
    numbers = [(await buy(ada, (mug, 1)))["number"] for _ in range(3)]

    first = await ada.get("/orders", limit=2)
    second = await ada.get("/orders", limit=2, cursor=first["next"])

    assert [each["number"] for each in first["items"] + second["items"]] == numbers[::-1]
    assert second["next"] is None


async def test_an_order_opens_to_a_guest_by_its_own_token_alone(shop: Caller, database: Database, store: MadeStore):
    async with database.store(store.id) as tx:
        mug = (await Make(tx).variant(stock=5)).id
    one, other = await buy(shop, (mug, 1)), await buy(shop, (mug, 1))

    assert (await shop.as_(order_token=one["token"]).get(f"/orders/{one['id']}"))["number"] == one["number"]
    for token in (other["token"], "x" * 22, one["token"].swapcase()):
        refusal = await shop.refused(404, "GET", f"/orders/{one['id']}", order_token=token)
        assert refusal["code"] == "orders.not_found"
    await shop.refused(404, "GET", f"/orders/{one['id']}")
    await shop.refused(401, "GET", "/orders", order_token=one["token"])

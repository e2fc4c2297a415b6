"""What staff and their programs do with a store, through the admin API."""

from stoa import people
from stoa.db.transaction import Database
from tests.api.calls import ADDRESS, Caller, api_key, staff_session
from tests.api.rows import nothing_changes
from tests.make import MadeStore, Make
from tests.make.people import PASSWORD, user


async def test_staff_sign_in_read_what_they_may_and_sign_out(back_office: Caller, database: Database, store: MadeStore):
    async with database.store(store.id) as tx:
        await people.ensure_roles(tx)
        ana = await user(tx)
        await people.give_role(tx, user_id=ana.id, role="analyst")
    session = await back_office.do("POST", "/sessions", {"email": ana.email, "password": PASSWORD})
    signed_in = back_office.as_(authorization=f"Bearer {session['token']}")

    me = await signed_in.get("/me")
    await signed_in.do("DELETE", "/sessions/current")

    assert me == {"kind": "staff", "id": str(ana.id), "permissions": sorted(people.ROLES["analyst"])}
    await signed_in.refused(401, "GET", "/me")
    await back_office.refused(401, "POST", "/sessions", {"email": ana.email, "password": "wrong"})


async def test_settings_change_only_if_they_are_as_they_were_read(owner: Caller, database: Database, store: MadeStore):
    read = await owner.ask("GET", "/settings")
    etag = read.headers["etag"]
    assert etag.startswith('"1-')

    saved = await owner.do("PATCH", "/settings", {"shipping_amount": 495}, if_match=etag)
    async with nothing_changes(database, store.id):
        late = await owner.refused(412, "PATCH", "/settings", {"shipping_amount": 595}, if_match=etag)
        strange = await owner.refused(412, "PATCH", "/settings", {"shipping_amount": 595}, if_match='"abc"')
        not_read = await owner.as_(if_none_match=etag).ask("GET", "/settings")

    assert saved == {"revision": 2}
    assert (late["code"], strange["code"]) == ("stores.settings_changed", "request.other_version")
    assert (not_read.status_code, not_read.json()["shipping_amount"]) == (200, 495)
    assert await owner.do("PATCH", "/settings", {"shipping_amount": 595}, if_match='"2"') == {"revision": 3}
    assert await owner.do("PATCH", "/settings", {"free_shipping_from": None}) == {"revision": 4}


async def test_a_setting_that_cannot_be_is_refused_in_words(owner: Caller, database: Database, store: MadeStore):
    async with nothing_changes(database, store.id):
        zone = await owner.refused(422, "PATCH", "/settings", {"time_zone": "Europe/Atlantis"})
        method = await owner.refused(422, "PATCH", "/settings", {"payment_methods": ["external"]})
        currency = await owner.refused(422, "PATCH", "/settings", {"currency": "EUR"})
        header = await owner.refused(422, "PATCH", "/settings", {"mail_from": "a@example.com\nBcc: b@example.com"})

    assert zone["detail"] == "time_zone cannot be “Europe/Atlantis”: an IANA name such as Europe/London is meant."
    assert method["errors"][0]["field"] == "body.payment_methods.0"
    assert currency["errors"][0]["field"] == "body.currency"
    assert header["errors"][0]["field"] == "body.mail_from"


async def test_a_key_is_shown_once_listed_and_revoked(owner: Caller, back_office: Caller):
    made = await owner.do("POST", "/keys", {"name": "The till", "scopes": ["orders.read"]})
    till = back_office.as_(authorization=f"Bearer {made['key']}")

    assert (await till.get("/orders"))["items"] == []
    assert (await till.refused(403, "GET", "/settings"))["permission"] == "settings.read"
    [listed] = (await owner.get("/keys"))["items"]
    assert (listed["name"], listed["scopes"], listed["revoked_at"]) == ("The till", ["orders.read"], None)
    assert made["key"] not in str(listed)

    await owner.do("DELETE", f"/keys/{made['id']}")

    await till.refused(401, "GET", "/orders")
    assert (await owner.get("/keys"))["items"][0]["revoked_at"]


async def test_a_key_may_nothing_that_its_maker_may_not(back_office: Caller, database: Database, store: MadeStore):
    maker = back_office.as_(authorization=await api_key(database, store, "keys.manage", "orders.read"))

    async with database.store(store.id) as tx:
        before = len(await people.keys_of_store(tx))
    refusal = await maker.refused(403, "POST", "/keys", {"name": "More", "scopes": ["orders.write"]})
    async with database.store(store.id) as tx:
        after = len(await people.keys_of_store(tx))

    assert (refusal["code"], before, after) == ("keys.scope_beyond_yours", 1, 1)


async def test_keys_are_listed_by_pages(owner: Caller):
    for name in "ABC":
        await owner.do("POST", "/keys", {"name": name, "scopes": ["orders.read"]})

    first = await owner.get("/keys", limit=2)
    second = await owner.get("/keys", limit=2, cursor=first["next"])

    assert [key["name"] for key in first["items"]] == ["C", "B"]
    assert [key["name"] for key in second["items"]] == ["A"]
    assert second["next"] is None


async def test_members_are_given_roles_and_taken_them(owner: Caller, database: Database, store: MadeStore):
    async with database.store(store.id) as tx:
        ana = await user(tx)

    await owner.do("POST", "/members", {"email": ana.email.upper(), "role": "staff"})
    await owner.do("PUT", f"/members/{ana.id}/role", {"role": "manager"})
    roles = {member["email"]: member["role"] for member in (await owner.get("/members"))["items"]}
    await owner.do("DELETE", f"/members/{ana.id}")

    assert roles[ana.email] == "manager"
    assert ana.email not in str(await owner.get("/members"))
    assert (await owner.refused(404, "DELETE", f"/members/{ana.id}"))["code"] == "people.unknown_user"
    assert (await owner.refused(404, "PUT", f"/members/{ana.id}/role", {"role": "staff"}))["code"] == (
        "people.unknown_user"
    )


async def test_the_last_owner_stays(owner: Caller, database: Database, store: MadeStore):
    me = await owner.get("/me")

    async with nothing_changes(database, store.id):
        refusal = await owner.refused(409, "DELETE", f"/members/{me['id']}")

    assert refusal["code"] == "people.last_owner"
    assert len((await owner.get("/members"))["items"]) == 1


async def test_discount_codes_are_made_listed_and_ended(owner: Caller, shop: Caller):
    made = await owner.do("POST", "/discount-codes", {"code": "welcome5", "amount": 500, "uses": 10})
    cart = await shop.do("POST", "/carts")
    guest = shop.as_(cart_token=cart["token"])
    await guest.do("PUT", f"/carts/{cart['id']}/code", {"code": "Welcome5"})

    await owner.do("POST", f"/discount-codes/{made['id']}/end")

    [listed] = (await owner.get("/discount-codes"))["items"]
    assert (listed["code"], listed["amount"], listed["uses_left"]) == ("WELCOME5", 500, 10)
    refusal = await guest.refused(409, "PUT", f"/carts/{cart['id']}/code", {"code": "WELCOME5"})
    assert refusal["code"] == "budgets.code_ended"


async def test_instants_say_their_zone_and_lie_in_our_times(owner: Caller, database: Database, store: MadeStore):
    code = {"code": "SOON", "amount": 500, "uses": 10}

    async with nothing_changes(database, store.id):
        for instant in ("2026-05-04T12:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", 0, "soon"):
            refusal = await owner.refused(422, "POST", "/discount-codes", code | {"starts_at": instant})
            assert refusal["errors"][0]["field"].startswith("body.starts_at")


async def test_customers_are_listed_added_and_read(owner: Caller):
    ids = [(await owner.do("POST", "/customers", {"email": f"{name}@example.com"}))["id"] for name in "abc"]

    first = await owner.get("/customers", limit=2)
    second = await owner.get("/customers", limit=2, cursor=first["next"])
    again = await owner.refused(409, "POST", "/customers", {"email": "A@example.com"})

    assert [customer["id"] for customer in first["items"] + second["items"]] == ids[::-1]
    assert (again["code"], again["customer_id"]) == ("customers.email_taken", ids[0])
    assert (await owner.get(f"/customers/{ids[0]}"))["addresses"] == []


async def test_a_cart_with_a_staff_price_is_sold_at_it(
    back_office: Caller, shop: Caller, database: Database, store: MadeStore
):
    async with database.store(store.id) as tx:
        mug = (await Make(tx).variant(stock=5)).id
    manager = back_office.as_(authorization=await staff_session(database, store, "manager"))
    clerk = back_office.as_(authorization=await staff_session(database, store, "staff"))
    opened = await manager.do("POST", "/carts", {}, idempotency_key="k-1")
    assert await manager.do("POST", "/carts", {}, idempotency_key="k-1") == opened
    cart = f"/carts/{opened['id']}"
    priced = {"variant_id": str(mug), "quantity": 2, "amount": 1500, "reason": "a scratch"}

    refusal = await clerk.refused(403, "POST", f"{cart}/priced-lines", priced)
    await clerk.do("POST", f"{cart}/lines", {"variant_id": str(mug), "quantity": 1})
    filled = await manager.do("POST", f"{cart}/priced-lines", priced)
    await clerk.do("PUT", f"{cart}/contact", {"email": "ada@example.com", "shipping": ADDRESS})
    quote = await clerk.do("POST", f"{cart}/quotes")
    order = await clerk.do("POST", f"{cart}/complete", {"quote_id": quote["id"], "payment_method": "cash_on_delivery"})

    assert refusal["permission"] == "prices.override"
    assert sorted(line["amount"] for line in filled["lines"]) == [1250, 1500]
    assert order["total"] == 1250 + 1500 + 395
    lines = (await clerk.get(f"/orders/{order['id']}"))["lines"]
    assert (
        sorted((line["amount"], line["override_reason"]) for line in lines) == [(1250, None), (1500, "a scratch")]
        or lines
    )
    # Whoever has the cart's token sees what it became.
    seen = await shop.as_(cart_token=opened["token"]).get(cart)
    assert seen["state"] == "completed"

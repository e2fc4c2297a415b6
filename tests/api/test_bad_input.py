"""Bad input gets a clear refusal and changes nothing."""

from typing import Any
from uuid import UUID

import pytest

from stoa import catalog
from stoa.db.transaction import Database
from tests.api.calls import ADDRESS, Caller, open_cart, problem_of, ready_cart
from tests.api.rows import nothing_changes
from tests.make import MadeStore, Make

NOBODYS = "01990000-0000-7000-8000-000000000000"


@pytest.fixture
async def mug(database: Database, store: MadeStore) -> UUID:
    """A mug for 12.50, of which there are five."""
    async with database.store(store.id) as tx:
        return (await Make(tx).variant(stock=5)).id


async def test_an_unknown_variant(shop: Caller, database: Database, store: MadeStore, mug: UUID):
    cart, guest = await open_cart(shop, (mug, 1))

    async with nothing_changes(database, store.id):
        refusal = await guest.refused(404, "POST", f"{cart}/lines", {"variant_id": NOBODYS, "quantity": 1})

    assert refusal["code"] == "carts.unknown_variant"
    assert refusal["detail"] == f"No variant {NOBODYS} is sold in this shop; take the id from the product's page."


@pytest.mark.parametrize("quantity", [0, -1, 10_000_000, 2**63, 10**30])
async def test_a_quantity_nobody_can_buy(shop: Caller, database: Database, store: MadeStore, mug: UUID, quantity: int):
    cart, guest = await open_cart(shop, (mug, 1))
    [line] = (await guest.get(cart))["lines"]

    async with nothing_changes(database, store.id):
        added = await guest.refused(422, "POST", f"{cart}/lines", {"variant_id": str(mug), "quantity": quantity})
        changed = await guest.refused(422, "PATCH", f"{cart}/lines/{line['id']}", {"quantity": quantity})

    for refusal in (added, changed):
        assert refusal["code"] == "carts.bad_quantity"
        assert refusal["detail"] == f"{quantity} cannot be bought; ask for 1 to 1000000 units."


@pytest.mark.parametrize("quantity", ["2", 1.5, True, None, [], {"n": 2}])
async def test_a_quantity_that_is_no_whole_number(
    shop: Caller, database: Database, store: MadeStore, mug: UUID, quantity: Any
):
    cart, guest = await open_cart(shop, (mug, 1))

    async with nothing_changes(database, store.id):
        refusal = await guest.refused(422, "POST", f"{cart}/lines", {"variant_id": str(mug), "quantity": quantity})

    assert refusal["errors"][0]["field"] == "body.quantity"


async def test_more_than_there_is_in_stock(shop: Caller, database: Database, store: MadeStore, mug: UUID):
    cart, guest = await open_cart(shop, (mug, 4))

    async with nothing_changes(database, store.id):
        refusal = await guest.refused(409, "POST", f"{cart}/lines", {"variant_id": str(mug), "quantity": 2})

    assert (refusal["code"], refusal["free"], refusal["asked"]) == ("inventory.out_of_stock", 5, 6)
    assert refusal["detail"] == "Only 5 of “Mug” left; 6 asked."


async def test_a_cart_of_another_store(
    shop: Caller, other_shop: Caller, database: Database, store: MadeStore, other_store: MadeStore, mug: UUID
):
    cart, guest, quote = await ready_cart(shop, (mug, 1))
    stranger = other_shop.as_(**guest.headers)

    async with nothing_changes(database, store.id, other_store.id):
        for method, path, body in [
            ("GET", cart, None),
            ("POST", f"{cart}/lines", {"variant_id": str(mug)}),
            ("PUT", f"{cart}/contact", {"email": "eve@example.com"}),
            ("POST", f"{cart}/quotes", None),
            ("POST", f"{cart}/complete", {"quote_id": quote["id"], "payment_method": "test"}),
        ]:
            refusal = await stranger.refused(404, method, path, body)
            assert refusal["code"] == "carts.not_found"


async def test_a_cart_without_its_token_or_with_anothers(shop: Caller, database: Database, store: MadeStore, mug: UUID):
    cart, _, quote = await ready_cart(shop, (mug, 1))
    _, other = await open_cart(shop)

    async with nothing_changes(database, store.id):
        for caller in (shop, other, shop.as_(cart_token="x" * 22)):
            assert (await caller.refused(404, "GET", cart))["code"] == "carts.not_found"
            body = {"quote_id": quote["id"], "payment_method": "test"}
            assert (await caller.refused(404, "POST", f"{cart}/complete", body))["code"] == "carts.not_found"


@pytest.mark.parametrize(
    ("country", "code"),
    [(None, "request.invalid"), ("", "address.country_missing"), ("XX", "address.unknown_country"),
     ("England", "address.unknown_country")],
)  # fmt: skip
async def test_an_address_without_a_country(
    shop: Caller, database: Database, store: MadeStore, mug: UUID, country: str | None, code: str
):
    cart, guest, _ = await ready_cart(shop, (mug, 1))
    address = {name: value for name, value in ADDRESS.items() if name != "country"}
    if country is not None:
        address["country"] = country

    async with nothing_changes(database, store.id):
        refusal = await guest.refused(422, "PUT", f"{cart}/contact", {"email": "ada@example.com", "shipping": address})

    assert refusal["code"] == code
    if country is None:
        assert refusal["detail"] == "body.shipping.country: this is needed and is not there."


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"{", "body.1"),
        (b'{"variant_id"', "body.13"),
        (b"[]", "body"),
        (b'"text"', "body"),
        (b"null", "body"),
        (b"{}", "body.variant_id"),
        (b'{"variant_id": "no-uuid"}', "body.variant_id"),
        (b'{"variant_id": 7}', "body.variant_id"),
        (b'{"variant_id": "01990000-0000-7000-8000-000000000000", "price": 1}', "body.price"),
    ],
)
async def test_a_malformed_body(shop: Caller, database: Database, store: MadeStore, mug: UUID, body: bytes, field: str):
    cart, guest = await open_cart(shop, (mug, 1))

    async with nothing_changes(database, store.id):
        answer = await guest.ask("POST", f"{cart}/lines", content=body, headers={"content-type": "application/json"})

    assert answer.status_code == 422
    assert problem_of(answer)["errors"][0]["field"] == field


@pytest.mark.parametrize(
    "body", [b"\xff\xfe{}", b'{"a": "\xc3\x28"}', b'{"quantity": ' + b"9" * 5000 + b"}", b"[" * 100_000]
)
async def test_a_body_that_nobody_can_read(shop: Caller, database: Database, store: MadeStore, mug: UUID, body: bytes):
    cart, guest = await open_cart(shop, (mug, 1))

    async with nothing_changes(database, store.id):
        answer = await guest.ask("POST", f"{cart}/lines", content=body, headers={"content-type": "application/json"})

    assert answer.status_code == 422
    assert problem_of(answer)["code"] == "request.invalid"


async def test_a_body_that_is_not_json(shop: Caller, database: Database, store: MadeStore, mug: UUID):
    cart, guest = await open_cart(shop, (mug, 1))

    async with nothing_changes(database, store.id):
        answer = await guest.ask("POST", f"{cart}/lines", data={"variant_id": str(mug), "quantity": "1"})

    assert answer.status_code == 422


async def test_a_stale_quote(shop: Caller, database: Database, store: MadeStore, mug: UUID):
    cart, guest, quote = await ready_cart(shop, (mug, 1))
    await guest.do("POST", f"{cart}/lines", {"variant_id": str(mug), "quantity": 1})

    async with nothing_changes(database, store.id):
        refusal = await guest.refused(
            409, "POST", f"{cart}/complete", {"quote_id": quote["id"], "payment_method": "test"}
        )

    assert refusal["code"] == "checkout.quote_changed"


async def test_a_quote_whose_price_has_moved(shop: Caller, database: Database, store: MadeStore, mug: UUID):
    cart, guest, quote = await ready_cart(shop, (mug, 1))
    async with database.store(store.id) as tx:
        await catalog.set_price(tx, variant_id=mug, amount=1300)

    async with nothing_changes(database, store.id):
        refusal = await guest.refused(
            409, "POST", f"{cart}/complete", {"quote_id": quote["id"], "payment_method": "test"}
        )

    assert refusal["code"] == "checkout.quote_changed"
    [line] = (await guest.get(cart))["lines"]
    assert [(change["kind"], change["was"], change["now"]) for change in line["changes"]] == [
        ("price_changed", 1250, 1300)
    ]


@pytest.mark.parametrize("quote_id", [NOBODYS, "not an id", None])
async def test_a_quote_that_never_was(
    shop: Caller, database: Database, store: MadeStore, mug: UUID, quote_id: str | None
):
    cart, guest, _ = await ready_cart(shop, (mug, 1))

    async with nothing_changes(database, store.id):
        answer = await guest.ask("POST", f"{cart}/complete", json={"quote_id": quote_id, "payment_method": "test"})

    assert problem_of(answer)["code"] == ("checkout.quote_changed" if quote_id == NOBODYS else "request.invalid")


async def test_an_order_without_an_address_or_paid_in_another_way(
    shop: Caller, database: Database, store: MadeStore, mug: UUID
):
    cart, guest = await open_cart(shop, (mug, 1))
    quote = await guest.do("POST", f"{cart}/quotes")
    assert quote["missing"] == ["email", "shipping"]

    async with nothing_changes(database, store.id):
        body = {"quote_id": quote["id"], "payment_method": "test"}
        incomplete = await guest.refused(409, "POST", f"{cart}/complete", body)
        unknown = await guest.refused(422, "POST", f"{cart}/complete", body | {"payment_method": "gold"})
        imported = await guest.refused(422, "POST", f"{cart}/complete", body | {"payment_method": "external"})

    assert incomplete["detail"] == "Before buying, please give: an e-mail address, a delivery address."
    assert unknown["code"] == imported["code"] == "payments.unknown_method"


async def test_more_than_is_left_when_it_is_bought(shop: Caller, database: Database, store: MadeStore, mug: UUID):
    first_cart, first, first_quote = await ready_cart(shop, (mug, 3))
    cart, guest, quote = await ready_cart(shop, (mug, 3))
    await first.do("POST", f"{first_cart}/complete", {"quote_id": first_quote["id"], "payment_method": "test"})

    async with nothing_changes(database, store.id):
        refusal = await guest.refused(
            409, "POST", f"{cart}/complete", {"quote_id": quote["id"], "payment_method": "test"}
        )

    assert (refusal["code"], refusal["asked"], refusal["free"]) == ("inventory.out_of_stock", 3, 2)


async def test_an_ordered_cart_does_not_change_any_more(shop: Caller, database: Database, store: MadeStore, mug: UUID):
    cart, guest, quote = await ready_cart(shop, (mug, 1))
    await guest.do("POST", f"{cart}/complete", {"quote_id": quote["id"], "payment_method": "test"})

    async with nothing_changes(database, store.id):
        for method, path, body in [
            ("POST", f"{cart}/lines", {"variant_id": str(mug)}),
            ("PUT", f"{cart}/contact", {"email": "eve@example.com"}),
            ("DELETE", f"{cart}/code", None),
            ("POST", f"{cart}/quotes", None),
        ]:
            assert (await guest.refused(409, method, path, body))["code"] == "carts.completed"


@pytest.mark.parametrize("cart_id", ["no-uuid", "1", "01990000-0000-7000-8000-00000000000g", "%20"])
async def test_an_id_that_is_none(shop: Caller, cart_id: str):
    refusal = await shop.refused(422, "GET", f"/carts/{cart_id}")

    assert refusal["errors"][0]["field"] == "path.cart_id"

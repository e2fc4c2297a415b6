"""Holding what is in a cart through the store API; seeing and ending it through the admin API; and where things are."""

from datetime import datetime
from uuid import UUID

import pytest

from stoa.db.transaction import Database
from tests.api.calls import ADDRESS, Caller, open_cart, ready_cart
from tests.make import MadeStore, Make


@pytest.fixture
async def mug(database: Database, store: MadeStore) -> UUID:
    """Three of them."""
    async with database.store(store.id) as tx:
        return (await Make(tx).variant(stock=3)).id


async def test_a_guest_holds_extends_and_gives_back(shop: Caller, mug: UUID):
    cart, guest = await open_cart(shop, (mug, 2))

    nothing = (await guest.get(cart))["hold"]
    held = await guest.do("PUT", f"{cart}/hold")
    again = await guest.do("PUT", f"{cart}/hold")
    seen = (await guest.get(cart))["hold"]

    assert nothing is None
    assert held["items"] == [{"variant_id": str(mug), "quantity": 2, "later": 0}]
    assert again["id"] == held["id"]
    assert datetime.fromisoformat(again["expires_at"]) >= datetime.fromisoformat(held["expires_at"])
    assert seen == again
    await guest.do("DELETE", f"{cart}/hold")
    await guest.do("DELETE", f"{cart}/hold")
    assert (await guest.get(cart))["hold"] is None


async def test_what_is_held_is_refused_to_others_and_bought_by_its_own(shop: Caller, mug: UUID):
    cart, guest, quote = await ready_cart(shop, (mug, 3))
    other, stranger = await open_cart(shop, (mug, 1))
    await guest.do("PUT", f"{cart}/hold")

    refused = await stranger.refused(409, "PUT", f"{other}/hold")
    not_theirs = await stranger.refused(404, "PUT", f"{cart}/hold")
    more = await stranger.refused(409, "POST", f"{other}/lines", {"variant_id": str(mug), "quantity": 1})
    order = await guest.do("POST", f"{cart}/complete", {"quote_id": quote["id"], "payment_method": "test"})
    over = await guest.refused(409, "PUT", f"{cart}/hold")

    assert (refused["code"], refused["asked"], refused["free"]) == ("inventory.out_of_stock", 1, 0)
    assert not_theirs["code"] == "carts.not_found"
    assert (more["asked"], more["free"]) == (2, 0)
    assert order["state"] == "confirmed"
    assert over["code"] == "carts.completed"


async def test_a_cart_without_counted_units_holds_nothing_and_an_empty_one_is_refused(
    shop: Caller, database: Database, store: MadeStore
):
    async with database.store(store.id) as tx:
        voucher = (await Make(tx).variant(tracks_stock=False)).id
    cart, guest = await open_cart(shop, (voucher, 5))
    empty, nobody = await open_cart(shop)

    assert await guest.do("PUT", f"{cart}/hold") is None
    assert (await nobody.refused(409, "PUT", f"{empty}/hold"))["code"] == "carts.empty"


async def test_staff_see_who_holds_what_and_end_it(shop: Caller, owner: Caller, mug: UUID):
    cart, guest = await open_cart(shop, (mug, 2))
    held = await guest.do("PUT", f"{cart}/hold")
    [level] = (await owner.get(f"/variants/{mug}/stock"))["items"]

    of_variant = await owner.get(f"/variants/{mug}/holds")
    of_level = await owner.get(f"/stock-levels/{level['id']}/holds")
    await owner.do("DELETE", f"/holds/{held['id']}")
    ended = await owner.refused(404, "DELETE", f"/holds/{held['id']}")

    [row] = of_variant["items"]
    assert of_level == of_variant
    assert {name: row[name] for name in ("reservation_id", "cart_id", "order_id", "quantity", "warehouse_code")} == {
        "reservation_id": held["id"], "cart_id": cart.rpartition("/")[2], "order_id": None, "quantity": 2,
        "warehouse_code": "main",
    }  # fmt: skip
    assert ended["code"] == "inventory.unknown_hold"
    assert (await guest.get(cart))["hold"] is None
    assert (await owner.get(f"/variants/{mug}/holds"))["items"] == []


async def test_where_warehouses_are_is_told_as_it_was_written(owner: Caller):
    london = {"latitude": "51.507351", "longitude": "-0.127758"}
    made = await owner.do("POST", "/warehouses", {"code": "london", "name": "London", "spot": london})

    [shown] = (await owner.get("/warehouses"))["items"]
    await owner.do("PATCH", f"/warehouses/{made['id']}", {"name": "The one in London"})
    [renamed] = (await owner.get("/warehouses"))["items"]
    await owner.do("PATCH", f"/warehouses/{made['id']}", {"spot": None})
    [nowhere] = (await owner.get("/warehouses"))["items"]

    assert (shown["spot"], renamed["spot"], nowhere["spot"]) == (london, london, None)
    for wrong in ("90.1", "51,5", "north"):
        body = {"code": "x", "name": "X", "spot": {"latitude": wrong, "longitude": "0"}}
        assert (await owner.refused(422, "POST", "/warehouses", body))["code"] == "address.bad_spot"
    assert len((await owner.get("/warehouses"))["items"]) == 1


async def test_where_an_order_goes_may_be_said(shop: Caller, mug: UUID):
    cart, guest = await open_cart(shop, (mug, 1))
    spot = {"latitude": "51.507351", "longitude": "-0.127758"}

    await guest.do("PUT", f"{cart}/contact", {"email": "ada@example.com", "shipping": ADDRESS | {"spot": spot}})
    said = await guest.get(f"{cart}/contact")
    wrong = {"email": "ada@example.com", "shipping": ADDRESS | {"spot": spot | {"longitude": "181"}}}
    refused = await guest.refused(422, "PUT", f"{cart}/contact", wrong)
    still = await guest.get(f"{cart}/contact")
    await guest.do("PUT", f"{cart}/contact", {"email": "ada@example.com", "shipping": ADDRESS})

    assert said["spot"] == still["spot"] == spot
    assert refused["code"] == "address.bad_spot"
    assert (await guest.get(f"{cart}/contact"))["spot"] is None


async def test_staff_promise_units_beyond_stock_and_everybody_is_told(shop: Caller, owner: Caller, mug: UUID):
    body = {"kind": "preorder", "limit": 5, "ships_on": "2999-05-03"}

    beyond = await owner.do("PUT", f"/variants/{mug}/beyond-stock", body)
    known = await owner.get(f"/variants/{mug}/availability")
    product = await shop.get("/products/mug")
    of_product = await owner.get(f"/products/{product['id']}/availability")
    cart, guest = await open_cart(shop, (mug, 7))
    [line] = (await guest.get(cart))["lines"]
    held = await guest.do("PUT", f"{cart}/hold")

    assert beyond == {"variant_id": str(mug), "kind": "preorder", "limit": 5, "promised": 0, "ships_on": "2999-05-03"}
    assert (known["units"], known["in_stock"], known["later"], known["beyond"]) == (8, 3, 5, beyond)
    assert [level["warehouse_code"] for level in known["levels"]] == ["main"]
    assert [row["units"] for row in of_product["items"]] == [8]
    [variant] = product["variants"]
    assert {name: variant[name] for name in ("units", "later", "beyond_stock", "ships_on", "available")} == {
        "units": 3, "later": 5, "beyond_stock": "preorder", "ships_on": "2999-05-03", "available": True,
    }  # fmt: skip
    assert (line["available"], line["later"], line["ships_on"]) == (8, 4, "2999-05-03")
    assert held["items"] == [{"variant_id": str(mug), "quantity": 7, "later": 4}]


async def test_what_cannot_be_promised_is_refused(shop: Caller, owner: Caller, mug: UUID):
    path = f"/variants/{mug}/beyond-stock"
    await owner.do("PUT", path, {"kind": "backorder", "limit": 5})
    cart, guest = await open_cart(shop, (mug, 7))
    await guest.do("PUT", f"{cart}/hold")

    for body, code in (
        ({"kind": "backorder", "limit": 3}, "inventory.limit_below_promised"),
        ({"kind": "preorder", "limit": 5}, "inventory.day_missing"),
        ({"kind": "preorder", "limit": 5, "ships_on": "2020-01-01"}, "inventory.day_past"),
    ):
        status = 409 if code.endswith("promised") else 422
        assert (await owner.refused(status, "PUT", path, body))["code"] == code
    ended = await owner.do("PUT", path, {"kind": "none"})

    assert (ended["kind"], ended["limit"], ended["promised"]) == ("none", 4, 4)
    assert (await owner.get(f"/variants/{mug}/availability"))["units"] == 0


async def test_lines_of_a_held_cart_change_once_however_often_they_are_sent(shop: Caller, mug: UUID):
    cart, guest = await open_cart(shop, (mug, 1))
    await guest.do("PUT", f"{cart}/hold")
    one_more = {"variant_id": str(mug), "quantity": 1}

    first = await guest.do("POST", f"{cart}/lines", one_more, idempotency_key="k-1")
    again = await guest.do("POST", f"{cart}/lines", one_more, idempotency_key="k-1")

    assert first["hold"]["items"] == [{"variant_id": str(mug), "quantity": 2, "later": 0}]
    assert again == first
    assert (await guest.get(cart))["units"] == 2

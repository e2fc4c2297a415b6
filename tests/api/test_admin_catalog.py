"""Products and stock through the admin API."""

from typing import Any

import pytest

from stoa.db.transaction import Database
from tests.api.calls import Caller
from tests.api.rows import nothing_changes
from tests.make import MadeStore

MUG: dict[str, Any] = {
    "title": "Blue mug",
    "options": [{"name": "Size", "values": ["Small", "Large"]}],
    "variants": [
        {"sku": "MUG-S", "price": 1250, "choice": {"Size": "Small"}},
        {"sku": "MUG-L", "price": 1450, "choice": {"Size": "Large"}},
    ],
    "pictures": [{"motif": "mug", "palette": "clay", "alt": "A blue mug"}],
}


async def test_a_product_is_made_published_changed_and_put_away(owner: Caller, shop: Caller):
    made = await owner.do("POST", "/products", MUG)
    path = f"/products/{made['id']}"
    assert (made["slug"], [variant["sku"] for variant in made["variants"]]) == ("blue-mug", ["MUG-S", "MUG-L"])
    await shop.refused(404, "GET", "/products/blue-mug")

    await owner.do("POST", f"{path}/publish")
    assert (await shop.get("/products/blue-mug"))["title"] == "Blue mug"
    read = await owner.ask("GET", path)
    saved = await owner.do("PATCH", path, {"title": "Deep blue mug"}, if_match=read.headers["etag"])
    assert saved["revision"] == read.json()["revision"] + 1
    assert (await shop.get("/products/blue-mug"))["title"] == "Deep blue mug"

    await owner.do("POST", f"{path}/archive")
    await shop.refused(404, "GET", "/products/blue-mug")
    await owner.do("DELETE", path)
    await owner.refused(404, "GET", path)
    restored = await owner.do("POST", f"{path}/restore")
    assert (restored["slug"], restored["state"]) == ("blue-mug", "archived")


async def test_a_product_that_was_changed_since_is_left_alone(owner: Caller, database: Database, store: MadeStore):
    made = await owner.do("POST", "/products", MUG)
    path = f"/products/{made['id']}"
    read = await owner.ask("GET", path)
    await owner.do("PATCH", path, {"description": "Of stoneware."}, if_match=read.headers["etag"])

    async with nothing_changes(database, store.id):
        late = await owner.refused(412, "PATCH", path, {"title": "Cup"}, if_match=read.headers["etag"])
        gone = await owner.refused(412, "DELETE", path, if_match=read.headers["etag"])

    assert late["code"] == gone["code"] == "catalog.product_changed"
    assert (late["read"], late["revision"]) == (read.json()["revision"], read.json()["revision"] + 1)


async def test_an_etag_changes_with_the_stock_though_the_revision_does_not(owner: Caller, shop: Caller):
    made = await owner.do("POST", "/products", MUG | {"state": "active"})
    path = f"/products/{made['id']}"
    before = await owner.ask("GET", path)
    warehouse = await owner.do("POST", "/warehouses", {"code": "main", "name": "Main"})
    line = {"variant_id": made["variants"][0]["id"], "warehouse_id": warehouse["id"], "quantity": 3}
    await owner.do("POST", "/receipts", {"lines": [line]})

    after = await owner.as_(if_none_match=before.headers["etag"]).ask("GET", path)

    assert after.status_code == 200
    assert after.json()["revision"] == before.json()["revision"]
    await owner.do("PATCH", path, {"title": "Cup"}, if_match=before.headers["etag"])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"variants": []}, "request.invalid"),
        ({"variants": [MUG["variants"][0], MUG["variants"][0]]}, "catalog.sku_taken"),
        ({"variants": [{"sku": "A", "price": 1}]}, "catalog.bad_choice"),
        ({"variants": [MUG["variants"][0] | {"price": -1}]}, "request.invalid"),
        ({"variants": [MUG["variants"][0] | {"price": 2**63}]}, "request.invalid"),
        ({"variants": [MUG["variants"][0] | {"price": 12.5}]}, "request.invalid"),
        ({"variants": [MUG["variants"][0] | {"compare_at": 1000}]}, "catalog.bad_compare_at"),
        ({"slug": "Not A Slug"}, "catalog.bad_slug"),
        ({"title": "  "}, "text.missing"),
        ({"title": "x" * 201}, "request.invalid"),
        ({"category_id": "01990000-0000-7000-8000-000000000000"}, "catalog.unknown_category"),
    ],
)
async def test_a_product_that_cannot_be(
    owner: Caller, database: Database, store: MadeStore, change: dict[str, Any], code: str
):
    async with nothing_changes(database, store.id):
        answer = await owner.ask("POST", "/products", json=MUG | change)

    assert (400 <= answer.status_code < 500, answer.json()["code"]) == (True, code)


async def test_categories_are_made_moved_and_deleted_when_empty(owner: Caller, shop: Caller):
    kitchen = await owner.do("POST", "/categories", {"name": "Kitchen"})
    cups = await owner.do("POST", "/categories", {"name": "Cups", "parent_id": kitchen["id"]})

    in_use = await owner.refused(409, "DELETE", f"/categories/{kitchen['id']}")
    ring = await owner.refused(409, "PATCH", f"/categories/{kitchen['id']}", {"parent_id": cups["id"]})
    await owner.do("PATCH", f"/categories/{cups['id']}", {"parent_id": None, "is_active": False})
    await owner.do("DELETE", f"/categories/{kitchen['id']}")
    staff_see = await owner.get("/categories")
    await owner.do("POST", f"/categories/{kitchen['id']}/restore")

    assert (in_use["code"], ring["code"]) == ("catalog.category_in_use", "catalog.category_in_itself")
    assert [(each["slug"], each["is_active"]) for each in staff_see["items"]] == [("cups", False)]
    assert [each["slug"] for each in (await shop.get("/categories"))["items"]] == ["kitchen"]


async def test_variants_are_added_priced_and_taken_out_of_sale(owner: Caller, shop: Caller):
    made = await owner.do("POST", "/products", MUG | {"state": "active"})
    path = f"/products/{made['id']}"

    await owner.do("POST", f"{path}/option-values", {"option": "Size", "value": "Huge"})
    huge = await owner.do("POST", f"{path}/variants", {"sku": "MUG-XL", "price": 1650, "choice": {"Size": "Huge"}})
    await owner.do("PUT", f"/variants/{huge['id']}/price", {"amount": 1550, "compare_at": 1650})
    await owner.do("PATCH", f"/variants/{made['variants'][0]['id']}", {"is_active": False, "barcode": None})

    variants = (await shop.get("/products/blue-mug"))["variants"]
    assert [(variant["sku"], variant["price"], variant["compare_at"]) for variant in variants] == [
        ("MUG-L", 1450, None),
        ("MUG-XL", 1550, 1650),
    ]


async def test_stock_is_received_corrected_counted_and_kept_back(owner: Caller):
    made = await owner.do("POST", "/products", MUG)
    warehouse = await owner.do("POST", "/warehouses", {"code": "main", "name": "Main", "country": "GB"})
    place = {"variant_id": made["variants"][0]["id"], "warehouse_id": warehouse["id"]}

    received = await owner.do("POST", "/receipts", {"lines": [place | {"quantity": 10}], "reason": "delivery 7"})
    adjusted = await owner.do("POST", "/adjustments", place | {"by": -2, "reason": "broken"})
    counted = await owner.do("POST", "/counts", place | {"found": 7, "reason": "counted"})
    kept = await owner.do("PUT", "/safety-stock", place | {"units": 1})

    assert received == {"levels": 1}
    assert (adjusted["on_hand"], counted["on_hand"], kept["safety"]) == (8, 7, 1)
    [level] = (await owner.get("/stock-levels"))["items"]
    assert (level["sku"], level["on_hand"], level["available"]) == ("MUG-S", 7, 6)
    first = await owner.get(f"/stock-levels/{level['id']}/movements", limit=2)
    rest = await owner.get(f"/stock-levels/{level['id']}/movements", limit=2, cursor=first["next"])
    assert [(each["on_hand"], each["reason"]) for each in first["items"] + rest["items"]] == [
        (-1, "counted"),
        (-2, "broken"),
        (10, "delivery 7"),
    ]


async def test_a_delivery_with_a_mistake_in_it_is_not_received(owner: Caller, database: Database, store: MadeStore):
    made = await owner.do("POST", "/products", MUG)
    warehouse = await owner.do("POST", "/warehouses", {"code": "main", "name": "Main"})
    line = {"variant_id": made["variants"][0]["id"], "warehouse_id": warehouse["id"], "quantity": 10}
    unknown = line | {"variant_id": "01990000-0000-7000-8000-000000000000"}

    async with nothing_changes(database, store.id):
        await owner.refused(404, "POST", "/receipts", {"lines": [line, unknown]})
        await owner.refused(422, "POST", "/receipts", {"lines": [line, line | {"quantity": 0}]})
        await owner.refused(422, "POST", "/receipts", {"lines": [line, line | {"quantity": 10_000_001}]})
        await owner.refused(422, "POST", "/receipts", {"lines": []})

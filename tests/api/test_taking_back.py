"""Orders are taken back and money is given back, by staff and by shoppers who may."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from stoa import inventory
from stoa.db.transaction import Database
from tests.api.calls import Caller, api_key, buy, customer_session, staff_session
from tests.api.rows import nothing_changes
from tests.make import MadeStore
from tests.make.selling import sellable


@pytest.fixture
async def mug(database: Database, store: MadeStore) -> UUID:
    """A mug for 12.50."""
    async with database.store(store.id) as tx:
        return await sellable(tx, stock=10)


async def test_staff_take_back_units_and_then_the_rest(owner: Caller, shop: Caller, mug: UUID):
    order = await buy(shop, (mug, 3))
    path = f"/orders/{order['id']}"
    line = (await owner.get(path))["lines"][0]["id"]
    body = {"reason": "out_of_stock", "lines": [{"line_id": line, "quantity": 1}], "note": "one is broken"}

    made = await owner.do("POST", f"{path}/cancellations", body)

    assert made == {
        "id": order["id"], "state": "confirmed", "payment_state": "partially_refunded",
        "cancelled": 1250, "paid": 2895, "refunded": 1250,
    }  # fmt: skip
    read = await owner.get(path)
    assert [(each["quantity"], each["cancelled"]) for each in read["lines"]] == [(3, 1)]
    [cancellation] = read["cancellations"]
    assert (cancellation["reason"], cancellation["note"], cancellation["is_whole"]) == (
        "out_of_stock", "one is broken", False,
    )  # fmt: skip
    assert cancellation["lines"] == [{"line_id": line, "quantity": 1, "amount": 1250}]
    [refund] = read["refunds"]
    assert (refund["cancellation_id"], refund["amount"], refund["state"]) == (cancellation["id"], 1250, "succeeded")
    assert [(part["payment_id"], part["amount"], part["state"]) for part in refund["parts"]] == [
        (read["payments"][0]["id"], 1250, "succeeded")
    ]
    assert [(each["captured"], each["refunded"]) for each in read["payments"]] == [(4145, 1250)]

    rest = await owner.do("POST", f"{path}/cancellations", {"reason": "staff"})

    assert (rest["state"], rest["payment_state"], rest["cancelled"], rest["paid"]) == ("cancelled", "refunded", 4145, 0)
    assert [each["id"] for each in (await owner.get("/orders", state="cancelled"))["items"]] == [order["id"]]
    assert [each["id"] for each in (await owner.get("/orders", payment_state="refunded"))["items"]] == [order["id"]]
    again = await owner.refused(409, "POST", f"{path}/cancellations", {"reason": "staff"})
    assert again["code"] == "orders.is_cancelled"


async def test_the_same_request_sent_twice_takes_back_once(owner: Caller, shop: Caller, mug: UUID):
    order = await buy(shop, (mug, 3))
    path = f"/orders/{order['id']}"
    line = (await owner.get(path))["lines"][0]["id"]
    body = {"reason": "staff", "lines": [{"line_id": line, "quantity": 1}]}

    first = await owner.do("POST", f"{path}/cancellations", body, idempotency_key="k-1")
    again = await owner.do("POST", f"{path}/cancellations", body, idempotency_key="k-1")

    assert first == again
    assert (await owner.get(path))["lines"][0]["cancelled"] == 1


async def test_only_what_was_read_is_taken_back_where_if_match_says_so(
    owner: Caller, shop: Caller, mug: UUID, database: Database, store: MadeStore
):
    order = await buy(shop, (mug, 3))
    path = f"/orders/{order['id']}"
    answer = await owner.ask("GET", path)
    etag, line = answer.headers["etag"], answer.json()["lines"][0]["id"]
    body = {"reason": "staff", "lines": [{"line_id": line, "quantity": 1}]}

    await owner.do("POST", f"{path}/cancellations", body, if_match=etag)
    async with nothing_changes(database, store.id):
        late = await owner.refused(412, "POST", f"{path}/cancellations", body, if_match=etag)
        too_late = await owner.refused(412, "POST", f"{path}/refunds", {"amount": 5}, if_match=etag)

    assert late["code"] == too_late["code"] == "orders.has_changed"


async def test_staff_give_money_back_from_where_they_say(owner: Caller, shop: Caller, mug: UUID):
    order = await buy(shop, (mug, 1))
    path = f"/orders/{order['id']}"
    payment = (await owner.get(path))["payments"][0]["id"]

    made = await owner.do("POST", f"{path}/refunds", {"amount": 500, "payments": [payment], "note": "late"})

    read = await owner.get(path)
    assert (made["amount"], made["currency"]) == (500, "GBP")
    assert [(each["id"], each["note"], each["cancellation_id"]) for each in read["refunds"]] == [
        (made["id"], "late", None)
    ]
    assert (read["paid"], read["refunded"], read["due"], read["payment_state"]) == (1145, 500, 0, "partially_refunded")


def _units(line_id: str, quantity: int) -> dict[str, Any]:
    return {"line_id": line_id, "quantity": quantity}


# LINE stands for the order's own line, which is of two units.
async def test_many_who_give_back_and_cancel_at_once_give_back_what_was_paid_once(
    owner: Caller, shop: Caller, mug: UUID, database: Database, store: MadeStore
):
    order = await buy(shop, (mug, 4))
    path = f"/orders/{order['id']}"
    line = (await owner.get(path))["lines"][0]["id"]
    one = {"reason": "staff", "lines": [_units(line, 1)]}
    acts = [
        ("refunds", {"amount": 700}),
        ("cancellations", one),
        ("refunds", {}),
        ("cancellations", {"reason": "staff"}),
    ]

    answers = await asyncio.gather(*(owner.ask("POST", f"{path}/{where}", json=body) for where, body in acts * 5))

    assert {answer.status_code for answer in answers} <= {201, 409}
    read = await owner.get(path)
    assert (read["state"], read["payment_state"], read["paid"], read["refunded"]) == ("cancelled", "refunded", 0, 5395)
    assert sum(refund["amount"] for refund in read["refunds"]) == 5395
    assert [(each["quantity"], each["cancelled"]) for each in read["lines"]] == [(4, 4)]
    async with database.store(store.id) as tx:
        [level] = await inventory.levels_of_variants(tx, variant_ids=[mug])
    assert (level.on_hand, level.committed) == (10, 0)


BAD: list[tuple[str, Any, int, str]] = [
    ("cancellations", {"reason": "staff", "lines": []}, 422, "request.invalid"),
    ("cancellations", {"reason": "boredom"}, 422, "request.invalid"),
    ("cancellations", {"reason": "hold_expired"}, 422, "request.invalid"),
    ("cancellations", {"reason": "staff", "lines": [_units(str(uuid4()), 1)]}, 422, "orders.unknown_line"),
    ("cancellations", {"reason": "staff", "lines": [_units("LINE", 0)]}, 422, "request.invalid"),
    ("cancellations", {"reason": "staff", "lines": [_units("LINE", 3)]}, 409, "orders.more_than_left"),
    ("cancellations", {"reason": "staff", "lines": [_units("LINE", 2)] * 2}, 409, "orders.more_than_left"),
    ("refunds", {"amount": 0}, 422, "request.invalid"),
    ("refunds", {"amount": 99_999}, 409, "orders.refund_too_high"),
    ("refunds", {"amount": 5, "payments": [str(uuid4())]}, 422, "orders.unknown_tender"),
]  # fmt: skip


@pytest.mark.parametrize(("where", "body", "status", "code"), BAD)
async def test_what_cannot_be_is_refused(
    owner: Caller, shop: Caller, mug: UUID, database: Database, store: MadeStore,
    where: str, body: dict[str, Any], status: int, code: str,
):  # fmt: skip
    order = await buy(shop, (mug, 2))
    line = (await owner.get(f"/orders/{order['id']}"))["lines"][0]["id"]
    body = body | {"lines": [_with(each, line) for each in body["lines"]]} if body.get("lines") else body

    async with nothing_changes(database, store.id):
        problem = await owner.refused(status, "POST", f"/orders/{order['id']}/{where}", body)

    assert problem["code"] == code


async def test_staff_cancel_and_only_managers_give_money_alone(
    back_office: Caller, shop: Caller, mug: UUID, database: Database, store: MadeStore
):
    order = await buy(shop, (mug, 2))
    clerk = back_office.as_(authorization=await staff_session(database, store, "staff"))
    reader = back_office.as_(authorization=await api_key(database, store, "orders.read", "orders.write"))

    refused = await clerk.refused(403, "POST", f"/orders/{order['id']}/refunds", {})
    await reader.refused(403, "POST", f"/orders/{order['id']}/cancellations", {"reason": "staff"})
    done = await clerk.do("POST", f"/orders/{order['id']}/cancellations", {"reason": "staff"})

    assert refused["permission"] == "orders.refund"
    assert (done["state"], done["paid"]) == ("cancelled", 0)


async def test_a_guest_cancels_an_order_that_waits_for_its_money(shop: Caller, mug: UUID):
    order = await buy(shop, (mug, 2), method="bank_transfer")
    guest = shop.as_(order_token=order["token"])

    made = await guest.do("POST", f"/orders/{order['id']}/cancellation", {"note": "found it cheaper"})

    assert (made["state"], made["payment_state"]) == ("cancelled", "voided")
    read = await guest.get(f"/orders/{order['id']}")
    assert (read["state"], read["cancelled"], read["due"]) == ("cancelled", 2895, 0)
    assert [(each["quantity"], each["cancelled"]) for each in read["lines"]] == [(2, 2)]
    assert [sorted(each) for each in read["cancellations"]] == [
        ["amount", "happened_at", "id", "is_whole", "lines", "reason", "shipping"]
    ]
    again = await guest.refused(409, "POST", f"/orders/{order['id']}/cancellation", {})
    assert again["code"] == "orders.is_cancelled"


async def test_what_the_shop_has_begun_with_the_shopper_does_not_cancel(
    shop: Caller, mug: UUID, database: Database, store: MadeStore
):
    order = await buy(shop, (mug, 2))

    async with nothing_changes(database, store.id):
        refusal = await shop.refused(409, "POST", f"/orders/{order['id']}/cancellation", {}, order_token=order["token"])

    assert refusal["code"] == "orders.too_late_to_cancel"


async def test_nobody_cancels_another_shoppers_order(shop: Caller, mug: UUID, database: Database, store: MadeStore):
    mine = await buy(shop, (mug, 1), method="bank_transfer")
    theirs = await buy(shop, (mug, 1), method="bank_transfer")
    eve = shop.as_(authorization=await customer_session(database, store, "eve@example.com"))

    async with nothing_changes(database, store.id):
        for caller in (shop, eve, shop.as_(order_token=theirs["token"])):
            await caller.refused(404, "POST", f"/orders/{mine['id']}/cancellation", {})


def _with(line: dict[str, Any], line_id: str) -> dict[str, Any]:
    return line | {"line_id": line_id} if line["line_id"] == "LINE" else line

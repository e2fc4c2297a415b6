"""An order paid by card goes ahead when the provider promises the money, and its stock is held until then."""

import asyncio

from stoa.db.transaction import Database
from stoa.orders.attempting import talk
from stoa.payments.providers import Providers
from tests.api.calls import Caller
from tests.conftest import open_a_store
from tests.make import MadeStore
from tests.payments.till import Till, history, wait_for


async def test_a_card_that_works_confirms_the_order_at_once(till: Till) -> None:
    mug = await till.mug()

    order = await till.buys("test_ok", mug=mug)

    assert (order["state"], order["payment_state"], order["payment"]["next_action"]) == ("confirmed", "paid", None)
    assert await till.attempts(order) == [("authorize", "succeeded", 2895)]
    assert await till.payments(order) == [("captured", 0, 2895, 0, 0)]
    assert (await till.stock(mug), await till.hold(order)) == ((1, 0), "confirmed")
    assert history(await till.order(order)) == [
        ("placed", "pending", "pending"),
        ("paid", "pending", "paid"),
        ("confirmed", "confirmed", "paid"),
    ]


async def test_a_declined_card_leaves_the_order_waiting_with_the_providers_reason(till: Till) -> None:
    mug = await till.mug()

    order = await till.buys("test_declined:lost_card", mug=mug)

    assert (order["state"], order["payment_state"]) == ("pending", "pending")
    assert order["payment"] == {
        "next_action": None,
        "failure_code": "lost_card",
        "failure": "The card was declined: lost card.",
    }
    assert await till.payments(order) == [("failed", 0, 0, 0, 0)]
    assert (await till.stock(mug), await till.hold(order)) == ((0, 1), "held")
    assert history(await till.order(order))[1:] == [("payment_failed", "pending", "pending")]


async def test_another_card_pays_what_the_first_did_not(till: Till) -> None:
    mug = await till.mug()
    order = await till.buys("test_insufficient_funds", mug=mug)

    paid = await till.pays_again(order, "test_ok")

    assert (paid["id"], paid["state"], paid["payment_state"]) == (order["id"], "confirmed", "paid")
    assert await till.payments(order) == [("failed", 0, 0, 0, 0), ("captured", 0, 2895, 0, 0)]
    assert await till.stock(mug) == (1, 0)


async def test_a_second_card_waits_for_the_word_about_the_first(till: Till) -> None:
    order = await till.buys("test_down")

    problem = await till.with_token(order).refused(
        409, "POST", f"/orders/{order['id']}/payments", {"payment_method": "card", "token": "test_ok"}
    )

    assert problem["code"] == "orders.payment_pending"
    assert await till.attempts(order) == [("authorize", "open", 2895)]


async def test_paying_again_under_the_same_key_pays_once(till: Till) -> None:
    order = await till.buys("test_declined")
    headers = {"idempotency_key": "again-1"}

    answers = await asyncio.gather(*(till.pays_again(order, "test_ok", **headers) for _ in range(3)))

    assert {answer["state"] for answer in answers} <= {"confirmed", "pending"}
    assert await till.attempts(order) == [("authorize", "failed", 2895), ("authorize", "succeeded", 2895)]
    assert (await till.pays_again(order, "test_ok", **headers))["state"] == "confirmed"


async def test_guests_at_one_address_pay_their_orders_under_the_same_key(till: Till) -> None:
    orders = [await till.buys("test_declined") for _ in range(2)]

    paid = [await till.pays_again(order, "test_ok", idempotency_key="1") for order in orders]

    assert [(each["id"], each["state"]) for each in paid] == [(order["id"], "confirmed") for order in orders]


async def test_somebody_else_cannot_pay_it(till: Till) -> None:
    order = await till.buys("test_declined")

    body = {"payment_method": "card", "token": "test_ok"}
    problem = await till.shop.as_(order_token="x" * 22).refused(404, "POST", f"/orders/{order['id']}/payments", body)

    assert problem["code"] == "orders.not_found"
    assert len(await till.attempts(order)) == 1


async def test_where_the_shopper_has_to_say_yes_the_order_waits_for_it(till: Till) -> None:
    order = await till.buys("test_3ds")

    action = order["payment"]["next_action"]
    assert order["state"] == "pending"
    assert action["redirect_url"].startswith("https://shop.example/pay/test/test_")

    await till.answers_the_bank(action, yes=True)

    assert (await till.order(order)).order.state == "confirmed"
    assert await till.payments(order) == [("captured", 0, 2895, 0, 0)]


async def test_a_shopper_who_says_no_may_try_another_card(till: Till) -> None:
    order = await till.buys("test_3ds")

    await till.answers_the_bank(order["payment"]["next_action"], yes=False)

    assert (await till.order(order)).order.state == "pending"
    assert (await till.pays_again(order, None))["state"] == "confirmed"


async def test_where_staff_take_the_money_the_card_is_only_promised(
    database: Database, app: object, providers: Providers
) -> None:
    store = await open_a_store(database, payment_methods=["card"], card_provider="test", card_capture="manual")
    async with Till.of(database, store, app) as till:
        order = await till.buys("test_ok")

        assert (order["state"], order["payment_state"]) == ("confirmed", "authorized")
        assert await till.payments(order) == [("authorized", 2895, 0, 0, 0)]
        assert [kind for kind, _, _ in history(await till.order(order))] == ["placed", "authorized", "confirmed"]


async def test_of_several_cards_none_is_taken_before_all_are_promised(till: Till, providers: Providers) -> None:
    order = await till.buys(
        payments=[{"method": "card", "token": "test_ok", "amount": 1000}, {"method": "card", "token": "test_ok:b"}]
    )

    assert (order["state"], order["payment_state"]) == ("confirmed", "authorized")
    assert await till.attempts(order) == [
        ("authorize", "succeeded", 1000),
        ("authorize", "succeeded", 1895),
        ("capture", "open", 1000),
        ("capture", "open", 1895),
    ]
    for attempt_id in await till.attempt_ids(order, "capture"):
        await talk(till.database, providers, till.store.id, attempt_id)
    view = await till.order(order)
    assert (view.order.payment_state, view.order.paid) == ("paid", 2895)


async def test_where_one_of_two_cards_is_declined_nothing_is_taken_of_the_other(till: Till) -> None:
    order = await till.buys(
        payments=[
            {"method": "card", "token": "test_ok", "amount": 1000},
            {"method": "card", "token": "test_declined"},
        ]
    )

    assert order["state"] == "pending"
    assert await till.payments(order) == [("authorized", 1000, 0, 0, 0), ("failed", 0, 0, 0, 0)]


async def test_tenders_that_do_not_make_up_the_price_are_refused(till: Till) -> None:
    mug = await till.mug()

    answer = await till.completes(
        mug=mug, payments=[{"method": "card", "amount": 1000}, {"method": "cash_on_delivery", "amount": 1000}]
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "payments.tenders_unequal")
    assert await till.stock(mug) == (0, 0)


async def test_one_way_to_pay_and_several_at_once_are_refused(till: Till) -> None:
    both = await till.completes(payments=[{"method": "card"}], payment_method="card")
    neither = await till.completes(payments=None)

    assert [each.json()["code"] for each in (both, neither)] == ["payments.unclear"] * 2


async def test_what_is_no_address_to_come_back_to_is_refused(till: Till) -> None:
    answer = await till.completes("test_ok", return_url="javascript:alert(1)")

    assert (answer.status_code, answer.json()["code"]) == (422, "payments.bad_return_url")


async def test_a_repeated_request_is_told_how_the_order_stands_and_charges_nothing_twice(till: Till) -> None:
    cart, guest, quote = await till.ready()
    body = {"quote_id": quote["id"], "payment_method": "card", "token": "test_ok"}
    headers = {"idempotency_key": "one"}

    answers = await asyncio.gather(*(guest.do("POST", f"{cart}/complete", body, **headers) for _ in range(8)))
    last = await guest.do("POST", f"{cart}/complete", body, **headers)

    assert len({answer["id"] for answer in answers}) == 1
    assert (last["state"], last["payment_state"]) == ("confirmed", "paid")
    assert await till.attempts(last) == [("authorize", "succeeded", 2895)]
    assert await till.charges() == [("captured", 2895, 0)]


async def test_fifty_completions_at_once_and_the_providers_word_make_one_order(till: Till) -> None:
    mug = await till.mug()
    cart, guest, quote = await till.ready(mug)
    body = {"quote_id": quote["id"], "payment_method": "card", "token": "test_twice"}

    answers = await asyncio.gather(*(guest.do("POST", f"{cart}/complete", body) for _ in range(50)))

    assert len({answer["id"] for answer in answers}) == 1
    assert (await till.order(answers[0])).order.state == "confirmed"
    assert await till.attempts(answers[0]) == [("authorize", "succeeded", 2895)]
    assert await till.charges() == [("captured", 2895, 0)]
    assert await till.stock(mug) == (1, 0)


async def test_what_is_on_its_way_confirms_the_order_when_the_provider_tells(till: Till) -> None:
    order = await till.buys("test_late:50")

    assert (order["state"], order["payment"]["next_action"]) == ("pending", None)
    await wait_for(lambda: till.order(order), lambda view: view.order.state == "confirmed")
    assert await till.payments(order) == [("captured", 0, 2895, 0, 0)]


async def test_what_is_told_twice_is_settled_once(till: Till) -> None:
    order = await till.buys("test_twice")

    await wait_for(till.messages, lambda kinds: kinds == ["charge.captured"])
    assert await till.payments(order) == [("captured", 0, 2895, 0, 0)]
    assert [kind for kind, _, _ in history(await till.order(order))] == ["placed", "paid", "confirmed"]


async def test_a_customer_pays_with_a_card_they_kept(till: Till, customer: Caller) -> None:
    shopper = Till(till.database, till.store, customer)
    await shopper.buys("test_ok", save_card=True)

    [kept] = (await customer.get("/me/payment-methods"))["items"]
    assert (kept["provider"], kept["brand"], kept["last4"]) == ("test", "Test", "4242")
    again = await shopper.buys(saved_method_id=kept["id"])
    assert again["state"] == "confirmed"

    await customer.do("DELETE", f"/me/payment-methods/{kept['id']}")
    refused = await shopper.completes(saved_method_id=kept["id"])
    assert (refused.status_code, refused.json()["code"]) == (404, "payments.saved_method_not_found")


async def test_a_kept_card_is_its_customers_alone(till: Till, customer: Caller, store: MadeStore) -> None:
    await Till(till.database, till.store, customer).buys("test_ok", save_card=True)
    [kept] = (await customer.get("/me/payment-methods"))["items"]
    mug = await till.mug()

    guest = await till.completes(mug=mug, saved_method_id=kept["id"])

    assert (guest.status_code, guest.json()["code"]) == (404, "payments.saved_method_not_found")
    assert await till.stock(mug) == (0, 0)


async def test_a_guests_card_is_not_kept(till: Till) -> None:
    await till.buys("test_ok", save_card=True)

    assert await till.kept() == 0

"""Stripe, through its official client, against a stand-in that runs as its own process."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from stoa import orders
from stoa.adapters import payment_stripe
from stoa.app import serve_house
from stoa.config import Config
from stoa.db.transaction import Database
from stoa.db.urls import Urls
from stoa.edge.house import House
from stoa.kernel.clock import utc_now
from stoa.orders import capturing
from stoa.orders.attempting import talk
from stoa.orders.models import CancellationReason
from stoa.payments.accounts import set_account
from stoa.payments.models import AttemptState
from stoa.payments.provider import ProviderUnreachable
from stoa.payments.providers import Providers
from stoa.payments.reconciling import reconcile
from tests.api.calls import STORE_API, Caller, customer_session, in_process
from tests.conftest import SECRET_KEY, open_a_store
from tests.make import MadeStore
from tests.payments.stripe_fake.standing import SECRET, WEBHOOK_SECRET, StripeFake, standing
from tests.payments.till import Till, history, wait_for
from tests.serving import Served, serving


@pytest.fixture(scope="module")
def stripe() -> Iterator[StripeFake]:
    """The stand-in, for all of these tests."""
    with standing() as fake:
        yield fake


@pytest.fixture
def fake(stripe: StripeFake) -> StripeFake:
    """The same, which behaves and tells nobody."""
    stripe.knobs()
    stripe.tells_nobody()
    return stripe


@pytest.fixture
async def store(database: Database) -> MadeStore:
    """A store with an account at Stripe."""
    return await at_stripe(database)


async def at_stripe(database: Database, **settings: object) -> MadeStore:
    store = await open_a_store(
        database, **{"payment_methods": ["card", "bank_transfer"], "card_provider": "stripe"} | settings
    )
    async with database.store(store.id) as tx:
        await set_account(
            tx,
            provider="stripe",
            public_key="pk_test_fake",
            secret=SECRET,
            webhook_secret=WEBHOOK_SECRET,
            secret_key=SECRET_KEY,
        )
    return store


@pytest.fixture
async def house(urls: Urls, fake: StripeFake) -> AsyncIterator[House]:
    """A server's house whose Stripe is the stand-in."""
    house = House.open(Config(server_url=urls.server, secret_key=SECRET_KEY, stripe_api=fake.url))
    yield house
    await house.close()


@pytest.fixture
async def shop(house: House, store: MadeStore) -> AsyncIterator[Caller]:
    """A guest of the store."""
    async with in_process(serve_house(house), store.host) as client:
        yield Caller(client, STORE_API)


@pytest.fixture
def providers(database: Database, fake: StripeFake) -> Providers:
    """The providers of the installation."""
    return Providers(database, SECRET_KEY, (("stripe", fake.url),))


async def test_a_card_is_charged_with_our_ids_in_it(till: Till, fake: StripeFake) -> None:
    order = await till.buys("pm_card_visa")

    assert (order["state"], order["payment_state"]) == ("confirmed", "paid")
    [intent] = fake.intents_of(order["id"])
    [attempt_id] = await till.attempt_ids(order, "authorize")
    assert (intent["status"], intent["amount_received"], intent["currency"]) == ("succeeded", 2895, "gbp")
    assert intent["metadata"]["stoa_attempt"] == str(attempt_id)


async def test_a_declined_card_gives_the_banks_reason_and_its_intent_is_closed(till: Till, fake: StripeFake) -> None:
    order = await till.buys("pm_card_visa_chargeDeclinedInsufficientFunds")

    assert order["state"] == "pending"
    assert (order["payment"]["failure_code"], order["payment"]["failure"]) == (
        "insufficient_funds",
        "Your card has insufficient funds.",
    )
    assert [intent["status"] for intent in fake.intents_of(order["id"])] == ["canceled"]


async def test_a_bank_that_asks_is_reached_by_its_address_and_the_order_waits(
    till: Till, fake: StripeFake, providers: Providers
) -> None:
    order = await till.buys("pm_card_authenticationRequired")
    [intent] = fake.intents_of(order["id"])
    assert order["payment"]["next_action"] == {"redirect_url": f"https://hooks.stripe.example/3ds/{intent['id']}"}

    fake.bank(intent["id"], yes=True)
    checked = await till.with_token(order).do("POST", f"/orders/{order['id']}/payments/check")

    assert (checked["state"], checked["payment_state"]) == ("confirmed", "paid")


async def test_without_a_token_stripes_own_form_gets_what_it_needs(till: Till, fake: StripeFake) -> None:
    order = await till.buys()

    [intent] = fake.intents_of(order["id"])
    assert order["payment"]["next_action"] == {
        "client_secret": f"{intent['id']}_secret_x",
        "public_key": "pk_test_fake",
    }


async def test_what_is_only_promised_is_captured_in_part_and_the_rest_let_go(
    database: Database, house: House, fake: StripeFake, providers: Providers
) -> None:
    store = await at_stripe(database, card_capture="manual")
    async with Till.of(database, store, serve_house(house)) as till:
        order = await till.buys("pm_card_visa")
        assert order["payment_state"] == "authorized"
        order_id, payment_id = UUID(order["id"]), (await till.order(order)).payments[0].id

        async with database.store(store.id) as tx:
            attempt = await capturing.capture(tx, order_id=order_id, payment_id=payment_id, amount=2000)
        await talk(database, providers, store.id, attempt.id, again=True)

        assert await till.payments(order) == [("captured", 0, 2000, 0, 0)]
        assert (await till.order(order)).order.payment_state == "partially_paid"
        assert [intent["amount_received"] for intent in fake.intents_of(order["id"])] == [2000]


async def test_cancelling_lets_go_of_a_promise_and_pays_back_what_was_taken(
    database: Database, house: House, till: Till, fake: StripeFake, providers: Providers
) -> None:
    paid = await till.buys("pm_card_visa")
    await cancel(till, paid, providers)
    assert await till.payments(paid) == [("captured", 0, 2895, 2895, 0)]
    assert (await till.order(paid)).order.payment_state == "refunded"

    store = await at_stripe(database, card_capture="manual")
    async with Till.of(database, store, serve_house(house)) as other:
        promised = await other.buys("pm_card_visa")
        await cancel(other, promised, providers)
        assert await other.payments(promised) == [("voided", 0, 0, 0, 0)]
        assert [intent["status"] for intent in fake.intents_of(promised["id"])] == ["canceled"]


async def cancel(till: Till, order: dict[str, Any], providers: Providers) -> None:
    async with till.database.store(till.store.id) as tx:
        await orders.cancel_order(tx, order_id=UUID(order["id"]), reason=CancellationReason.STAFF)
    for kind in ("void", "refund"):
        for attempt_id in await till.attempt_ids(order, kind):
            await talk(till.database, providers, till.store.id, attempt_id, again=True)


@pytest.mark.parametrize("knobs", [{"drop": "before"}, {"drop": "after"}, {"fail": 500}])
async def test_whatever_is_lost_on_the_way_the_card_is_charged_once(
    till: Till, fake: StripeFake, providers: Providers, knobs: dict[str, Any]
) -> None:
    fake.knobs(on="payment_intents", **knobs)
    order = await till.buys("pm_card_visa")
    assert (order["state"], await till.attempts(order)) == ("pending", [("authorize", "open", 2895)])

    [attempt_id] = await till.attempt_ids(order, "authorize")
    await talk(till.database, providers, till.store.id, attempt_id, again=True)

    assert (await till.order(order)).order.state == "confirmed"
    assert [intent["status"] for intent in fake.intents_of(order["id"])] == ["succeeded"]


async def test_a_failure_that_stripe_keeps_under_the_key_is_looked_behind(
    till: Till, fake: StripeFake, providers: Providers
) -> None:
    """https://docs.stripe.com/api/idempotent_requests: the same key gives the same result, 500 errors included."""
    fake.knobs(on="payment_intents", fail=500, keeps=True)
    order = await till.buys("pm_card_visa")

    [attempt_id] = await till.attempt_ids(order, "authorize")
    await talk(till.database, providers, till.store.id, attempt_id, again=True)

    assert (await till.order(order)).order.state == "confirmed"
    assert len(fake.intents_of(order["id"])) == 1


async def test_keys_that_stripe_refuses_take_no_cards_and_say_so(
    till: Till, database: Database, store: MadeStore
) -> None:
    async with database.store(store.id) as tx:
        await set_account(
            tx, provider="stripe", public_key="", secret="sk_wrong", webhook_secret=None, secret_key=SECRET_KEY
        )

    order = await till.buys("pm_card_visa")

    assert (order["state"], order["payment"]["failure"]) == ("pending", "This shop cannot take cards just now.")


async def test_a_kept_card_is_charged_through_its_customer(
    database: Database, till: Till, fake: StripeFake, store: MadeStore
) -> None:
    customer = till.shop.as_(authorization=await customer_session(database, store))
    shopper = Till(database, store, customer)
    await shopper.buys("pm_card_mastercard", save_card=True)
    [kept] = (await customer.get("/me/payment-methods"))["items"]
    assert (kept["brand"], kept["last4"], kept["expires_year"]) == ("Mastercard", "4444", 2044)

    order = await shopper.buys(saved_method_id=kept["id"])

    [intent] = fake.intents_of(order["id"])
    assert (intent["status"], intent["customer"][:4]) == ("succeeded", "cus_")


async def test_a_shopper_cannot_name_somebody_elses_customer(till: Till, fake: StripeFake) -> None:
    answer = await till.completes("cus_fake000001/pm_card_visa")

    assert answer.status_code == 422


async def test_an_unknown_card_is_refused_with_stripes_words(till: Till) -> None:
    order = await till.buys("pm_nothing")

    assert order["payment"]["failure"] == "No such PaymentMethod: 'pm_nothing'"


async def test_capturing_what_was_cancelled_at_stripe_fails_with_its_state(
    database: Database, house: House, fake: StripeFake, providers: Providers
) -> None:
    """https://docs.stripe.com/api/payment_intents/capture: an intent that is not capturable is refused."""
    store = await at_stripe(database, card_capture="manual")
    async with Till.of(database, store, serve_house(house)) as till:
        order = await till.buys("pm_card_visa")
        payment = (await till.order(order)).payments[0]
        async with database.store(store.id) as tx:
            attempt = await capturing.capture(tx, order_id=UUID(order["id"]), payment_id=payment.id)
        fake.cancels(payment.reference or "")

        assert await talk(database, providers, store.id, attempt.id) == AttemptState.FAILED
        assert await till.attempts(order) == [("authorize", "succeeded", 2895), ("capture", "failed", 2895)]


@pytest.fixture(scope="module")
def served(urls: Urls, stripe: StripeFake) -> Iterator[Served]:
    """A server that Stripe can reach."""
    with serving(urls.server, SECRET_KEY, {"STOA_STRIPE_API": stripe.url}) as served:
        yield served


async def test_what_stripe_tells_confirms_the_order_however_often_and_late(
    till: Till, fake: StripeFake, served: Served, store: MadeStore
) -> None:
    fake.tells(f"{served.url}/api/hooks/v1/{store.slug}/payments/stripe", late_seconds=0.2)
    order = await till.buys("pm_card_authenticationRequired")
    [intent] = fake.intents_of(order["id"])

    fake.bank(intent["id"], yes=True)

    await wait_for(lambda: till.order(order), lambda view: view.order.state == "confirmed")
    assert await till.payments(order) == [("captured", 0, 2895, 0, 0)]
    assert [kind for kind, _, _ in history(await till.order(order))] == ["placed", "paid", "confirmed"]


async def test_a_refund_that_comes_back_is_money_of_the_order_again(
    till: Till, fake: StripeFake, served: Served, store: MadeStore, providers: Providers
) -> None:
    """https://docs.stripe.com/refunds#failed-refunds: a refund can fail after it succeeded."""
    fake.tells(f"{served.url}/api/hooks/v1/{store.slug}/payments/stripe")
    order = await till.buys("pm_card_visa")
    async with till.database.store(store.id) as tx:
        await orders.refund(tx, order_id=UUID(order["id"]), amount=500)
    [attempt_id] = await till.attempt_ids(order, "refund")
    await talk(till.database, providers, store.id, attempt_id)
    assert (await till.order(order)).order.refunded == 500
    refund_id = (await attempt_reference(till, order))[0]

    fake.comes_back(refund_id)

    await wait_for(lambda: till.order(order), lambda view: view.order.refunded == 0)
    assert await till.payments(order) == [("captured", 0, 2895, 0, 0)]
    assert await till.attempts(order) == [("authorize", "succeeded", 2895), ("refund", "failed", 500)]


async def attempt_reference(till: Till, order: dict[str, Any]) -> list[str]:
    async with till.database.store(till.store.id) as tx:
        asked = await capturing.payments_asked(tx, order_id=UUID(order["id"]))
    return [one.reference or "" for each in asked for one in each.attempts if one.kind == "refund"]


async def test_a_slow_stripe_leaves_the_attempt_open_and_is_asked_again(
    till: Till, fake: StripeFake, providers: Providers
) -> None:
    order = await till.buys("pm_card_authenticationRequired")
    [intent] = fake.intents_of(order["id"])
    fake.bank(intent["id"], yes=True)
    [attempt_id] = await till.attempt_ids(order, "authorize")
    fake.knobs(on="payment_intents", slow_seconds=1)

    with pytest.raises(ProviderUnreachable):
        await talk(till.database, providers, till.store.id, attempt_id, again=True, seconds=0.1)

    assert await talk(till.database, providers, till.store.id, attempt_id, again=True) == AttemptState.SUCCEEDED
    assert (await till.order(order)).order.state == "confirmed"


async def test_what_lies_beyond_the_pages_that_are_looked_through_is_not_called_unheard(
    till: Till, fake: StripeFake, providers: Providers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payment_stripe, "_PAGE", 1)
    monkeypatch.setattr(payment_stripe, "_MOST_PAGES", 2)
    fake.knobs(on="payment_intents", drop="after")
    order = await till.buys("pm_card_visa")
    await cancel(till, order, providers)
    [attempt_id] = await till.attempt_ids(order, "authorize")
    later = utc_now() + timedelta(hours=1)

    fake.strange(700)
    fake.strange(800)
    with pytest.raises(ProviderUnreachable, match="more payments than are looked through"):
        await talk(till.database, providers, till.store.id, attempt_id, again=True, clock=lambda: later)
    assert await till.attempts(order) == [("authorize", "open", 2895)]

    monkeypatch.setattr(payment_stripe, "_MOST_PAGES", 20)
    await talk(till.database, providers, till.store.id, attempt_id, again=True, clock=lambda: later)
    assert await till.attempts(order) == [("authorize", "succeeded", 2895), ("refund", "open", 2895)]


async def test_what_stripe_has_and_we_have_not_is_found(
    till: Till, fake: StripeFake, providers: Providers, store: MadeStore
) -> None:
    order = await till.buys("pm_card_visa")
    fake.strange(700)

    now = utc_now() + timedelta(minutes=15)
    found = await reconcile(till.database, providers, store.id, since=now - timedelta(hours=1), now=now)

    [ours] = fake.intents_of(order["id"])
    assert ours["id"] not in [each.reference for each in found]
    assert (700, "only_theirs") in [(each.theirs.captured, each.what) for each in found if each.theirs]

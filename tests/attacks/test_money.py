"""Money taken twice, given back twice, told of fifty times; holds that have run out while everybody wants the goods."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, update

from stoa.adapters.payment_test import decide, message, sign
from stoa.db.transaction import Database
from stoa.db.urls import Urls
from stoa.inventory.models import Reservation, StockLevel
from stoa.inventory.reservations import expire_reservations
from stoa.kernel.clock import utc_now
from stoa.orders.attempting import talk
from stoa.orders.jobs import expire_orders
from stoa.orders.models import HistoryKind, Order, OrderHistory
from stoa.payments.accounts import account_of
from stoa.payments.models import AttemptState, Payment, PaymentAttempt, PretendCharge, ProviderMessage
from stoa.payments.provider import Outcome
from stoa.payments.providers import Providers
from stoa.stores.models import Capture
from stoa.stores.settings import settings_of
from tests.api.calls import ADMIN_API, api_key
from tests.attacks.mob import Ask, Mob, buying, told
from tests.conftest import SECRET_KEY
from tests.make.ready_carts import ReadyCart
from tests.serving import Served

CARDS = {"payment_methods": ["card", "test"], "card_provider": "test"}


@pytest.fixture
async def mob(served: Served, database: Database, urls: Urls) -> AsyncIterator[Mob]:
    """Clients of a new store that takes cards. Whatever they did, no law is broken afterwards."""
    async with Mob.at(served, database, urls, **CARDS) as mob:
        yield mob
        await mob.assert_laws_hold()


async def test_money_is_given_back_once(mob: Mob):
    order = await _order(mob)
    staff = {"authorization": await api_key(mob.database, mob.store)}
    path = f"{ADMIN_API}/orders/{order.id}/refunds"

    all_of_it = await mob.sends(
        [
            *(Ask("POST", path, {}, {**staff, "idempotency-key": uuid4().hex}) for _ in range(30)),
            *(Ask("POST", path, {}, {**staff, "idempotency-key": "same"}) for _ in range(30)),
        ]
    )
    await _providers_answer(mob)

    answers = told(all_of_it)
    # Whoever came first; who sent it under the same key was told the same.
    assert len({answer.json()["id"] for answer in all_of_it if answer.is_success}) == 1
    assert set(answers) == {"201", "409 orders.nothing_to_refund"}
    assert await _money(mob, order) == (2895, 2895, 0)
    assert await _books(mob) == [("captured", 2895, 2895)]


async def test_parts_of_the_money_never_come_to_more_than_all_of_it(mob: Mob):
    order = await _order(mob)
    staff = {"authorization": await api_key(mob.database, mob.store)}
    path = f"{ADMIN_API}/orders/{order.id}/refunds"

    answers = await mob.sends(Ask("POST", path, {"amount": 800}, staff) for _ in range(60))
    await _providers_answer(mob)

    assert told(answers) == {"201": 3, "409 orders.refund_too_high": 57}
    assert await _money(mob, order) == (2895, 2400, 0)
    assert await _books(mob) == [("captured", 2895, 2400)]


async def test_what_is_promised_is_taken_once(mob: Mob):
    await _takes_its_money_later(mob)
    order = await _order(mob)
    staff = {"authorization": await api_key(mob.database, mob.store)}
    [payment] = await _payments(mob, order)
    path = f"{ADMIN_API}/orders/{order.id}/payments/{payment.id}/captures"

    answers = await mob.sends(Ask("POST", path, {}, staff) for _ in range(60))
    await _providers_answer(mob)
    late = await mob.sends(Ask("POST", path, {}, staff) for _ in range(20))

    assert told(answers) == {"201": 1, "409 payments.already_asked": 59}
    assert told(late) == {"409 payments.nothing_to_capture": 20}
    assert await _money(mob, order) == (2895, 0, 0)
    assert await _books(mob) == [("captured", 2895, 0)]


async def test_what_is_taken_while_the_order_is_cancelled_goes_back(mob: Mob):
    await _takes_its_money_later(mob)
    staff = {"authorization": await api_key(mob.database, mob.store)}
    for _ in range(3):
        order = await _order(mob)
        [payment] = await _payments(mob, order)
        at = f"{ADMIN_API}/orders/{order.id}"
        take = Ask("POST", f"{at}/payments/{payment.id}/captures", {}, staff)
        cancel = Ask("POST", f"{at}/cancellations", {"reason": "customer"}, staff)

        answers = await mob.sends([take, cancel] * 20)
        await _providers_answer(mob)

        assert told(answers[1::2]) == {"201": 1, "409 orders.is_cancelled": 19}
        [payment] = await _payments(mob, order)
        assert (payment.authorized, payment.captured - payment.refunded, payment.refunding) == (0, 0, 0)
    assert await mob.committed() == 0
    assert all(captured == refunded for _, captured, refunded in await _books(mob))


async def test_fifty_completions_and_the_providers_messages_are_one_paid_order(mob: Mob):
    mug = await mob.variant(stock=10, price=2500)
    (cart,) = await mob.carts(1, (mug, 1))
    (first,) = await mob.sends([buying(cart, key="buy", card="test_3ds")])
    reference = first.json()["payment"]["next_action"]["redirect_url"].rpartition("/")[2]

    asks = [
        ask
        for _ in range(50)
        for ask in (buying(cart, key="buy", card="test_3ds"), buying(cart, key=uuid4().hex, card="test_ok"))
    ]
    answers, _ = await asyncio.gather(mob.sends(asks), decide(mob.database, mob.store.id, reference, approves=True))
    # On a slow machine some wait for the order's lock longer than anybody should, and are told to come again; they do.
    busy = [n for n, answer in enumerate(answers) if told([answer]) == {"503 database.busy": 1}]
    for n, answer in zip(busy, await mob.sends(asks[n] for n in busy), strict=True):
        answers[n] = answer
    messages = await mob.sends([*await _told_by_the_provider(mob, times=50), buying(cart, key="buy", card="test_3ds")])
    await _providers_answer(mob)

    assert told(answers) == {"200": 100}
    assert told(messages[:-1]) == {"200": 50}
    [order] = await mob.orders()
    assert {answer.json()["id"] for answer in answers} == {str(order.id)}
    assert messages[-1].json()["state"] == "confirmed"
    assert (order.state, order.payment_state, order.paid) == ("confirmed", "paid", 2895)
    assert await _books(mob) == [("captured", 2895, 0)]
    assert await mob.committed() == 1
    async with mob.database.store(mob.store.id) as tx:
        paid = select(func.count()).select_from(OrderHistory).where(OrderHistory.kind == HistoryKind.PAID)
        assert await tx.one_or_none(paid) == 1
        told_of = await tx.scalars(select(ProviderMessage.message_id))
        assert len(told_of) == len(set(told_of))


async def test_a_message_that_is_not_signed_pays_nothing(mob: Mob):
    order = await _order(mob, card="test_3ds")

    forged = await mob.sends(await _told_by_the_provider(mob, times=40, secret="what somebody guessed"))

    assert told(forged) == {"400 hooks.not_believed": 40}
    assert await _money(mob, order) == (0, 0, 0)


async def test_a_hold_that_has_run_out_sells_nothing_twice(mob: Mob):
    mug = await mob.variant(stock=1)
    (slow,) = await mob.carts(1, (mug, 1))
    rivals = await mob.carts(40, (mug, 1))
    await mob.sends([Ask("PUT", f"/carts/{slow.id}/hold", None, {"cart-token": slow.token})])
    before = await mob.sends(map(buying, rivals[:10]))
    await _let_holds_run_out(mob)

    answers, _ = await asyncio.gather(mob.sends([buying(cart) for cart in _among(slow, rivals[10:])]), _clear_away(mob))
    await _clear_away(mob)
    after = await mob.sends([buying(cart) for cart in [slow, *rivals]])

    assert told(before) == {"409 inventory.out_of_stock": 10}
    assert told(answers)["201"] + told(after)["201"] == 1
    assert len(await mob.orders()) == 1
    assert await _stock(mob) == (1, 0)


async def test_money_that_comes_when_the_hold_has_run_out_buys_what_is_held_or_goes_back(mob: Mob):
    for _ in range(3):
        mug = await mob.variant(stock=1, price=2500)
        rivals = await mob.carts(30, (mug, 1))
        order = await _order(mob, card="test_3ds", mug=mug)
        reference = (await _payments(mob, order))[0].reference
        assert reference is not None
        await _let_holds_run_out(mob)

        answers, *_ = await asyncio.gather(
            mob.sends(map(buying, rivals)),
            decide(mob.database, mob.store.id, reference, approves=True),
            _clear_away(mob),
        )
        await _providers_answer(mob)

        [order] = [each for each in await mob.orders() if each.id == order.id]
        [payment] = await _payments(mob, order)
        if order.state == "confirmed":
            assert (order.paid, told(answers)["201"]) == (2895, 0)
        else:
            assert (order.state, payment.captured - payment.refunded, payment.authorized) == ("cancelled", 0, 0)
            assert told(answers)["201"] <= 1
    assert all(charge[0] != "authorized" for charge in await _books(mob))


async def _order(mob: Mob, *, card: str = "test_ok", mug: UUID | None = None) -> Order:
    """An order of 28.95, paid by that card."""
    (cart,) = await mob.carts(1, (mug or await mob.variant(stock=10, price=2500), 1))
    (answer,) = await mob.sends([buying(cart, card=card)])
    assert answer.status_code == 201, answer.text
    await _providers_answer(mob)
    async with mob.database.store(mob.store.id) as tx:
        order = await tx.get(Order, UUID(answer.json()["id"]))
    assert order is not None
    return order


async def _takes_its_money_later(mob: Mob) -> None:
    async with mob.database.store(mob.store.id) as tx:
        (await settings_of(tx)).card_capture = Capture.MANUAL


async def _providers_answer(mob: Mob) -> None:
    """What providers were asked and have not answered is asked by four at once, until nobody but the shopper is
    waited for."""
    providers = Providers(mob.database, SECRET_KEY)
    for _ in range(50):
        async with mob.database.store(mob.store.id) as tx:
            unsettled = select(PaymentAttempt.id).where(
                PaymentAttempt.settled_at.is_(None), PaymentAttempt.state != AttemptState.WAITING
            )
            waiting = await tx.scalars(unsettled)
        if not waiting:
            return
        await asyncio.gather(
            *(talk(mob.database, providers, mob.store.id, one, again=n > 0) for one in waiting for n in range(4))
        )
    raise AssertionError("the providers are asked for ever")


async def _told_by_the_provider(mob: Mob, *, times: int, secret: str | None = None) -> list[Ask]:
    """The message that the one charge has been taken, as the provider sends it, again and again."""
    async with mob.database.store(mob.store.id) as tx:
        [charge] = await tx.scalars(select(PretendCharge))
        account = await account_of(tx, provider="test", secret_key=SECRET_KEY)
    outcome = Outcome(
        state=AttemptState.SUCCEEDED, payment_reference=charge.reference, captured=True, amount=charge.amount
    )
    body = message(charge.id, outcome)
    headers = {"stoa-test-signature": sign(secret or account.webhook_secret, body), "content-type": "application/json"}
    return [Ask("POST", f"/api/hooks/v1/{mob.store.slug}/payments/test", None, headers, body)] * times


async def _let_holds_run_out(mob: Mob) -> None:
    async with mob.database.store(mob.store.id) as tx:
        past = utc_now() - timedelta(minutes=1)
        await tx.execute(update(Reservation).where(Reservation.state == "held").values(expires_at=past))


async def _clear_away(mob: Mob) -> None:
    """What the jobs of every minute do, in this store."""
    for clear in (expire_reservations, expire_orders):
        async with mob.database.store(mob.store.id) as tx:
            await clear(tx, 100)


async def _payments(mob: Mob, order: Order) -> Sequence[Payment]:
    async with mob.database.store(mob.store.id) as tx:
        return await tx.scalars(select(Payment).where(Payment.order_id == order.id))


async def _money(mob: Mob, order: Order) -> tuple[int, int, int]:
    """Taken, given back and being given back."""
    [payment] = await _payments(mob, order)
    return payment.captured, payment.refunded, payment.refunding


async def _books(mob: Mob) -> list[tuple[str, int, int]]:
    """The provider's: status, taken and given back of every charge."""
    async with mob.database.store(mob.store.id) as tx:
        rows = await tx.scalars(select(PretendCharge).order_by(PretendCharge.id))
        return [(row.status, row.captured, row.refunded) for row in rows]


async def _stock(mob: Mob) -> tuple[int, int]:
    """Committed and reserved, over all levels."""
    async with mob.database.store(mob.store.id) as tx:
        row = (await tx.execute(select(func.sum(StockLevel.committed), func.sum(StockLevel.reserved)))).one()
        return int(row[0]), int(row[1])


def _among(one: ReadyCart, others: list[ReadyCart]) -> list[Any]:
    """In the middle of the others."""
    half = len(others) // 2
    return [*others[:half], one, *others[half:]]

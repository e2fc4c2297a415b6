"""What a provider tells late, or after all is done, moves nothing that is settled, and nothing is asked for ever."""

from datetime import timedelta
from uuid import UUID

import pytest

from stoa.db.transaction import Database
from stoa.kernel.clock import utc_now
from stoa.orders.attempting import talk
from stoa.orders.provider_messages import receive
from stoa.orders.settling import settle
from stoa.payments.asking import answer, question
from stoa.payments.models import AttemptKind, AttemptState
from stoa.payments.provider import Notification, Outcome
from stoa.payments.providers import Providers
from tests.conftest import open_a_store
from tests.make import MadeStore
from tests.make.selling import MadeOrder
from tests.orders.money import CARD, attempts, of, order_by_card, providers_answer, tenders_of
from tests.orders.taken_back import cancel, read
from tests.payments.test_crashes import expire, opened, talk_to_all
from tests.payments.till import Till

EARLIER, LATER = timedelta(hours=-1), timedelta(days=7)


@pytest.fixture
async def store(database: Database) -> MadeStore:
    """A store whose staff take the money themselves."""
    return await open_a_store(database, payment_methods=["card"], card_provider="test", card_capture="manual")


async def test_a_promise_that_we_let_go_is_not_taken_back_once_more(database: Database, store: MadeStore) -> None:
    order = await order_by_card(database, store, of(1645, CARD), CARD)
    await cancel(database, store, order, {1: 1})
    await providers_answer(database, store, order)
    before = await read(database, store, order)

    await tells_failed(database, store, order, position=2, made=LATER)

    assert await standing(database, store, order) == [("authorized", 1645), ("voided", 0)]
    assert [row.kind for row in (await read(database, store, order)).history] == [row.kind for row in before.history]


async def test_an_old_refusal_does_not_take_back_a_promise(database: Database, store: MadeStore) -> None:
    order = await order_by_card(database, store)

    await tells_failed(database, store, order, position=1, made=EARLIER)

    assert await standing(database, store, order) == [("authorized", 2895)]
    assert (await read(database, store, order)).order.payment_state == "authorized"


async def test_a_promise_that_lapses_is_waited_for_again(database: Database, store: MadeStore) -> None:
    order = await order_by_card(database, store)

    await tells_failed(database, store, order, position=1, made=LATER)

    assert await standing(database, store, order) == [("pending", 0)]
    view = await read(database, store, order)
    assert (view.order.state, view.order.payment_state) == ("confirmed", "pending")


async def test_what_turns_out_to_wait_for_the_shopper_of_a_dead_order_is_let_go(
    till: Till, providers: Providers
) -> None:
    order, attempt_id = await opened(till, "test_3ds")
    await is_heard(till, providers, attempt_id)
    await expire(till)

    await talk(till.database, providers, till.store.id, attempt_id, again=True)

    assert await till.attempts(order) == [("authorize", "waiting", 2895), ("void", "open", 2895)]
    await talk_to_all(till, providers, order, "void")
    assert await till.attempts(order) == [("authorize", "failed", 2895), ("void", "succeeded", 2895)]
    assert await till.payments(order) == [("voided", 0, 0, 0, 0)]
    assert await till.charges() == [("voided", 0, 0)]


async def test_a_provider_that_does_not_let_go_is_asked_once(till: Till, providers: Providers) -> None:
    order, attempt_id = await opened(till, "test_3ds")
    await is_heard(till, providers, attempt_id)
    await expire(till)
    await talk(till.database, providers, till.store.id, attempt_id, again=True)
    [void] = await till.attempt_ids(order, "void")
    async with till.database.store(till.store.id) as tx:
        await settle(tx, void, Outcome(state=AttemptState.FAILED, reason_code="refused"))

    await talk(till.database, providers, till.store.id, attempt_id, again=True)

    assert await till.attempts(order) == [("authorize", "waiting", 2895), ("void", "failed", 2895)]


async def is_heard(till: Till, providers: Providers, attempt_id: UUID) -> None:
    """The provider is asked, and whoever asked dies before writing down what it said."""
    async with till.database.store(till.store.id) as tx:
        asked = await question(tx, attempt_id, secret_key=providers.secret_key)
    assert asked is not None
    await answer(providers.of(asked.account), asked.ask, seconds=5, again=False)


async def tells_failed(
    database: Database, store: MadeStore, order: MadeOrder, *, position: int, made: timedelta
) -> None:
    """The provider's message that the authorisation of this tender failed, made so long from now, comes in now."""
    payment = (await tenders_of(database, store, order))[position - 1]
    [attempt] = [
        each
        for each in await attempts(database, store, order)
        if each.payment_id == payment.id and each.kind == AttemptKind.AUTHORIZE
    ]
    message = Notification(
        message_id=f"msg_{attempt.id.hex}",
        kind="payment_intent.canceled",
        attempt_id=attempt.id,
        made_at=utc_now() + made,
        outcome=Outcome(state=AttemptState.FAILED, reason_code="automatic", reason="It lapsed."),
    )
    assert await receive(database, store.id, "test", message) == "heeded"


async def standing(database: Database, store: MadeStore, order: MadeOrder) -> list[tuple[str, int]]:
    """Of each tender its status and what it promises."""
    return [(each.status, each.authorized) for each in await tenders_of(database, store, order)]

"""An order's time runs out just as its money comes after all, or its shopper tries another card: it goes on."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from stoa.db.transaction import Database
from stoa.kernel.clock import utc_now
from stoa.orders import jobs
from stoa.orders.charging import CardGiven, pay_again
from stoa.orders.settling import settle
from stoa.payments.methods import tender_by
from stoa.payments.models import AttemptState
from stoa.payments.provider import Outcome
from stoa.stores.models import PaymentMethod
from tests.payments.till import Till

# Whoever looks for orders past their time waits for it, once they have begun to look.
_GATE = 4_711_010


async def test_an_order_that_is_paid_again_as_its_time_runs_out_goes_on(
    till: Till, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await till.buys("test_declined")

    async def paid_again() -> None:
        async with database.store(till.store.id) as tx:
            tender = tender_by(PaymentMethod.CARD, card_provider="test")
            await pay_again(tx, order_id=UUID(order["id"]), tender=tender, card=CardGiven("test_ok"))

    # The hold is prolonged to 15 minutes from now, and had less.
    cancelled = await _expire_while(till, paid_again, monkeypatch, after=timedelta(minutes=15))

    assert (cancelled, (await till.order(order)).order.state, await till.hold(order)) == (0, "pending", "held")


async def test_an_order_whose_card_is_promised_as_its_time_runs_out_keeps_its_stock(
    till: Till, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await till.buys(
        payments=[{"method": "card", "token": "test_3ds", "amount": 1000}, {"method": "bank_transfer"}]
    )
    [attempt_id] = await till.attempt_ids(order, "authorize")

    async def promised() -> None:
        async with database.store(till.store.id) as tx:
            await settle(tx, attempt_id, Outcome(state=AttemptState.SUCCEEDED))

    cancelled = await _expire_while(till, promised, monkeypatch, after=timedelta(minutes=16))

    assert (cancelled, (await till.order(order)).order.state, await till.hold(order)) == (0, "pending", "confirmed")


async def _expire_while(
    till: Till, act: Callable[[], Awaitable[None]], monkeypatch: pytest.MonkeyPatch, *, after: timedelta
) -> int:
    """Look for orders past their time, so much later, and let `act` be done when the look has begun and not ended."""
    slow = str(jobs._PAST).replace("AND o.state", f"AND pg_advisory_xact_lock_shared({_GATE}) IS NOT NULL AND o.state")
    monkeypatch.setattr(jobs, "_PAST", text(slow))
    later = utc_now() + after

    async def expire() -> int:
        async with till.database.store(till.store.id, now=later) as tx:
            return await jobs.expire_orders(tx, 10)

    async with till.database.platform() as gate:
        await gate.execute(text("SELECT pg_advisory_xact_lock(:gate)"), {"gate": _GATE})
        looking = asyncio.create_task(expire())
        while not (await gate.execute(_SOMEBODY_WAITS, {"gate": _GATE})).scalar_one():
            assert not looking.done(), looking.result()
            await asyncio.sleep(0.01)
        await act()
    return await looking


_SOMEBODY_WAITS = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = :gate AND NOT granted")

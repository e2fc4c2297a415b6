"""What the house does by itself: the relay, jobs, clearing away; and time, which passes."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy import text

from stoa.carts.clearing import clear_expired
from stoa.db.transaction import SYSTEM, Tx
from stoa.events.relay import relay_store
from stoa.jobs.purging import purge_answers, purge_events
from stoa.simulator.acts import SELDOM, Doing, Scene, kind
from stoa.simulator.clock import SimulatedClock


@kind("time passes", role="clock", weight=2, alone=True)
def time_passes(at: Scene) -> Doing | None:
    """Minutes, mostly; now and then hours, and seldom days."""
    clock = at.house.clock
    assert isinstance(clock, SimulatedClock), "the houses of a simulation share its clock"
    by = at.dice.choices(
        [timedelta(seconds=20), timedelta(minutes=2), timedelta(minutes=16), timedelta(hours=3), timedelta(days=9)],
        [40, 30, 20, 8, 1],
    )[0]

    async def do() -> None:
        clock.advance(by)

    return Doing(do, (), {"by": str(by)})


@kind("relay events", role="job", weight=2)
def relay(at: Scene) -> Doing | None:
    """Events become jobs, and deliveries to whoever listens."""

    async def do() -> str:
        async with at.world.line() as line:
            return str(await relay_store(line, at.store.id, clock=at.house.clock))

    return Doing(do)


@kind("clear carts away", role="job", weight=0.5, minutes=SELDOM)
def clear_carts(at: Scene) -> Doing | None:
    """Those that were left standing for 30 days."""
    return _purging(at, clear_expired)


@kind("purge answers", role="job", weight=0.3, minutes=SELDOM)
def answers(at: Scene) -> Doing | None:
    """Those that were kept for 30 days."""
    return _purging(at, purge_answers)


@kind("purge events", role="job", weight=0.3, minutes=SELDOM)
def events(at: Scene) -> Doing | None:
    """Those that were told 30 days ago."""
    return _purging(at, purge_events)


@kind("make partitions", role="job", weight=0.1, alone=True)
def partitions(at: Scene) -> Doing | None:
    """For this month and the next two."""

    async def do() -> None:
        async with at.house.database.platform(now=at.house.clock()) as tx:
            await tx.execute(_PARTITIONS, {"now": tx.now})

    return Doing(do)


def _purging(at: Scene, purge: Callable[[Tx, int], Awaitable[int]]) -> Doing:
    async def do() -> str:
        return str(await at.inside(lambda tx: purge(tx, 200), actor=SYSTEM))

    return Doing(do)


_PARTITIONS = text("SELECT stoa.ensure_partitions(:now)")

"""Orders already in the store: two years of them, written by sets in the shape in which placing and time left them.

Each has its contact, completed cart, two cart lines, quote, two lines, two movements, payment and history; those of the
last 30 days also their told event and stored answer, which the purging jobs take away later. Carts that nobody bought
are not among them. Ids are UUIDs of each order's own instant, in the monthly partitions that production would have made.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from stoa.cli.bench.statements import script
from stoa.cli.bench.world import Connection, World, carts_script, loader
from stoa.jobs.purging import DAYS_KEPT
from stoa.kernel.clock import utc_now
from stoa.kernel.ids import uuid7
from stoa.orders.numbers import FIRST_NUMBER

DAYS = 730
_SET = 20_000
_CONNECTIONS = 2


@dataclass(frozen=True)
class _Past:
    """Which orders are written."""

    world: World
    count: int
    number: int
    seed: int
    since: datetime
    until: datetime


async def write_past(admin_url: str, world: World, *, count: int, report: Callable[[int], None]) -> None:
    """Write `count` orders of the past two years, then tidy up; `report` is told how many stand after each set."""
    now = utc_now()
    async with loader(admin_url) as connection:
        for day in range(0, DAYS, 28):
            await connection.execute("SELECT stoa.ensure_partitions($1)", now - timedelta(days=DAYS - day))
        number = await _lease_numbers(connection, world, count, now)
    past = _Past(world, count, number, uuid7(now).int % 2_147_483_647, now - timedelta(days=DAYS), now)
    sets = iter(range(1, count + 1, _SET))
    await asyncio.gather(*(_write_sets(admin_url, past, sets.__next__, report) for _ in range(_CONNECTIONS)))
    async with loader(admin_url) as connection:
        await connection.execute(script("past_levels", store=world.store_id))
        # What the server would have done in its quiet hours.
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")


async def _write_sets(admin_url: str, past: _Past, next_set: Callable[[], int], report: Callable[[int], None]) -> None:
    async with loader(admin_url) as connection:
        while True:
            try:
                first = next_set()
            except StopIteration:
                return
            last = min(first + _SET - 1, past.count)
            async with connection.transaction():
                await connection.execute(_statements(past, first, last))
            report(last - first + 1)


def _statements(past: _Past, first: int, last: int) -> str:
    return (
        script(
            "past_carts",
            first=first,
            last=last,
            count=past.count,
            number=past.number,
            since=past.since,
            until=past.until,
        )
        + carts_script(past.world, seed=past.seed, hot=False)
        + script(
            "past_orders",
            store=past.world.store_id,
            base=past.world.base,
            kept_since=past.until - timedelta(days=DAYS_KEPT),
        )
    )


async def _lease_numbers(connection: Connection, world: World, count: int, now: datetime) -> int:
    """The number before the first of so many that nobody else will use."""
    after = await connection.fetchval(
        "INSERT INTO order_numbers (store_id, id, next) VALUES ($1, $2, $3::bigint + $4::bigint)"
        " ON CONFLICT (store_id) DO UPDATE SET next = order_numbers.next + $4::bigint RETURNING next",
        world.store_id,
        uuid7(now),
        FIRST_NUMBER,
        count,
    )
    return int(after) - count - 1

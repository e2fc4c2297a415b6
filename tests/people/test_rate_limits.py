"""Attempts are counted by every process together, and the count outlives the refusal."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from stoa.db.transaction import Database
from stoa.people.errors import TooManyAttempts
from stoa.people.models import RateCounter
from stoa.people.rate_limits import Limit, count_attempt, forgive, network_of, purge_counters


def limit(attempts: int = 2, seconds: int = 900) -> Limit:
    return Limit("test", uuid4().hex, attempts, seconds)


async def counted(database: Database, limit: Limit) -> list[int]:
    async with database.platform() as tx:
        return list(await tx.scalars(select(RateCounter.attempts).where(RateCounter.key == limit.key)))


async def test_one_more_than_the_limit_is_refused_until_the_window_ends(database: Database, noon: datetime) -> None:
    tries = limit(attempts=2)
    for _ in range(2):
        await count_attempt(database, tries, clock=lambda: noon)

    with pytest.raises(TooManyAttempts) as refusal:
        await count_attempt(database, tries, clock=lambda: noon + timedelta(seconds=60))

    assert refusal.value.retry_after_seconds == 840
    assert refusal.value.sentence == "Too many attempts; try again in 840 seconds."
    assert await counted(database, tries) == [3]
    await count_attempt(database, tries, clock=lambda: noon + timedelta(seconds=900))


async def test_of_attempts_at_once_no_more_than_the_limit_pass(database: Database, noon: datetime) -> None:
    tries, other = limit(attempts=3), limit(attempts=100)

    answers = await asyncio.gather(
        *(count_attempt(database, *order, clock=lambda: noon) for order in [(tries, other), (other, tries)] * 5),
        return_exceptions=True,
    )

    assert [type(answer) for answer in answers].count(type(None)) == 3
    assert [type(answer) for answer in answers].count(TooManyAttempts) == 7
    assert await counted(database, tries) == [10]


async def test_another_subject_has_attempts_of_its_own(database: Database, noon: datetime) -> None:
    tries = limit(attempts=1)
    await count_attempt(database, tries, clock=lambda: noon)

    await count_attempt(database, limit(attempts=1), clock=lambda: noon)

    assert await counted(database, tries) == [1]


async def test_a_right_attempt_clears_one_count_and_gives_itself_back_to_the_other(
    database: Database, noon: datetime
) -> None:
    person, place = limit(), limit(attempts=10)
    for _ in range(2):
        await count_attempt(database, person, place, clock=lambda: noon)

    async with database.platform(now=noon) as tx:
        await forgive(tx, cleared=person, given_back=place)

    assert await counted(database, person) == []
    assert await counted(database, place) == [1]


async def test_counters_of_yesterday_are_purged_and_those_of_today_stay(database: Database, noon: datetime) -> None:
    old, new = limit(), limit()
    await count_attempt(database, old, clock=lambda: noon - timedelta(days=1, seconds=1))
    await count_attempt(database, new, clock=lambda: noon)

    async with database.platform(now=noon) as tx:
        assert await purge_counters(tx) >= 1

    assert await counted(database, old) == []
    assert await counted(database, new) == [1]


def test_a_household_counts_as_one_client() -> None:
    assert network_of("203.0.113.7") == "203.0.113.7"
    assert network_of("::ffff:203.0.113.7") == "203.0.113.7"
    assert network_of("2001:db8:1:2:3:4:5:6") == network_of("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert network_of("unix") == "unix"

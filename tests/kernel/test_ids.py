"""Ids take their time from the clock that is handed in, and SQL makes the same children as Python."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from stoa.db.transaction import Database
from stoa.kernel.ids import child_id, hash_token, named_id, token, uuid7
from tests.examples import examples

INSTANTS = st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@examples(200)
@given(INSTANTS)
def test_an_id_is_a_uuid_of_version_7_that_begins_with_its_milliseconds(now: datetime) -> None:
    made = uuid7(now)

    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.int >> 80 == (now - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@examples(100)
@given(INSTANTS, INSTANTS)
def test_ids_sort_by_time(one: datetime, other: datetime) -> None:
    if abs(one - other) >= timedelta(milliseconds=1):
        assert (uuid7(one) < uuid7(other)) == (one < other)


def test_a_name_has_one_id_at_one_instant(noon: datetime) -> None:
    assert named_id(noon, "invoice 536365") == named_id(noon, "invoice 536365")
    assert named_id(noon, "invoice 536365") != named_id(noon, "invoice 536366")
    assert named_id(noon, "invoice 536365") != named_id(noon + timedelta(milliseconds=1), "invoice 536365")
    assert named_id(noon, "invoice 536365").version == 7


def test_an_id_from_a_clock_without_a_zone_is_a_mistake_in_the_program() -> None:
    with pytest.raises(AssertionError):
        uuid7(datetime(2026, 5, 4))  # noqa: DTZ001


async def test_sql_makes_the_same_children_as_python(database: Database) -> None:
    parents = [UUID(int=0), UUID(int=2**128 - 1), *(uuid7(datetime(2026, 5, 4, tzinfo=UTC)) for _ in range(50))]
    numbers = [0, 1, 255, 256, 65_536, 2**31 - 1, 2**31, 2**32 - 1]
    made = text("SELECT p, n, stoa.child_id(p, n) FROM unnest(CAST(:p AS uuid[])) p, unnest(CAST(:n AS bigint[])) n")

    async with database.platform() as tx:
        rows = (await tx.execute(made, {"p": parents, "n": numbers})).all()

    assert len(rows) == len(parents) * len(numbers)
    assert all(child == child_id(parent, n) for parent, n, child in rows)
    assert len({child for _, _, child in rows}) == len(rows)


async def test_sql_says_where_a_months_ids_begin(database: Database) -> None:
    async with database.platform() as tx:
        first = (await tx.execute(text("SELECT stoa.first_id('2026-05-04 12:00:00.123+00')"))).scalar_one()

    instant = datetime(2026, 5, 4, 12, 0, 0, 123_000, tzinfo=UTC)
    assert uuid7(instant - timedelta(milliseconds=1)) < first <= uuid7(instant)


def test_a_token_is_128_bits_that_depend_on_secret_kind_and_id() -> None:
    of, other = UUID(int=1), UUID(int=2)
    made = token(b"a secret of the tests", "cart", of)

    assert len(made) == 22
    assert made == token(b"a secret of the tests", "cart", of)
    others = [
        token(b"another secret", "cart", of),
        token(b"a secret of the tests", "order", of),
        token(b"a secret of the tests", "cart", other),
    ]
    assert len({made, *others}) == 4
    assert len(hash_token(made)) == 32
    assert hash_token(made) != hash_token(others[0])

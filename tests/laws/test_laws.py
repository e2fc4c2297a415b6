"""Every law notices what breaks it, and nothing else does."""

import json
import subprocess
from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import pytest

from stoa.db.engine import connect
from stoa.db.transaction import Database
from stoa.db.urls import Urls
from stoa.kernel.clock import utc_now
from stoa.kernel.ids import uuid7
from stoa.laws import check, laws
from tests.checkout.shop import Shop, mugs
from tests.checkout.worlds import Asked, Key
from tests.laws.breaks import BREAKS
from tests.somebody import stoa

SOLD = [Asked(n, key=Key(f"cart {n}", "k", request=1)) for n in (0, 1)]


@pytest.fixture(scope="module")
async def sold(database: Database) -> AsyncIterator[Shop]:
    """A store with two things on its shelves, two orders of both, and a cart that is still open."""
    shop = Shop(database)
    await shop.opens(mugs(stock=50, baskets=3, each=2, articles=2, codes=(9,)))
    await shop.places(*(replace(shop.submission(asked), order_id=uuid7(utc_now())) for asked in SOLD))
    yield shop
    await shop.close()


@pytest.fixture
async def mighty(urls: Urls, sold: Shop) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A superuser's transaction that heeds no foreign key and is rolled back."""
    assert urls.admin is not None
    connection = await connect(urls.admin)
    await connection.execute("BEGIN; SET LOCAL session_replication_role = replica")
    yield connection
    await connection.execute("ROLLBACK")
    await connection.close()


def test_every_law_can_be_broken() -> None:
    assert {law.name for law in laws()} == set(BREAKS)


async def test_after_honest_work_every_law_holds(urls: Urls, sold: Shop) -> None:
    reader = await connect(urls.reader)
    findings = [finding async for finding in check(reader)]
    await reader.close()

    assert [(finding.law.name, finding.sample) for finding in findings if not finding.holds] == []


@pytest.mark.parametrize("name", BREAKS)
async def test_the_law_that_is_broken_says_so_and_no_other(
    mighty: "asyncpg.Connection[asyncpg.Record]", sold: Shop, name: str
) -> None:
    for statement in BREAKS[name]:
        touched = await mighty.execute(statement, *([sold.store_id] if "$1" in statement else []))
        assert touched.split()[-1] != "0", f"this broke nothing: {statement}"
    # As the reader, in the same transaction: nobody else shall see this.
    await mighty.execute("SET LOCAL ROLE stoa_reader")

    broken = [finding async for finding in check(mighty) if not finding.holds]

    assert [finding.law.name for finding in broken] == [name]
    assert broken[0].rows == len(broken[0].sample) or broken[0].rows > len(broken[0].sample) == 5
    if not name.startswith("db:"):
        assert {row["store_id"] for row in broken[0].sample} == {str(sold.store_id)}


def test_the_command_says_that_all_hold(urls: Urls, sold: Shop) -> None:
    done = _laws(urls)

    assert (done.returncode, done.stderr) == (0, "")
    *lines, last = done.stdout.splitlines()
    assert last == f"All {len(BREAKS)} laws hold."
    assert sorted(lines) == sorted(f"ok      {name}" for name in BREAKS)


def test_the_command_prints_one_document(urls: Urls, sold: Shop) -> None:
    document = json.loads(_laws(urls, "--json").stdout)

    assert document["broken"] == 0
    assert {(law["domain"], law["law"]) for law in document["laws"]} == {(law.domain, law.says) for law in laws()}
    assert all(law["holds"] and law["rows"] == 0 and law["sample"] == [] for law in document["laws"])


async def test_the_command_shows_what_is_broken_and_ends_with_1(urls: Urls, sold: Shop) -> None:
    name = "inventory: a level is the sum of its movements"
    assert urls.admin is not None
    admin = await connect(urls.admin)
    change = "UPDATE stock_levels SET on_hand = on_hand + $2 WHERE store_id = $1"
    await admin.execute(change, sold.store_id, 1)
    try:
        told, document = _laws(urls), _laws(urls, "--json")
    finally:
        await admin.execute(change, sold.store_id, -1)
        await admin.close()

    assert (told.returncode, document.returncode) == (1, 1)
    assert f"BROKEN  {name} (2 rows)" in told.stdout.splitlines()
    assert told.stdout.count(str(sold.store_id)) >= 2
    assert told.stdout.splitlines()[-1] == f"{len(BREAKS)} laws, 1 broken."
    (broken,) = [law for law in json.loads(document.stdout)["laws"] if not law["holds"]]
    assert (broken["rows"], {row["on_hand"] for row in broken["sample"]}) == (2, {51})


def test_a_database_that_does_not_answer_is_one_sentence(urls: Urls) -> None:
    nowhere = "postgresql://stoa_server@127.0.0.1:1/stoa"
    done = stoa("laws", STOA_DATABASE_URL=nowhere, STOA_READER_URL=nowhere, STOA_SECRET_KEY="00" * 16)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("No PostgreSQL answers at postgresql://stoa_server@127.0.0.1:1/stoa (")
    assert done.stderr.count("\n") == 1


def test_without_the_readers_address_it_says_what_is_missing(urls: Urls) -> None:
    done = stoa("laws", STOA_DATABASE_URL=urls.server, STOA_SECRET_KEY="00" * 16)

    assert done.returncode == 1
    assert done.stderr.startswith("STOA_READER_URL is not set: ")


def _laws(urls: Urls, *options: str) -> "subprocess.CompletedProcess[str]":
    return stoa(
        "laws",
        *options,
        STOA_DATABASE_URL=urls.server,
        STOA_READER_URL=urls.reader,
        STOA_SECRET_KEY="00" * 16,
    )

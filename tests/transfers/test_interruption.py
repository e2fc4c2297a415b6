"""Killed in the middle and started again, a replay goes on where it stopped and sells nothing twice."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
from sqlalchemy import select

from stoa.carts.models import Cart
from stoa.cli.installation import ROOT
from stoa.db.transaction import Database
from stoa.db.urls import Urls
from stoa.transfers.online_retail import replay
from stoa.transfers.online_retail.grouping import count_rows, read_invoices
from stoa.transfers.online_retail.selling import Seller
from stoa.transfers.online_retail.shop import ready_shop
from stoa.transfers.online_retail.survey import survey_of
from tests.conftest import SECRET_KEY
from tests.transfers.files import A_DAY, row, written

INVOICES = 2_000


def replaying(file: Path, urls: Urls) -> "subprocess.Popen[bytes]":
    """`stoa replay` as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "stoa.cli", "replay", str(file), "--json"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "STOA_DATABASE_URL": urls.server, "STOA_SECRET_KEY": "ab" * 32},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def orders(urls: Urls) -> int:
    """How many invoices are orders now."""
    with psycopg.connect(urls.reader) as connection:
        found = connection.execute(
            "SELECT count(*) FROM orders JOIN stores ON stores.id = store_id WHERE slug = 'online-retail'"
        ).fetchone()
        return int(found[0]) if found else 0


def test_a_replay_that_is_killed_goes_on_where_it_stopped(urls: Urls, tmp_path: Path):
    file = written(
        tmp_path / "year.csv.gz",
        [row(f"{500_000 + n}", code, 3, "1.25") for n in range(INVOICES) for code in ("22633", "71053")],
    )
    first = replaying(file, urls)
    deadline = time.monotonic() + 60
    while first.poll() is None and orders(urls) == 0 and time.monotonic() < deadline:
        time.sleep(0.005)
    first.send_signal(signal.SIGKILL)
    first.wait()
    before = orders(urls)

    second = replaying(file, urls)
    said, _ = second.communicate(timeout=60)

    document = json.loads(said)
    assert 0 < before < INVOICES, "it was to be killed in the middle"
    assert second.returncode == 0
    assert document["closes"] is True
    # A batch that was on its way to the database when we were killed may still have been placed.
    assert document["placed_before"] >= before
    assert document["placed_before"] + document["placed_now"] == INVOICES
    assert document["orders"] == {
        "count": INVOICES, "lines": 2 * INVOICES, "units": 6 * INVOICES, "goods": "15000.00", "shipping": "0.00",
    }  # fmt: skip
    assert document["stock"]["committed"] == document["stock"]["received"] == 6 * INVOICES
    assert orders(urls) == INVOICES


async def test_carts_left_without_orders_are_sold_whether_their_quotes_stand_or_not(database: Database, tmp_path: Path):
    file = written(tmp_path / "day.csv.gz", A_DAY)
    counted = count_rows(file)
    invoices = [invoice for invoice in read_invoices(file, counted) if invoice.is_order]
    shop = await ready_shop(database, survey_of(read_invoices(file, counted)), "left-carts")
    # What a run that ends between the two steps leaves: carts with quotes, no orders.
    stopped = Seller(database, shop, secret_key=SECRET_KEY, told=lambda _: None)
    await stopped._fill(invoices)
    async with database.store(shop.id) as tx:
        one, other, *_ = await tx.scalars(select(Cart).order_by(Cart.reference))
        one.quote_id = None
        other.quote_id = tx.new_id()

    replayed = await replay(database, file, secret_key=SECRET_KEY, slug="left-carts")

    assert replayed.reconciliation.mistakes == []
    assert (replayed.sold.placed, replayed.sold.placed_before, replayed.sold.refused) == (len(invoices), 0, {})

"""A file is sold through the real path, once, and every penny of it is found again in the books."""

import json
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from stoa.db.transaction import Database
from stoa.transfers.online_retail import Replayed, as_json, replay
from stoa.transfers.online_retail.books import read_books
from stoa.transfers.online_retail.grouping import count_rows, read_invoices
from stoa.transfers.online_retail.reconciling import reconcile
from stoa.transfers.online_retail.recount import recount
from stoa.transfers.online_retail.replaying import NothingToSell
from stoa.transfers.online_retail.shop import AnotherShop
from stoa.transfers.online_retail.survey import survey_of
from tests.conftest import SECRET_KEY, open_a_store
from tests.promises import refused
from tests.transfers.files import A_DAY, REAL_FILE, row, written


@pytest.fixture
def slug() -> str:
    """A store of the test's own."""
    return f"retail-{uuid4().hex[:12]}"


async def sold(database: Database, path: Path, slug: str, limit: int | None = None) -> Replayed:
    """The file sold; fails the test where it does not close."""
    replayed = await replay(database, path, secret_key=SECRET_KEY, limit=limit, slug=slug)
    assert replayed.reconciliation.mistakes == []
    return replayed


async def rows_of(database: Database, replayed: Replayed, sql: str) -> list[tuple[object, ...]]:
    """What stands in the store."""
    async with database.store(replayed.shop.id) as tx:
        return [tuple(found) for found in await tx.execute(text(sql), {"store": replayed.shop.id})]


async def test_every_penny_of_a_day_is_placed_or_named(database: Database, tmp_path: Path, slug: str):
    file = written(tmp_path / "day.csv.gz", A_DAY)

    replayed = await sold(database, file, slug)

    document = json.loads(json.dumps(as_json(replayed)))
    assert document["closes"] is True
    assert document["invoices"] == {
        "read": 11,
        "placed": 5,
        "not_placed": {
            "stock_lost": {"invoices": 1, "rows": 1, "amount": "0.00"},
            "stock_found": {"invoices": 1, "rows": 1, "amount": "0.00"},
            "given_away": {"invoices": 1, "rows": 1, "amount": "0.00"},
            "charge_of_nothing": {"invoices": 1, "rows": 1, "amount": "0.00"},
        },
        "left_for_returns": {
            "cancellation": {"invoices": 1, "rows": 1, "amount": "-2.55"},
            "bad_debt": {"invoices": 1, "rows": 1, "amount": "-11062.06"},
        },
    }
    assert document["months"]["2011-03"] == {
        "orders": 2,
        "read": "19.991",
        "placed": "19.99",
        "rounding": "0.001",
        "not_placed": "0.00",
        "left_for_returns": "0.00",
        "difference": "0.00",
    }
    assert document["amounts"]["read"] == str(recount(file).total)
    assert document["orders"] == {
        "count": 5, "lines": 9, "units": 81027, "goods": "85253.12", "shipping": "18.00",
    }  # fmt: skip
    assert document["rows"]["rounded"] == 1
    assert document["found"]["invoices_with_two_times"] == 1
    assert document["found"]["countries_without_a_code"] == {"Channel Islands": {"invoices": 1, "stand_in": "JE"}}


async def test_an_order_is_what_its_invoice_says_at_its_own_time(database: Database, tmp_path: Path, slug: str):
    replayed = await sold(database, written(tmp_path / "day.csv.gz", A_DAY), slug)

    orders = await rows_of(
        database,
        replayed,
        "SELECT reference, placed_at::text, state, payment_state, subtotal, shipping, total, paid, source"
        " FROM orders WHERE store_id = :store ORDER BY reference",
    )
    lines = await rows_of(
        database,
        replayed,
        "SELECT position, sku, quantity, amount, override_reason FROM order_lines JOIN orders"
        " ON orders.store_id = :store AND orders.id = order_id"
        " WHERE order_lines.store_id = :store AND reference = '536365' ORDER BY position",
    )
    contacts = await rows_of(
        database,
        replayed,
        "SELECT reference, contact.email, country, region, customer.name FROM orders"
        " JOIN order_contacts contact ON contact.store_id = :store AND contact.id = contact_id"
        " LEFT JOIN customers customer ON customer.store_id = :store AND customer.id = customer_id"
        " WHERE orders.store_id = :store ORDER BY reference",
    )

    paid = ("confirmed", "paid")
    assert orders == [
        ("536365", "2010-12-01 08:26:00+00", *paid, 3984, 1800, 5784, 5784, "online-retail"),
        ("536366", "2010-12-01 08:26:00+00", *paid, 8426870, 0, 8426870, 8426870, "online-retail"),
        # Summer time began on 27 March: a minute before midnight in London is still March, and 22:59 in UTC.
        ("536373", "2011-03-31 22:59:00+00", *paid, 0, 0, 0, 0, "online-retail"),
        ("536374", "2011-03-31 09:00:00+00", *paid, 1999, 0, 1999, 1999, "online-retail"),
        ("536375", "2011-03-31 23:01:00+00", *paid, 92459, 0, 92459, 92459, "online-retail"),
    ]
    assert lines == [
        (1, "85123A", 6, 1530, "2.55 each in the file"),
        (2, "71053", 6, 2034, "3.39 each in the file"),
        (3, "85123A", 2, 420, "2.10 each in the file"),
    ]
    assert contacts == [
        ("536365", "customer-17850@online-retail.example", "GB", "", "Customer 17850"),
        ("536366", "customer-16446@online-retail.example", "GB", "", "Customer 16446"),
        ("536373", "customer-13952@online-retail.example", "GB", "", "Customer 13952"),
        ("536374", "unknown@online-retail.example", "JE", "Channel Islands", None),
        ("536375", "unknown@online-retail.example", "IE", "", None),
    ]


async def test_stock_ends_at_received_less_sold_and_corrected(database: Database, tmp_path: Path, slug: str):
    replayed = await sold(database, written(tmp_path / "day.csv.gz", A_DAY), slug)

    levels = await rows_of(
        database,
        replayed,
        "SELECT sku, on_hand, committed, short FROM stock_levels level JOIN variants"
        " ON variants.store_id = :store AND variants.id = variant_id WHERE level.store_id = :store ORDER BY sku",
    )
    movements = await rows_of(
        database,
        replayed,
        "SELECT kind, on_hand, reason FROM stock_movements WHERE store_id = :store AND kind = 'adjust' ORDER BY id",
    )

    # Of the lantern 16 are sold, 3 lost and 2 given away, so 21 came; the 5 hand warmers that were found remain.
    assert levels == [("22633", 81004, 80999, 0), ("71053", 16, 16, 0), ("85123A", 8, 8, 0)]
    assert sorted(movements) == [
        ("adjust", -3, "lost, invoice 536368: damaged"),
        ("adjust", -2, "given away, invoice 536370: WHITE HANGING HEART T-LIGHT HOLDER"),
        ("adjust", 5, "found, invoice 536369: found"),
    ]


async def test_a_second_run_sells_nothing_and_closes_again(database: Database, tmp_path: Path, slug: str):
    file = written(tmp_path / "day.csv.gz", A_DAY)
    count = (
        "SELECT (SELECT count(*) FROM orders WHERE store_id = :store), (SELECT count(*) FROM stock_movements WHERE"
        " store_id = :store), (SELECT count(*) FROM carts WHERE store_id = :store), (SELECT count(*) FROM customers"
        " WHERE store_id = :store), (SELECT count(*) FROM products WHERE store_id = :store)"
    )
    first = await sold(database, file, slug)
    before = await rows_of(database, first, count)

    second = await sold(database, file, slug)

    assert (second.sold.placed, second.sold.placed_before) == (0, 5)
    assert await rows_of(database, second, count) == before


async def test_a_limit_can_be_raised_and_lowered_again(database: Database, tmp_path: Path, slug: str):
    file = written(tmp_path / "day.csv.gz", A_DAY)

    two = await sold(database, file, slug, limit=2)
    whole = await sold(database, file, slug)
    three = await sold(database, file, slug, limit=3)

    assert [run.sold.placed for run in (two, whole, three)] == [2, 3, 0]
    assert [run.reconciliation.whole.invoices_placed for run in (two, whole, three)] == [2, 5, 2]
    assert two.reconciliation.whole.read == Decimal("84326.54")
    assert three.reconciliation.whole.read == Decimal("84323.99")


async def test_books_that_differ_from_the_file_do_not_close(database: Database, tmp_path: Path, slug: str):
    file = written(tmp_path / "day.csv.gz", A_DAY)
    replayed = await sold(database, file, slug)
    other = written(
        tmp_path / "other.csv.gz",
        [row("536365", price="2.56") if n == 0 else cells for n, cells in enumerate(A_DAY)] + [row("536399")],
    )
    counted = count_rows(other)
    survey = survey_of(read_invoices(other, counted))
    books = await read_books(database, replayed.shop.id, counted.keys())

    result = reconcile(survey, recount(other), books, {})

    assert not result.closes
    assert result.mistakes == [
        "2010-12: 0.06 pounds are unexplained.",
        "Invoice 536365 was booked with other lines' sum, subtotal, total, payment.",
        "Invoice 536399 is an order and stands in no book.",
    ]
    assert result.not_placed["missing"].amount == Decimal("15.3")


async def test_a_bad_row_at_the_end_sells_nothing(database: Database, tmp_path: Path, slug: str):
    file = written(tmp_path / "day.csv.gz", [*A_DAY, row("536400", quantity="many")])

    with pytest.raises(Exception, match=r"Line 18 of .* cannot be meant"):
        await replay(database, file, secret_key=SECRET_KEY, slug=slug)

    async with database.platform() as tx:
        assert (await tx.execute(text("SELECT count(*) FROM stores WHERE slug = :slug"), {"slug": slug})).scalar() == 0


async def test_a_file_without_invoices_is_refused(database: Database, tmp_path: Path, slug: str):
    with refused(NothingToSell):
        await replay(database, written(tmp_path / "none.csv", []), secret_key=SECRET_KEY, slug=slug)


async def test_a_store_that_keeps_other_money_is_left_alone(database: Database, tmp_path: Path):
    store = await open_a_store(database, currency="EUR")

    with refused(AnotherShop):
        await replay(database, written(tmp_path / "a.csv", A_DAY), secret_key=SECRET_KEY, slug=store.slug)


@pytest.mark.skipif(not REAL_FILE.exists(), reason=f"1 test: {REAL_FILE} is not here; set STOA_REPLAY_FILE")
async def test_the_first_300_invoices_of_the_real_file_close(database: Database, slug: str):
    replayed = await sold(database, REAL_FILE, slug, limit=300)

    result = replayed.reconciliation
    assert (result.invoices_read, result.whole.invoices_placed) == (300, 259)
    assert result.whole.difference == 0

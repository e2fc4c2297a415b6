"""A file is read as it is, or refused in one sentence that says where and why."""

import gzip
from pathlib import Path

import pytest

from stoa.kernel.refusals import Refusal
from stoa.transfers.online_retail.errors import BadRow, FileMissing, NotTheFile
from stoa.transfers.online_retail.grouping import count_rows, read_invoices
from stoa.transfers.online_retail.invoices import judge
from stoa.transfers.online_retail.reading import COLUMNS, read_rows
from stoa.transfers.online_retail.recount import recount
from tests.promises import refused
from tests.transfers.files import A_DAY, Cells, row, written


def test_rows_are_read_alike_from_gzip_and_from_plain_text_in_any_order_of_columns(tmp_path: Path):
    zipped = written(tmp_path / "a.csv.gz", A_DAY)
    plain = written(tmp_path / "a.csv", A_DAY)
    turned = written(tmp_path / "b.csv", [cells[::-1] for cells in A_DAY], COLUMNS[::-1])

    rows = list(read_rows(zipped))

    assert rows == list(read_rows(plain)) == list(read_rows(turned))
    assert len(rows) == 16
    assert rows[0][:5] == (2, "536365", "85123A", "WHITE HANGING HEART T-LIGHT HOLDER", 6)


def test_an_invoice_whose_rows_stand_apart_is_one_and_its_first_time_counts(tmp_path: Path):
    file = written(tmp_path / "a.csv.gz", A_DAY)

    invoices = {invoice.number: invoice for invoice in read_invoices(file, count_rows(file))}

    assert len(invoices) == 11
    assert [row.code for row in invoices["536366"].rows] == ["22633", "71053"]
    assert f"{invoices['536366'].at}" == "2010-12-01 08:26:00"


def test_a_limit_is_of_the_first_invoices_of_any_kind_and_of_all_their_rows(tmp_path: Path):
    file = written(tmp_path / "a.csv.gz", A_DAY)

    some = list(read_invoices(file, count_rows(file, 3)))

    assert sorted(invoice.number for invoice in some) == ["536365", "536366", "C536367"]
    assert sum(len(invoice.rows) for invoice in some) == recount(file, 3).rows == 7


def test_every_row_is_of_the_kind_that_the_rules_say(tmp_path: Path):
    file = written(tmp_path / "a.csv.gz", A_DAY)

    kinds = {one.number: (one.kind, [*map(str, one.kinds)]) for one in read_invoices(file, count_rows(file))}

    assert kinds == {
        "536365": ("order", ["goods", "goods", "goods", "shipping"]),
        "536366": ("order", ["goods", "goods"]),
        "C536367": ("cancellation", ["cancellation"]),
        "536368": ("stock_lost", ["stock_lost"]),
        "536369": ("stock_found", ["stock_found"]),
        "536370": ("given_away", ["given_away"]),
        "536371": ("charge_of_nothing", ["charge_of_nothing"]),
        "A536372": ("bad_debt", ["bad_debt"]),
        "536373": ("order", ["charge"]),
        "536374": ("order", ["shipping_alone"]),
        "536375": ("order", ["charge", "free_goods"]),
    }


def test_a_credit_on_a_sale_invoice_is_left_for_returns_and_the_rest_is_sold(tmp_path: Path):
    file = written(
        tmp_path / "a.csv", [row("1"), row("1", quantity=-2), row("1", price="-3.00"), row("2", quantity=-1)]
    )

    first, second = (judge(number, [r for r in read_rows(file) if r.invoice == number]) for number in ("1", "2"))

    assert (first.kind, [*map(str, first.kinds)]) == ("order", ["goods", "credit", "credit"])
    assert second.kind == "credit"


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (row("5363x5"), "InvoiceNo is “5363x5”"),
        (row(""), "InvoiceNo is “”"),
        (row("536366", code=" "), "StockCode"),
        (row("536366", quantity="six"), "Quantity is “six”"),
        (row("536366", quantity="0"), "Quantity is “0”"),
        (row("536366", quantity="1000001"), "Quantity is “1000001”"),
        (row("536366", quantity="1.5"), "Quantity is “1.5”"),
        (row("536366", price="NaN"), "UnitPrice is “NaN”"),
        (row("536366", price="1e9"), "UnitPrice is “1e9”"),
        (row("536366", price=""), "UnitPrice is “”"),
        (row("536366", at="01/12/2010"), "InvoiceDate is “01/12/2010”"),
        (row("536366", customer="Ann"), "CustomerID is “Ann”"),
        (row("536366", description="a\x00b"), "cannot be shown"),
        (row("536366")[:7], "it has 7 cells"),
    ],
)
def test_a_row_that_cannot_be_meant_is_refused_with_its_line(tmp_path: Path, bad: Cells, says: str):
    file = written(tmp_path / "a.csv.gz", [row("536365"), bad, row("536367")])

    with refused(BadRow) as refusal:
        list(read_rows(file))

    assert refusal.value.line == 3
    assert says in refusal.value.sentence


def _refusal_of(path: Path) -> Refusal:
    with pytest.raises(Refusal) as caught:
        list(read_rows(path))
    return caught.value


def test_what_is_no_such_file_is_refused_in_words(tmp_path: Path):
    lacking = written(tmp_path / "lacking.csv.gz", [], COLUMNS[:5])
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(written(tmp_path / "whole.csv.gz", A_DAY).read_bytes()[:-20])
    noise = tmp_path / "noise.csv"
    noise.write_bytes(b"\x00\xff\xfe" * 100)
    quoted = tmp_path / "quoted.csv"
    quoted.write_text(",".join(COLUMNS) + '\n"a" b,c\n')
    half = tmp_path / "half.csv.gz"
    half.write_bytes(gzip.compress(b"x")[:5])
    empty = tmp_path / "empty.csv"
    empty.write_text("")

    assert isinstance(_refusal_of(tmp_path / "nowhere.csv.gz"), FileMissing)
    assert isinstance(_refusal_of(tmp_path), FileMissing)
    for path in (lacking, cut, noise, quoted, half, empty):
        refusal = _refusal_of(path)
        assert isinstance(refusal, NotTheFile), path
        assert str(path) in refusal.sentence
    assert "UnitPrice, CustomerID, Country" in _refusal_of(lacking).sentence

"""Small files of invoice lines, written as the real one is."""

import csv
import gzip
import io
import os
from collections.abc import Sequence
from pathlib import Path

from stoa.cli.installation import ROOT
from stoa.transfers.online_retail.reading import COLUMNS

# InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country
Cells = tuple[str, str, str, str, str, str, str, str]

REAL_FILE = Path(os.environ.get("STOA_REPLAY_FILE") or ROOT / "../shared/data/online-retail.csv.gz")


def row(
    invoice: str,
    code: str = "85123A",
    quantity: int | str = 6,
    price: str = "2.55",
    *,
    at: str = "2010-12-01 08:26:00",
    customer: str = "17850",
    country: str = "United Kingdom",
    description: str = "WHITE HANGING HEART T-LIGHT HOLDER",
) -> Cells:
    """One line of an invoice; what is not said is as in the file's first."""
    return (invoice, code, description, str(quantity), at, price, customer, country)


def written(path: Path, rows: Sequence[Sequence[str]], columns: Sequence[str] = COLUMNS) -> Path:
    """The rows as a file: gzipped where its name says so."""
    text = io.StringIO()
    csv.writer(text).writerows([columns, *rows])
    plain = text.getvalue().encode()
    path.write_bytes(gzip.compress(plain) if path.suffix == ".gz" else plain)
    return path


# A day in the shop: every kind of row and of invoice once, a code that repeats, an invoice whose rows stand apart and
# have two times, and a price of a tenth of a penny.
A_DAY = [
    row("536365"),
    row("536365", "71053", 6, "3.39", description="WHITE METAL LANTERN"),
    row("536365", quantity=2, price="2.10"),
    row("536365", "POST", 1, "18.00", description="POSTAGE"),
    row("536366", "22633", 80995, "1.04", customer="16446", description="HAND WARMER"),
    row("C536367", quantity=-1, at="2010-12-01 09:00:00"),
    row("536368", "71053", -3, "0.0", customer="", description="damaged"),
    row("536369", "22633", 5, "0.0", customer="", description="found"),
    row("536370", "71053", 2, "0.0", customer="12647", country="Germany"),
    row("536371", "M", 1, "0.0", customer="", description="Manual"),
    row("A536372", "B", 1, "-11062.06", customer="", description="Adjust bad debt"),
    row("536373", "PADS", 1, "0.001", customer="13952", at="2011-03-31 23:59:00", description="PADS"),
    row("536374", "C2", 2, "9.995", customer="", country="Channel Islands", at="2011-03-31 10:00:00"),
    row("536375", "M", 1, "924.59", customer="", country="EIRE", at="2011-04-01 00:01:00", description="Manual"),
    row("536375", "22633", 4, "0.0", customer="", country="EIRE", at="2011-04-01 00:01:00"),
    row("536366", "71053", 10, "3.39", customer="16446", at="2010-12-01 08:27:00", description="WHITE METAL LANTERN"),
]

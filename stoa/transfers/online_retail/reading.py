"""The file, row by row: opened, checked, and never held in memory whole.

Each row becomes a `Row` of plain values; what a row means for a shop is decided in `invoices.py`.
"""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import IO, NamedTuple

from stoa.carts.models import LARGEST_QUANTITY
from stoa.kernel.text import TextUnprintable, clean
from stoa.transfers.online_retail.errors import BadRow, FileMissing, NotTheFile

COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")

_NUMBER = re.compile(r"[CA]?[0-9]{1,20}")
_PRICE = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,6})?")
_CUSTOMER = re.compile(r"[0-9]{0,20}")
_WHOLE = re.compile(r"-?[0-9]{1,12}")
_GZIP = b"\x1f\x8b"
_LONGEST_TEXT = 200


class Row(NamedTuple):
    """One line of one invoice. `at` is local time in the UK, `price` pounds a unit, `customer` empty where unknown."""

    line: int
    invoice: str
    code: str
    description: str
    quantity: int
    at: datetime
    price: Decimal
    customer: str
    country: str


def read_rows(path: Path) -> Iterator[Row]:
    """The rows in the file's order.

    Raises FileMissing, NotTheFile, BadRow (which names the line).
    """
    with open_text(path) as text:
        reader = csv.reader(text, strict=True)
        header = next(reader, [])
        missing = [name for name in COLUMNS if name not in header]
        if missing:
            raise NotTheFile(path=str(path), reason=f"the column {', '.join(missing)} is missing in its first line")
        places = [header.index(name) for name in COLUMNS]
        in_order = places == list(range(len(header)))
        for cells in reader:
            if len(cells) != len(header):
                reason = f"it has {len(cells)} cells, and the first line names {len(header)} columns"
                raise BadRow(path=str(path), line=reader.line_num, reason=reason)
            try:
                yield _row(reader.line_num, cells if in_order else [cells[place] for place in places])
            except ValueError as error:
                raise BadRow(path=str(path), line=reader.line_num, reason=str(error)) from error


def refuse_other_files(path: Path) -> None:
    """Look at the beginning of the file, before anything is made for it.

    Raises FileMissing, NotTheFile, BadRow.
    """
    next(iter(read_rows(path)), None)


@contextmanager
def open_text(path: Path) -> Iterator[IO[str]]:
    """The file's text, gunzipped where it is gzip. What goes wrong while it is read is refused in words.

    Raises FileMissing, NotTheFile.
    """
    try:
        with path.open("rb") as raw:
            zipped = raw.peek(2)[:2] == _GZIP
            plain: IO[bytes] = gzip.GzipFile(fileobj=raw) if zipped else raw  # type: ignore[assignment]
            with io.TextIOWrapper(plain, encoding="utf-8-sig", newline="") as text:
                yield text
    except UnicodeDecodeError:
        raise NotTheFile(path=str(path), reason="it holds bytes that are not UTF-8 text") from None
    except csv.Error as error:
        raise NotTheFile(path=str(path), reason=str(error)) from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise NotTheFile(path=str(path), reason=f"its gzip is damaged ({error})") from None
    except OSError as error:
        raise FileMissing(path=str(path), reason=(error.strerror or str(error)).lower()) from None


def _row(line: int, cells: list[str]) -> Row:
    """The row of these cells. Raises ValueError with the reason in words."""
    invoice, code, description, quantity, at, price, customer, country = cells
    if not _NUMBER.fullmatch(invoice):
        raise ValueError(f"InvoiceNo is “{invoice[:40]}”, and digits are meant, after a C or an A perhaps")
    if not 0 < len(code.strip()) <= 64:
        raise ValueError("StockCode has to have 1 to 64 characters")
    if not _CUSTOMER.fullmatch(customer):
        raise ValueError(f"CustomerID is “{customer[:40]}”, and digits or nothing are meant")
    if len(description) > _LONGEST_TEXT or len(country) > _LONGEST_TEXT:
        raise ValueError(f"Description and Country may have {_LONGEST_TEXT} characters")
    if not description.isprintable() or not code.isprintable():
        _refuse_unprintable(description, code)
    return Row(
        line, invoice, code.strip(), description.strip(), _quantity(quantity), _instant(at), _price(price), customer,
        country.strip(),
    )  # fmt: skip


def _refuse_unprintable(*texts: str) -> None:
    for text in texts:
        try:
            clean("it", text, _LONGEST_TEXT)
        except TextUnprintable as refusal:
            raise ValueError(refusal.sentence.rstrip(".")) from refusal


@lru_cache(maxsize=4096)
def _quantity(text: str) -> int:
    quantity = int(text) if _WHOLE.fullmatch(text) else 0
    if not 1 <= abs(quantity) <= LARGEST_QUANTITY:
        raise ValueError(f"Quantity is “{text[:40]}”, and 1 to {LARGEST_QUANTITY} units, or as many back, are meant")
    return quantity


@lru_cache(maxsize=4096)
def _price(text: str) -> Decimal:
    if not _PRICE.fullmatch(text):
        raise ValueError(f"UnitPrice is “{text[:40]}”, and pounds such as 2.55 are meant")
    return Decimal(text)


@lru_cache(maxsize=64)
def _instant(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - local time, its zone is the store's
    except ValueError:
        raise ValueError(f"InvoiceDate is “{text[:40]}”, and a time such as 2010-12-01 08:26:00 is meant") from None

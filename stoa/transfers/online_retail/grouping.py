"""Rows put together to invoices while the file streams by.

The rows of an invoice need not stand together, so the file is counted first: an invoice is complete when as many rows
have come as it has.
"""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from stoa.transfers.online_retail.invoices import Invoice, judge
from stoa.transfers.online_retail.reading import Row, open_text, read_rows


def count_rows(path: Path, limit: int | None = None) -> dict[str, int]:
    """How many rows each invoice has, in the order in which invoices begin; of the first `limit` invoices.

    Raises FileMissing, NotTheFile. Rows are not checked here.
    """
    counted: Counter[str] = Counter()
    with open_text(path) as text:
        reader = csv.reader(text, strict=True)
        header = next(reader, [])
        place = header.index("InvoiceNo") if "InvoiceNo" in header else 0
        counted.update(cells[place] for cells in reader if len(cells) > place)
    return dict(list(counted.items())[:limit])


def read_invoices(path: Path, counted: Mapping[str, int]) -> Iterator[Invoice]:
    """The counted invoices, each as soon as it is complete. All rows of the file are checked, wanted or not.

    Raises FileMissing, NotTheFile, BadRow.
    """
    begun: dict[str, list[Row]] = {}
    for row in read_rows(path):
        wanted = counted.get(row.invoice)
        if wanted is None:
            continue
        rows = begun.setdefault(row.invoice, [])
        rows.append(row)
        if len(rows) == wanted:
            yield judge(row.invoice, begun.pop(row.invoice))
    assert not begun, "the file was counted before, and has changed since"

"""The file added up a second time, on a path of its own: no row checked, no kind known, only invoices and sums.

What the reconciliation closes against must not share its mistakes, so nothing is imported from beside it but the way
to open the file.
"""

import csv
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from stoa.transfers.online_retail.reading import open_text


@dataclass
class Recount:
    """Amounts in pounds, exactly as the file has them. A month is that of an invoice's first row."""

    rows: int = 0
    total: Decimal = Decimal(0)
    months: dict[str, Decimal] = field(default_factory=dict)
    letters: dict[str, Decimal] = field(default_factory=dict)
    month_of: dict[str, str] = field(default_factory=dict)

    @property
    def invoices(self) -> int:
        """How many invoices there are."""
        return len(self.month_of)


def recount(path: Path, limit: int | None = None) -> Recount:
    """Add up the first `limit` invoices, or all. `letters` are sums by the letter an invoice begins with, if any."""
    sums = Recount()
    with open_text(path) as text:
        reader = csv.reader(text)
        header = next(reader)
        number, quantity, date, price = map(header.index, ("InvoiceNo", "Quantity", "InvoiceDate", "UnitPrice"))
        for cells in reader:
            invoice = cells[number]
            if invoice not in sums.month_of:
                if limit is not None and len(sums.month_of) >= limit:
                    continue
                sums.month_of[invoice] = cells[date][:7]
            amount = Decimal(cells[quantity]) * Decimal(cells[price])
            month, letter = sums.month_of[invoice], invoice[0] if invoice[0].isalpha() else ""
            sums.rows += 1
            sums.total += amount
            sums.months[month] = sums.months.get(month, Decimal(0)) + amount
            sums.letters[letter] = sums.letters.get(letter, Decimal(0)) + amount
    return sums

"""What the rows of an invoice mean for a shop: each row is of one kind, and so is each invoice. Pure.

The rules, of which the first that fits counts:

- An invoice whose number begins with C is a cancellation, with A a bad debt: left for returns.
- On any other, a row with a quantity and a price above zero is sold. An invoice with none of those is not an order;
  what its rows at price zero tell is about stock: units lost (below zero), found (above, no customer), or given away
  (above, to a customer).
- POST, DOT and C2 are the order's shipping; on an invoice with nothing else to sell, what is sold is the shipping.
- The codes in `CHARGES` are sold as services: nothing is sent and no stock is counted.
- Rows at price zero on an order are its free goods: sold, for nothing.
- A row whose amount is below zero on a sale invoice is a credit: left for returns.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from stoa.transfers.online_retail.reading import Row

SHIPPING = {"POST": "Postage", "DOT": "Dotcom postage", "C2": "Carriage"}

CHARGES = {
    "M": "Manual charge",
    "m": "Manual charge (entered as m)",
    "D": "Discount",
    "S": "Samples",
    "B": "Bad debt",
    "PADS": "Pads to match all cushions",
    "BANK CHARGES": "Bank charges",
    "AMAZONFEE": "Amazon fee",
    "CRUK": "CRUK commission",
    "gift_0001_10": "Gift voucher of £10",
    "gift_0001_20": "Gift voucher of £20",
    "gift_0001_30": "Gift voucher of £30",
    "gift_0001_40": "Gift voucher of £40",
    "gift_0001_50": "Gift voucher of £50",
}

SERVICES: Mapping[str, str] = SHIPPING | CHARGES


class RowKind(StrEnum):
    """What one row is."""

    GOODS = "goods"
    FREE_GOODS = "free_goods"
    CHARGE = "charge"
    SHIPPING = "shipping"
    SHIPPING_ALONE = "shipping_alone"
    STOCK_LOST = "stock_lost"
    STOCK_FOUND = "stock_found"
    GIVEN_AWAY = "given_away"
    NOTHING = "charge_of_nothing"
    CREDIT = "credit"
    CANCELLATION = "cancellation"
    BAD_DEBT = "bad_debt"


# What an invoice is as a whole, where something is sold on it.
ORDER = "order"

SOLD_AS_LINES = frozenset({RowKind.GOODS, RowKind.FREE_GOODS, RowKind.CHARGE, RowKind.SHIPPING_ALONE})
FOR_RETURNS = frozenset({RowKind.CREDIT, RowKind.CANCELLATION, RowKind.BAD_DEBT})

# By how much a row that is no sale changes what is on hand, in units of its own quantity.
STOCK_SIGN = {RowKind.STOCK_LOST: 1, RowKind.STOCK_FOUND: 1, RowKind.GIVEN_AWAY: -1}


@dataclass(frozen=True, slots=True)
class Invoice:
    """The rows of one invoice in the file's order, and what each is. Two times happen: the first counts."""

    number: str
    rows: Sequence[Row]
    kinds: Sequence[RowKind]

    @property
    def at(self) -> datetime:
        """When, in the UK's local time."""
        return self.rows[0].at

    @property
    def month(self) -> str:
        """The month in the store's time zone, such as 2010-12."""
        return f"{self.at:%Y-%m}"

    @property
    def is_order(self) -> bool:
        """Whether something is sold."""
        return any(kind in SOLD_AS_LINES for kind in self.kinds)

    @property
    def kind(self) -> str:
        """What the invoice as a whole is: `ORDER`, or the kind of what it holds instead."""
        if self.is_order:
            return ORDER
        return next(kind for kind in _IN_ORDER if kind in self.kinds)


_IN_ORDER = (
    RowKind.CANCELLATION,
    RowKind.BAD_DEBT,
    RowKind.CREDIT,
    RowKind.STOCK_LOST,
    RowKind.STOCK_FOUND,
    RowKind.GIVEN_AWAY,
    RowKind.NOTHING,
)


def judge(number: str, rows: Sequence[Row]) -> Invoice:
    """Say of every row what it is."""
    if number[0] == "C":
        return Invoice(number, rows, [RowKind.CANCELLATION] * len(rows))
    if number[0] == "A":
        return Invoice(number, rows, [RowKind.BAD_DEBT] * len(rows))
    is_order = any(row.quantity > 0 and row.price > 0 for row in rows)
    kinds = [_sold(row) if is_order else _not_sold(row) for row in rows]
    if is_order and not any(kind in SOLD_AS_LINES for kind in kinds):
        kinds = [RowKind.SHIPPING_ALONE if kind == RowKind.SHIPPING else kind for kind in kinds]
    return Invoice(number, rows, kinds)


def _sold(row: Row) -> RowKind:
    """A row of an invoice on which something is sold."""
    if row.quantity < 0 or row.price < 0:
        return _not_sold(row)
    if row.code in SHIPPING:
        return RowKind.SHIPPING
    if row.code in CHARGES:
        return RowKind.CHARGE
    return RowKind.GOODS if row.price else RowKind.FREE_GOODS


def _not_sold(row: Row) -> RowKind:
    if row.price:
        return RowKind.CREDIT
    if row.code in SERVICES:
        return RowKind.NOTHING
    if row.quantity < 0:
        return RowKind.STOCK_LOST
    return RowKind.GIVEN_AWAY if row.customer else RowKind.STOCK_FOUND


def exact(row: Row) -> Decimal:
    """What the file asks for the row, in pounds."""
    return row.quantity * row.price


def pence(row: Row) -> int:
    """What the order asks for it: pence, rounded half away from zero."""
    return int((exact(row) * 100).quantize(_ONE, ROUND_HALF_UP))


_ONE = Decimal(1)

"""The first look through the whole file: what a shop needs before it can sell it, and what there is to be sold."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from stoa.transfers.online_retail.countries import has_stand_in
from stoa.transfers.online_retail.invoices import (
    FOR_RETURNS,
    ORDER,
    SERVICES,
    SOLD_AS_LINES,
    STOCK_SIGN,
    Invoice,
    RowKind,
    exact,
    pence,
)
from stoa.transfers.online_retail.reading import Row

K = TypeVar("K")


@dataclass
class Article:
    """What the file says under one stock code."""

    code: str
    descriptions: Counter[str] = field(default_factory=Counter)
    remarks: Counter[str] = field(default_factory=Counter)
    prices: Counter[Decimal] = field(default_factory=Counter)
    units_sold: int = 0
    units_taken: int = 0  # lost or given away
    units_found: int = 0

    @property
    def is_service(self) -> bool:
        """Whether it is a charge: nothing is sent and no stock is counted."""
        return self.code in SERVICES

    @property
    def title(self) -> str:
        """What it is called most often where it is sold; else where it is not, and else its code."""
        if self.is_service:
            return SERVICES[self.code]
        named = self.descriptions or self.remarks
        return named.most_common(1)[0][0] if named else f"Article {self.code}"

    @property
    def list_price(self) -> int:
        """The price it was sold at most often, in pence; 0 where it never was."""
        return round(self.prices.most_common(1)[0][0] * 100) if self.prices else 0

    @property
    def units_needed(self) -> int:
        """All that ever leaves the shelf: with so many received at the start, nothing can be oversold."""
        return self.units_sold + self.units_taken


@dataclass(frozen=True, slots=True)
class StockNote:
    """A row that is no sale and changes what is on hand."""

    invoice: str
    place: int
    code: str
    at: datetime
    by: int
    kind: RowKind
    remark: str


@dataclass
class Figures:
    """Counts over some invoices or rows, and their amount as the file has it, in pounds."""

    invoices: int = 0
    rows: int = 0
    amount: Decimal = Decimal(0)


@dataclass(slots=True)
class Expected:
    """What the order of one invoice must come to, in pence."""

    month: str
    lines: int
    units: int
    goods: int
    shipping: int


@dataclass
class Survey:
    """All that was learned. Keys of figures: what an invoice or row is, and the month in the store's time zone."""

    articles: dict[str, Article] = field(default_factory=dict)
    customers: dict[str, datetime] = field(default_factory=dict)
    notes: list[StockNote] = field(default_factory=list)
    orders: dict[str, Expected] = field(default_factory=dict)
    by_invoice: dict[tuple[str, str], Figures] = field(default_factory=dict)
    by_row: dict[str, Figures] = field(default_factory=dict)
    charges: dict[str, Figures] = field(default_factory=dict)
    stand_ins: Counter[str] = field(default_factory=Counter)
    first_at: datetime | None = None
    rounding: dict[str, Decimal] = field(default_factory=dict)
    rounded_rows: int = 0
    two_times: int = 0
    largest_order: int = 0
    largest_quantity: int = 0


def survey_of(invoices: Iterable[Invoice]) -> Survey:
    """Look through invoices once."""
    survey = Survey()
    for invoice in invoices:
        whole, month = invoice.kind, invoice.month
        _note_invoice(survey, invoice, whole, month)
        for place, (row, kind) in enumerate(zip(invoice.rows, invoice.kinds, strict=True)):
            _note_article(survey, row, kind)
            _note_money(survey, (whole, month), survey.orders.get(invoice.number), row, kind)
            if kind in STOCK_SIGN:
                by = row.quantity * STOCK_SIGN[kind]
                note = StockNote(invoice.number, place, row.code, invoice.at, by, kind, row.description)
                survey.notes.append(note)
    return survey


def _note_invoice(survey: Survey, invoice: Invoice, whole: str, month: str) -> None:
    first = invoice.rows[0]
    survey.first_at = min(survey.first_at or invoice.at, invoice.at)
    survey.by_invoice.setdefault((whole, month), Figures()).invoices += 1
    survey.two_times += any(row.at != invoice.at for row in invoice.rows)
    if first.customer:
        since = survey.customers.get(first.customer, invoice.at)
        survey.customers[first.customer] = min(since, invoice.at)
    if has_stand_in(first.country):
        survey.stand_ins[first.country] += 1
    if whole == ORDER:
        lines = sum(kind in SOLD_AS_LINES for kind in invoice.kinds)
        survey.orders[invoice.number] = Expected(month, lines, 0, 0, 0)
        survey.largest_order = max(survey.largest_order, len(invoice.rows))


def _note_article(survey: Survey, row: Row, kind: RowKind) -> None:
    article = survey.articles.get(row.code)
    if article is None:
        article = survey.articles[row.code] = Article(row.code)
    if kind in SOLD_AS_LINES:
        article.units_sold += row.quantity
        survey.largest_quantity = max(survey.largest_quantity, row.quantity)
        if row.description:
            article.descriptions[row.description] += 1
        if row.price:
            article.prices[row.price] += 1
        return
    if row.description:
        article.remarks[row.description] += 1
    by = row.quantity * STOCK_SIGN.get(kind, 0)
    article.units_taken += max(-by, 0)
    article.units_found += max(by, 0)


def _note_money(survey: Survey, of: tuple[str, str], expected: Expected | None, row: Row, kind: RowKind) -> None:
    """`of` is what the invoice is and its month; `expected` its order, if it is one."""
    amount = exact(row)
    asked = 0
    if kind in SOLD_AS_LINES or kind == RowKind.SHIPPING:
        asked = pence(row)
        if (difference := amount - Decimal(asked) / 100) != 0:
            survey.rounding[of[1]] = survey.rounding.get(of[1], Decimal(0)) + difference
            survey.rounded_rows += 1
        assert expected is not None, "what is sold is sold by an order"
        if kind == RowKind.SHIPPING:
            expected.shipping += asked
        else:
            expected.goods += asked
            expected.units += row.quantity
    # What is left for returns is an amount of its own even where the invoice became an order.
    _add(survey.by_invoice, (str(kind), of[1]) if kind in FOR_RETURNS else of, amount)
    _add(survey.by_row, kind, amount)
    if kind == RowKind.CHARGE:
        _add(survey.charges, row.code, amount)


def _add(totals: dict[K, Figures], key: K, amount: Decimal) -> None:
    figures = totals.get(key)
    if figures is None:
        figures = totals[key] = Figures()
    figures.rows += 1
    figures.amount += amount

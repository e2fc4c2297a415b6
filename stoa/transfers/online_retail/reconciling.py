"""The reconciliation: what the file holds against what stands in the books, to the penny, per month and in all.

For every month: read = placed + rounding + not placed + left for returns. `read` comes from the recount, `placed` from
the database, the rest from the survey: three paths that must meet. A mistake is a sentence; with none, it closes.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from stoa.kernel.refusals import Refusal
from stoa.transfers.online_retail.books import BookedOrder, Books
from stoa.transfers.online_retail.invoices import FOR_RETURNS, ORDER, RowKind
from stoa.transfers.online_retail.recount import Recount
from stoa.transfers.online_retail.survey import Expected, Survey

_MOST_SENTENCES = 20
_LETTERS = {"C": RowKind.CANCELLATION, "A": RowKind.BAD_DEBT}


@dataclass
class Balance:
    """One month, or all of them. Amounts in pounds."""

    invoices_placed: int = 0
    read: Decimal = Decimal(0)
    placed: Decimal = Decimal(0)
    rounding: Decimal = Decimal(0)
    not_placed: Decimal = Decimal(0)
    returns: Decimal = Decimal(0)

    @property
    def difference(self) -> Decimal:
        """What is unexplained: zero where it closes."""
        return self.read - self.placed - self.rounding - self.not_placed - self.returns


@dataclass(frozen=True)
class Part:
    """Some invoices that became no order, by reason."""

    invoices: int
    rows: int
    amount: Decimal


@dataclass
class Reconciliation:
    """Everything read, and where it went."""

    invoices_read: int
    rows_read: int
    months: dict[str, Balance]
    whole: Balance
    not_placed: dict[str, Part]
    returns: dict[str, Part]
    order_lines: int
    units: int
    goods: Decimal
    shipping: Decimal
    mistakes: list[str] = field(default_factory=list)

    @property
    def closes(self) -> bool:
        """Whether every penny is explained."""
        return not self.mistakes


def reconcile(survey: Survey, recount: Recount, books: Books, refused: Mapping[str, Refusal]) -> Reconciliation:
    """Lay the three side by side. `refused` says why orders that are not in the books were refused in this run."""
    unsold = {number: expected for number, expected in survey.orders.items() if number not in books.orders}
    months = _months(survey, recount, books, unsold)
    whole = Balance()
    for balance in months.values():
        for name in ("invoices_placed", "read", "placed", "rounding", "not_placed", "returns"):
            setattr(whole, name, getattr(whole, name) + getattr(balance, name))
    result = Reconciliation(
        invoices_read=recount.invoices,
        rows_read=recount.rows,
        months=months,
        whole=whole,
        not_placed=_parts(survey, returns=False) | _refusals(unsold, refused),
        returns=_parts(survey, returns=True),
        order_lines=sum(order.lines for order in books.orders.values()),
        units=sum(order.units for order in books.orders.values()),
        goods=_pounds(sum(order.goods for order in books.orders.values())),
        shipping=_pounds(sum(order.shipping for order in books.orders.values())),
    )
    result.mistakes = [
        *_unexplained(result, recount),
        *_misread(survey, recount),
        *_miswritten(survey, books),
        *(f"Invoice {number} is an order and stands in no book." for number in unsold if number not in refused),
    ]
    return result


def _months(survey: Survey, recount: Recount, books: Books, unsold: Mapping[str, Expected]) -> dict[str, Balance]:
    months = {month: Balance(read=amount) for month, amount in sorted(recount.months.items())}
    for order in books.orders.values():
        balance = months.setdefault(order.month, Balance())
        balance.invoices_placed += 1
        balance.placed += _pounds(order.total)
    for month, difference in survey.rounding.items():
        months.setdefault(month, Balance()).rounding += difference
    for (kind, month), figures in survey.by_invoice.items():
        balance = months.setdefault(month, Balance())
        if kind in FOR_RETURNS:
            balance.returns += figures.amount
        elif kind != ORDER:
            balance.not_placed += figures.amount
    for expected in unsold.values():
        months[expected.month].not_placed += _pounds(expected.goods + expected.shipping)
    return months


def _parts(survey: Survey, *, returns: bool) -> dict[str, Part]:
    parts: dict[str, Part] = {}
    for (kind, _), figures in survey.by_invoice.items():
        if kind != ORDER and (kind in FOR_RETURNS) == returns:
            before = parts.get(kind, Part(0, 0, Decimal(0)))
            parts[str(kind)] = Part(
                before.invoices + figures.invoices, before.rows + figures.rows, before.amount + figures.amount
            )
    return parts


def _refusals(unsold: Mapping[str, Expected], refused: Mapping[str, Refusal]) -> dict[str, Part]:
    parts: dict[str, Part] = {}
    for number, expected in unsold.items():
        reason = f"refused: {refused[number].code}" if number in refused else "missing"
        before = parts.get(reason, Part(0, 0, Decimal(0)))
        amount = before.amount + _pounds(expected.goods + expected.shipping)
        parts[reason] = Part(before.invoices + 1, before.rows + expected.lines, amount)
    return parts


def _unexplained(result: Reconciliation, recount: Recount) -> list[str]:
    """Amounts and invoices that went nowhere."""
    mistakes = [
        f"{month}: {balance.difference} pounds are unexplained."
        for month, balance in result.months.items()
        if balance.difference != 0
    ]
    if result.whole.read != recount.total:
        mistakes.append(f"The months sum to {result.whole.read}, and the file to {recount.total}.")
    named = sum(part.invoices for part in (result.not_placed | result.returns).values())
    if result.whole.invoices_placed + named != result.invoices_read:
        mistakes.append(
            f"{result.invoices_read} invoices were read, {result.whole.invoices_placed} placed and {named} named."
        )
    return mistakes


def _misread(survey: Survey, recount: Recount) -> list[str]:
    """Where the survey and the recount saw different things in the file."""
    mistakes = []
    for letter, kind in _LETTERS.items():
        seen = survey.by_row[kind].amount if kind in survey.by_row else Decimal(0)
        counted = recount.letters.get(letter, Decimal(0))
        if seen != counted:
            mistakes.append(f"Invoices beginning with {letter} sum to {counted}, and {seen} was left as {kind}.")
    seen_rows = sum(figures.rows for figures in survey.by_row.values())
    if seen_rows != recount.rows:
        mistakes.append(f"{recount.rows} rows are in the file, and {seen_rows} were given a kind.")
    return mistakes


def _miswritten(survey: Survey, books: Books) -> list[str]:
    """Where an order in the books is not what its invoice says."""
    mistakes = []
    for number, order in books.orders.items():
        expected = survey.orders.get(number)
        if expected is None:
            mistakes.append(f"Invoice {number} sells nothing and stands in the books.")
        elif (wrong := _wrong(order, expected)) and len(mistakes) < _MOST_SENTENCES:
            mistakes.append(f"Invoice {number} was booked with other {', '.join(wrong)}.")
    if books.orders.keys() == survey.orders.keys():
        sold = Counter({code: article.units_sold for code, article in survey.articles.items() if article.units_sold})
        booked = Counter(books.units)
        mistakes += [
            f"{sold[code]} units of {code} are in the file, {booked[code]} in the books."
            for code in sorted(sold.keys() | booked.keys())
            if sold[code] != booked[code]
        ][:_MOST_SENTENCES]
    if books.stock.wrong:
        mistakes.append(f"{books.stock.wrong} stock levels are not the sum of their movements.")
    return mistakes


def _wrong(order: BookedOrder, expected: Expected) -> Sequence[str]:
    pairs = {
        "month": (order.month, expected.month),
        "lines": (order.lines, expected.lines),
        "units": (order.units, expected.units),
        "lines' sum": (order.goods, expected.goods),
        "subtotal": (order.subtotal, expected.goods),
        "shipping": (order.shipping, expected.shipping),
        "total": (order.total, expected.goods + expected.shipping),
        "payment": (order.paid, expected.goods + expected.shipping),
    }
    return [name for name, (booked, wanted) in pairs.items() if booked != wanted]


def _pounds(pence: int) -> Decimal:
    return Decimal(pence) / 100

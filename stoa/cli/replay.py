"""`stoa replay FILE`: a year of real trade, sold through Stoa and reconciled with its file."""

import gc
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from stoa.cli.installation import Data, using_installation
from stoa.config import Config
from stoa.db.transaction import Database
from stoa.transfers.online_retail import Replayed, Stage, as_json, refuse_other_files, replay
from stoa.transfers.online_retail.reconciling import Balance
from stoa.transfers.online_retail.replaying import Told
from stoa.transfers.online_retail.report import pounds

app = typer.Typer(add_completion=False)

_STAGES: dict[Stage, str] = {
    "reading": "Reading the file",
    "readying": "Filling the shop",
    "selling": "Selling",
    "reconciling": "Reconciling",
}


@app.command(name="replay")
def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Online Retail's invoice lines: CSV, plain or gzipped.")],
    data: Data = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Sell the first N invoices of any kind.")] = None,
    as_document: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")] = False,
) -> None:
    """Sell every sale invoice of the file at its own date, and reconcile; exit status 1 where it does not close.

    Interrupted and started again, it goes on where it stopped and sells nothing twice.
    """
    # What is made here by the hundred thousand holds no circles: looking for them takes a third of the time.
    gc.set_threshold(200_000, 20, 20)
    refuse_other_files(file)
    with using_installation(data) as config:
        replayed = uvloop.run(_replay(config, file, limit))
    if as_document:
        print(json.dumps(as_json(replayed), indent=2))
    else:
        # Figures are not cut off, however narrow the terminal.
        console = Console()
        _print(replayed, Console(width=max(console.width, 110)))
    if not replayed.reconciliation.closes:
        sys.exit(1)


async def _replay(config: Config, file: Path, limit: int | None) -> Replayed:
    database = Database(config.server_url)
    try:
        with _progress() as told:
            return await replay(database, file, secret_key=config.secret_key, limit=limit, told=told)
    finally:
        await database.close()


class _Rate(ProgressColumn):
    """Invoices a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f} invoices/s" if task.speed and task.total else "", style="progress.data.speed")


@contextmanager
def _progress() -> Iterator[Told]:
    """A bar on the terminal's error stream, one line for each stage."""
    bar = Progress(
        TextColumn("{task.description:<16}"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        speed_estimate_period=10,
    )
    now: TaskID | None = None

    def told(stage: Stage | None, count: int) -> None:
        nonlocal now
        if stage is not None:
            if now is not None:
                bar.update(now, total=bar.tasks[now].total or 1, completed=bar.tasks[now].total or 1)
            now = bar.add_task(_STAGES[stage], total=count or None)
        elif now is not None:
            bar.advance(now, count)

    with bar:
        yield told
        if now is not None:
            bar.update(now, total=1, completed=1)


def _print(replayed: Replayed, console: Console) -> None:
    result = replayed.reconciliation
    console.print(_invoices(replayed))
    console.print(_months(replayed))
    stock = replayed.stock
    console.print(
        f"{replayed.sold.placed:,} orders placed in {replayed.selling_seconds:.1f} s,"
        f" {replayed.orders_per_second:,.0f} a second; {replayed.sold.placed_before:,} were placed before."
        f" {replayed.seconds:.1f} s in all."
    )
    console.print(
        f"Stock: {stock.received:,} units received, {stock.corrected:+,} by corrections, {stock.committed:,} sold,"
        f" {stock.free:,} left."
    )
    for sentence in result.mistakes:
        console.print(sentence, style="red")
    console.print("It closes." if result.closes else "It does not close.", style="bold")


def _invoices(replayed: Replayed) -> Table:
    result = replayed.reconciliation
    table = Table("", "Invoices", "Rows", "Pounds", title="What was read, and where it went", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    lines = result.order_lines
    shipping = replayed.survey.by_row.get("shipping")
    sent = shipping.rows if shipping else 0
    table.add_row("Read", f"{result.invoices_read:,}", f"{result.rows_read:,}", f"{result.whole.read:,}")
    table.add_row("Placed: order lines", f"{result.whole.invoices_placed:,}", f"{lines:,}", f"{result.goods:,.2f}")
    table.add_row("Placed: shipping", "", f"{sent:,}", f"{result.shipping:,.2f}")
    table.add_row("Rounded to the penny", "", f"{replayed.survey.rounded_rows:,}", pounds(result.whole.rounding))
    for title, parts in (("Not placed", result.not_placed), ("Left for returns", result.returns)):
        for reason, part in sorted(parts.items()):
            words = f"{title}: {reason.replace('_', ' ')}"
            table.add_row(words, f"{part.invoices:,}", f"{part.rows:,}", f"{part.amount:,.2f}")
    return table


def _months(replayed: Replayed) -> Table:
    result = replayed.reconciliation
    table = Table(
        "Month", "Orders", "Read", "Placed", "Rounding", "Not placed", "For returns", "Difference",
        title="By month, in pounds", title_justify="left",
    )  # fmt: skip
    for column in table.columns[1:]:
        column.justify = "right"
    for month, balance in result.months.items():
        table.add_row(month, *_cells(balance))
    table.add_section()
    table.add_row("In all", *_cells(result.whole), style="bold")
    return table


def _cells(balance: Balance) -> list[str]:
    return [
        f"{balance.invoices_placed:,}",
        f"{balance.read:,}",
        f"{balance.placed:,.2f}",
        pounds(balance.rounding),
        f"{balance.not_placed:,.2f}",
        f"{balance.returns:,.2f}",
        pounds(balance.difference),
    ]

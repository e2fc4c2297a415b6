"""`stoa bench table`: every figure that Stoa promises, by one command, each from several rounds with their spread."""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from stoa.cli.bench.buying import warm_up
from stoa.cli.bench.journeys import measure_journeys
from stoa.cli.bench.selling import measure_hot, measure_spread
from stoa.cli.bench.several import measure_several
from stoa.cli.bench.sheet import Plan, Sheet
from stoa.cli.bench.shop import Shop, new_shop
from stoa.cli.bench.showing import show
from stoa.cli.bench.stored import measure_stored
from stoa.cli.bench.waiting import measure_waiting

_console = Console(stderr=True)
_WIDTH = 140  # of a table that is written into a file


class Part(StrEnum):
    """What can be measured by itself."""

    SPREAD = "spread"
    HOT = "hot"
    IDLE = "idle"
    JOURNEYS = "journeys"
    WORKERS = "workers"
    STORED = "stored"


def table(
    seconds: Annotated[int, typer.Option(min=1, max=600, help="Seconds a round.")] = 60,
    rounds: Annotated[int, typer.Option(min=1, max=20, help="Rounds of each.")] = 3,
    connections: Annotated[int, typer.Option(min=1, max=512, help="Connections of the client.")] = 64,
    workers: Annotated[int, typer.Option(min=1, max=16, help="Server processes in the row for several.")] = 2,
    stored: Annotated[
        str, typer.Option(metavar="N,N", help="How many orders are in the store already, in the rows for that.")
    ] = "1000000,5000000",
    only: Annotated[str, typer.Option(metavar="PART,PART", help=f"Some of {', '.join(Part)}.")] = ",".join(Part),
    folder: Annotated[
        Path | None,
        typer.Option(
            "--in",
            metavar="DIR",
            exists=True,
            file_okay=False,
            writable=True,
            help="Where the data is meanwhile: 5 kB an order. Removed afterwards.",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Keep the JSON here, from the first row on.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Fill the whole table: selling beside the limit, waiting, guest journeys, and stores with a past.

    With its defaults it takes most of an hour and 25 GB. Exit status 1 where a law is broken after any figure.
    """
    sheet = Sheet(Plan(seconds, rounds, connections), _say, out)
    fill(sheet, parts=_parts(only), workers=workers, sizes=_sizes(stored), folder=folder)
    if as_json:
        print(json.dumps(sheet.document(), indent=2))
    else:
        show(Console() if sys.stdout.isatty() else Console(width=_WIDTH), sheet)
    if not sheet.is_right:
        raise typer.Exit(1)


def fill(sheet: Sheet, *, parts: list[Part], workers: int, sizes: list[int], folder: Path | None) -> None:
    """Measure in two stores, one after the other: one that begins empty, and one that is given a past."""
    if set(parts) - {Part.STORED}:
        with _shop(folder, sheet) as shop:
            _measure_new_store(shop, sheet, parts, workers)
    if Part.STORED in parts:
        with _shop(folder, sheet) as shop:
            measure_stored(shop, sheet, sizes=sizes)


def _measure_new_store(shop: Shop, sheet: Sheet, parts: list[Part], workers: int) -> None:
    if set(parts) - {Part.STORED, Part.WORKERS}:
        with shop.served(1) as port:
            rate = warm_up(shop, port, sheet.plan.connections, sheet.plan.seconds)
            if Part.SPREAD in parts:
                measure_spread(shop, port, sheet, expected=rate)
            if Part.HOT in parts:
                measure_hot(shop, port, sheet, expected=rate)
            if Part.IDLE in parts:
                measure_waiting(shop, port, sheet)
            if Part.JOURNEYS in parts:
                measure_journeys(shop, port, sheet)
    if Part.WORKERS in parts:
        with shop.served(workers) as port:
            measure_several(shop, port, sheet, workers=workers)


@contextmanager
def _shop(folder: Path | None, sheet: Sheet) -> Iterator[Shop]:
    """A shop with an empty data directory, gone with the block."""
    with tempfile.TemporaryDirectory(prefix="stoa-bench-", dir=folder) as made:
        scratch = Path(made)
        scratch.chmod(0o755)  # PostgreSQL runs as an account of its own
        with new_shop(scratch / "data", scratch, sheet.say, variants=sheet.plan.variants) as shop:
            sheet.on(shop)
            yield shop


def _say(sentence: str) -> None:
    _console.print(sentence, soft_wrap=True)


def _parts(text: str) -> list[Part]:
    try:
        return [Part(name.strip()) for name in text.split(",")]
    except ValueError as error:
        raise typer.BadParameter(f"{error}: choose from {', '.join(Part)}", param_hint="--only") from error


def _sizes(text: str) -> list[int]:
    try:
        return [int(size) for size in text.replace("_", "").split(",")]
    except ValueError as error:
        raise typer.BadParameter("numbers with commas between them are meant", param_hint="--stored") from error

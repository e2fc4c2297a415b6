"""The benchmarks by name."""

import typer

from stoa.cli.bench.checkout import checkout
from stoa.cli.bench.table import table

app = typer.Typer(add_completion=False, no_args_is_help=True)
app.command()(checkout)
app.command()(table)


@app.callback()
def bench() -> None:
    """Measure how fast Stoa sells."""

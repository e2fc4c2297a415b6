"""The benchmarks by name."""

import typer

from stoa.cli.bench.checkout import checkout

app = typer.Typer(add_completion=False, no_args_is_help=True)
app.command()(checkout)


@app.callback()
def bench() -> None:
    """Measure how fast Stoa sells."""

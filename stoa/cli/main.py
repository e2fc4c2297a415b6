"""The command line: finds the command, and turns every refusal into one sentence.

A command's file has an `app`, a Typer. The table below names it and says what it does, so that `stoa --help` and
`stoa --version` import none of them.
"""

import importlib
import signal
import sys
from types import FrameType
from typing import Any, NoReturn

import typer
from typer import core

from stoa import __version__
from stoa.kernel.refusals import Refusal

COMMANDS = {
    "demo": ("stoa.cli.demo", "Set everything up, fill a shop, serve it, and print its addresses and log-ins."),
    "serve": ("stoa.cli.serve", "Serve the shops: PostgreSQL (embedded, or by URL), the web server, the jobs."),
    "bench": ("stoa.cli.bench.app", "Measure how fast it sells."),
    "laws": ("stoa.cli.laws", "Run every law's query on a live database; exit status 1 if one is broken."),
    "payments": ("stoa.cli.payments", "Compare the books of payment providers with ours."),
    "simulate": ("stoa.cli.simulate", "Let shops be busy at random, and look at every law as they go."),
    "replay": ("stoa.cli.replay", "Sell a year of a real retailer's trade, and reconcile it with its file."),
    "database": ("stoa.cli.database", "Prepare, migrate or look at the database."),
    "permissions": ("stoa.cli.permissions", "Print who may do what: operations, permissions, roles."),
}


class LazyCommands(core.TyperGroup):
    """A group that knows its commands' names and sentences, and imports the one that is called."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        for name, (_, sentence) in COMMANDS.items():
            self.add_command(core.TyperCommand(name=name, help=sentence), name)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command itself in the place of the one that only stands in the help."""
        name, command, rest = super().resolve_command(ctx, args)
        if name in COMMANDS:
            command = typer.main.get_command(importlib.import_module(COMMANDS[name][0]).app)
            command.name = name
        return name, command, rest


app = typer.Typer(cls=LazyCommands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"stoa {__version__}")
        raise typer.Exit


@app.callback()
def stoa(
    _version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Print the version and end."
    ),
) -> None:
    """Stoa: one roof under which many merchants keep their shops."""


def main() -> None:
    """Run the command of sys.argv. Exit status: 0 done, 1 refused (one sentence on stderr), 2 not understood."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    try:
        app(prog_name="stoa")
    except Refusal as refusal:
        print(refusal.sentence, file=sys.stderr)
        sys.exit(1)


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    """End as after Ctrl-C: what was started is stopped on the way out."""
    sys.exit(128 + number)

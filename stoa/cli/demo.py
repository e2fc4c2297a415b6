"""`stoa demo`: a shop to look at, from nothing."""

import asyncio
import importlib.util
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Protocol

import typer
from rich.console import Console
from rich.table import Table

from stoa.cli import serving
from stoa.cli.installation import Data, running_installation
from stoa.cli.ports import choose_port
from stoa.cli.serve import Host, Port, Workers, mention
from stoa.config import Config
from stoa.db.transaction import Database

app = typer.Typer(add_completion=False)
console = Console()


class Login(Protocol):
    """Somebody who can sign in to the demo."""

    who: str
    email: str
    password: str


class Filled(Protocol):
    """What `stoa.blueprints.demo.fill` tells: pages worth a visit (label and path), and the log-ins."""

    pages: Sequence[tuple[str, str]]
    logins: Sequence[Login]
    discount_code: str


@app.command()
def demo(data: Data = None, host: Host = "127.0.0.1", port: Port = None, workers: Workers = 1) -> None:
    """Set everything up, fill a shop, serve it, and print its addresses and log-ins. Safe to run again."""
    chosen = choose_port(host, port)
    with ExitStack() as stack:
        with console.status("Starting PostgreSQL ..."):
            config = stack.enter_context(running_installation(data))
        mention(chosen, asked=port)
        with console.status("Filling the shop ..."):
            filled = asyncio.run(_fill(config))
        serving.serve(
            config, host=host, port=chosen, workers=workers, announce=lambda address: _announce(address, filled, config)
        )


async def _fill(config: Config) -> Filled | None:
    """Fill the shop through the operations anybody uses. A shop that is filled already is left as it is."""
    if importlib.util.find_spec("stoa.blueprints") is None:
        return None
    fill = importlib.import_module("stoa.blueprints.demo").fill
    database = Database(config.server_url, config.reader_url)
    try:
        filled: Filled = await fill(database)
    finally:
        await database.close()
    return filled


def _announce(address: str, filled: Filled | None, config: Config) -> None:
    table = Table(title="Stoa is open", show_header=False, title_justify="left")
    for label, path in filled.pages if filled else [("Shop", "/")]:
        table.add_row(label, address + path)
    for login in filled.logins if filled else []:
        table.add_row(login.who, f"{login.email}  {login.password}")
    if filled:
        table.add_row("Discount code", filled.discount_code)
    if config.mail.folder is not None:
        table.add_row("Mails", str(config.mail.folder))
    console.print(table)
    console.print("Ctrl-C ends it.")

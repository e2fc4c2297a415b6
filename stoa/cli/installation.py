"""Which installation a command works on: `--data DIR`, else the STOA_* variables, else the checkout's `.stoa`."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from stoa.config import Config
from stoa.db.embedded import EmbeddedPostgres, default_data_dir, open_data_dir
from stoa.db.server_check import check_server
from stoa.kernel.logs import log_plainly
from stoa.kernel.refusals import NotFound

ROOT = Path(__file__).resolve().parents[2]

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="The data directory; without it the database of STOA_DATABASE_URL, or .stoa in the checkout.",
    ),
]


def say(sentence: str) -> None:
    """Tell the person at the terminal what goes on, beside the command's own output."""
    print(sentence, file=sys.stderr, flush=True)


class NoInstallation(NotFound):
    """There is nothing to look at."""

    code = "cli.no_installation"
    says = "There is no data directory at {path}; name the one that `stoa demo` or `stoa serve` uses with --data."

    path: str


@contextmanager
def using_installation(data: Path | None, *, must_exist: bool = False) -> Iterator[Config]:
    """The installation for one command: a server that runs is used, else one runs until the block ends.

    A command that only looks says `must_exist`, so that a path mistyped is refused and not filled.
    """
    log_plainly()
    if data is None and "STOA_DATABASE_URL" in os.environ:
        yield _by_url()
        return
    path = _data_dir(data)
    if must_exist and not (path / "postgres").is_dir():
        raise NoInstallation(path=str(path))
    with open_data_dir(path) as found:
        config = Config.from_embedded(found.path, found.urls, found.secret_key)
        _migrate(config)
        yield config


@contextmanager
def running_installation(data: Path | None) -> Iterator[Config]:
    """The installation for a server: the data directory is ours, and its PostgreSQL is watched until the block ends."""
    log_plainly()
    if data is None and "STOA_DATABASE_URL" in os.environ:
        config = _by_url()
        _migrate(config)
        yield config
        return
    with EmbeddedPostgres(_data_dir(data)) as postgres:
        postgres.watch(say)
        config = Config.from_embedded(postgres.data_dir, postgres.urls, postgres.secret_key)
        _migrate(config)
        yield config


def _data_dir(data: Path | None) -> Path:
    if data is not None:
        return data
    found, why = default_data_dir(ROOT)
    if why is not None:
        say(why)
    return found


def _by_url() -> Config:
    config = Config.from_environment()
    for url in (config.server_url, config.owner_url, config.reader_url):
        if url is not None:
            check_server(url)
    return config


def _migrate(config: Config) -> None:
    """As the owner, where we know the owner; else whoever runs the database does it: `stoa database migrate`."""
    if config.owner_url is not None:
        from stoa.db.migrate import migrate  # Alembic is loaded by those who migrate

        migrate(config.owner_url)

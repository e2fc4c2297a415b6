"""`stoa database`: prepare, migrate, status."""

import os
from typing import Annotated

import psycopg
import typer

from stoa.cli.installation import Data, say, using_installation
from stoa.config import SettingMissing
from stoa.db.prepare import new_passwords, prepare_database, script, urls_for
from stoa.db.server_check import check_server, explain_connection
from stoa.db.urls import without_password

app = typer.Typer(help="Prepare, migrate or look at the database.", no_args_is_help=True, add_completion=False)

_VARIABLES = {
    "stoa_owner": "STOA_OWNER_PASSWORD",
    "stoa_server": "STOA_SERVER_PASSWORD",
    "stoa_reader": "STOA_READER_PASSWORD",
}


@app.command()
def prepare(
    admin_url: Annotated[str, typer.Option(help="postgresql://ADMIN:PASSWORD@HOST:PORT/postgres, who may make roles.")],
    print_: Annotated[bool, typer.Option("--print", help="Print the SQL for an administrator; do nothing.")] = False,
) -> None:
    """Make the database, its three roles and the extension, once; run again, it gives the roles new passwords.

    Passwords are taken from STOA_OWNER_PASSWORD, STOA_SERVER_PASSWORD and STOA_READER_PASSWORD, else made up.
    """
    passwords = {
        **new_passwords(),
        **{role: os.environ[name] for role, name in _VARIABLES.items() if os.environ.get(name)},
    }
    urls = urls_for(admin_url, passwords)
    if print_:
        print(script(passwords))
    else:
        check_server(admin_url)
        prepare_database(admin_url, passwords=passwords)
        say("The database stoa and its roles are ready. These addresses hold the passwords and are not shown again:")
    lead = "-- " if print_ else ""
    for name, url in (("DATABASE", urls.server), ("OWNER", urls.owner), ("READER", urls.reader)):
        print(f"{lead}export STOA_{name}_URL='{url}'")


@app.command()
def migrate(data: Data = None) -> None:
    """Bring the database to what this release expects. However many do it at once, it is done once."""
    with using_installation(data) as config:
        if config.owner_url is None:
            raise SettingMissing(name="STOA_OWNER_URL", meaning="migrations are made by the database's owner")
        from stoa.db.migrate import migrate as run  # Alembic is loaded by those who migrate

        run(config.owner_url)
    say("The database is up to date.")


@app.command()
def status(data: Data = None) -> None:
    """Print where the database is, its version and size, and whether each role gets in."""
    with using_installation(data) as config:
        if config.data_dir is not None:
            print(f"data directory  {config.data_dir}")
        for label, url in (("server", config.server_url), ("owner", config.owner_url), ("reader", config.reader_url)):
            if url is not None:
                check_server(url)
                print(f"{label:<14}  {without_password(url)}")
        with explain_connection(config.server_url), psycopg.connect(config.server_url) as connection:
            size = "SELECT current_setting('server_version'), pg_size_pretty(pg_database_size(current_database()))"
            version, bytes_ = connection.execute(size).fetchone() or ("?", "?")
        print(f"PostgreSQL      {version}\nsize            {bytes_}")

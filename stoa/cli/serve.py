"""`stoa serve`: everything a shop needs, in the foreground."""

from typing import Annotated

import typer

from stoa.cli import serving
from stoa.cli.installation import Data, running_installation, say
from stoa.cli.ports import DEFAULT, choose_port
from stoa.cli.room import too_little_room

app = typer.Typer(add_completion=False)

Host = Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for every one of this machine.")]
Port = Annotated[
    int | None,
    typer.Option(min=0, max=65535, show_default=False, help=f"The port; without it {DEFAULT}, or the next free one."),
]
Workers = Annotated[int, typer.Option(min=1, max=256, help="Web processes.")]


@app.command()
def serve(data: Data = None, host: Host = "127.0.0.1", port: Port = None, workers: Workers = 1) -> None:
    """Serve the shops until Ctrl-C: PostgreSQL (embedded, or by STOA_DATABASE_URL), the web server, the jobs."""
    chosen = choose_port(host, port)
    with running_installation(data) as config:
        mention(chosen, asked=port)
        if (sentence := too_little_room(config.server_url, workers)) is not None:
            say(sentence)
        serving.serve(
            config,
            host=host,
            port=chosen,
            workers=workers,
            announce=lambda address: print(f"Stoa serves at {address} (Ctrl-C ends it).", flush=True),
        )


def mention(chosen: int, *, asked: int | None) -> None:
    """Say which port is used where nobody would guess it."""
    if asked is None and chosen != DEFAULT:
        say(f"Port {DEFAULT} is taken; using {chosen}.")

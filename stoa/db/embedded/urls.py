"""The addresses of an embedded server."""

from pathlib import Path

from stoa.db.embedded.secrets import Secrets
from stoa.db.urls import DATABASE, OWNER, READER, SERVER, Urls, socket_url


def urls_of(secrets: Secrets, folder: Path | str) -> Urls:
    """One URL a role, through the socket in `folder`. The superuser's leads to `postgres`, which always exists."""

    def url(role: str, password: str, database: str = DATABASE) -> str:
        return socket_url(role=role, password=password, database=database, folder=str(folder))

    return Urls(
        owner=url(OWNER, secrets.stoa_owner),
        server=url(SERVER, secrets.stoa_server),
        reader=url(READER, secrets.stoa_reader),
        admin=url("postgres", secrets.postgres, "postgres"),
    )

"""The addresses of one database: who may do what is decided by the role that a URL names."""

from dataclasses import dataclass, field
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

DATABASE = "stoa"
OWNER, SERVER, READER = "stoa_owner", "stoa_server", "stoa_reader"
ROLES = (OWNER, SERVER, READER)


@dataclass(frozen=True)
class Urls:
    """`postgresql://` URLs that asyncpg, psycopg and SQLAlchemy all read. They hold passwords: never log them whole."""

    owner: str = field(repr=False)
    server: str = field(repr=False)
    reader: str = field(repr=False)
    admin: str | None = field(default=None, repr=False)


def socket_url(*, role: str, password: str, database: str, folder: str, port: int = 5432) -> str:
    """The URL of a database behind a Unix socket in `folder`; the port only names the socket's file."""
    where = urlencode({"host": folder, "port": port}, safe="/")
    return f"postgresql://{quote(role, safe='')}:{quote(password, safe='')}@/{quote(database, safe='')}?{where}"


def with_login(url: str, *, role: str, password: str, database: str) -> str:
    """The same server as `url`, entered as another role into another database."""
    parts = urlsplit(url)
    address = parts.netloc.rpartition("@")[2]
    login = f"{quote(role, safe='')}:{quote(password, safe='')}@{address}"
    return urlunsplit(parts._replace(netloc=login, path=f"/{quote(database, safe='')}"))


def without_password(url: str) -> str:
    """The URL as it may be shown to people and written into logs."""
    parts = urlsplit(url)
    login, at, address = parts.netloc.rpartition("@")
    role = login.partition(":")[0]
    return urlunsplit(parts._replace(netloc=f"{role}{at}{address}"))

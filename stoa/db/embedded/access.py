"""Getting at a data directory: through the server that runs on it, or by running one for a while."""

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from stoa.db.embedded.account import may_enter, server_account
from stoa.db.embedded.errors import DataDirInUse, NotRunning
from stoa.db.embedded.postmaster import running_postmaster
from stoa.db.embedded.secrets import FILE as SECRETS_FILE
from stoa.db.embedded.secrets import read_secrets
from stoa.db.embedded.server import EmbeddedPostgres
from stoa.db.embedded.urls import urls_of
from stoa.db.urls import Urls

WAIT_SECONDS = 60


@dataclass(frozen=True)
class DataDir:
    """A data directory whose server takes connections."""

    path: Path
    urls: Urls = field(repr=False)
    secret_key: str = field(repr=False)


def connect(data_dir: Path) -> DataDir:
    """The addresses of the server that runs on the directory now; refused when none does."""
    data_dir = Path(data_dir).resolve()
    found = running_postmaster(data_dir / "postgres")
    if found is None or not found.ready:
        if (data_dir / SECRETS_FILE).exists():
            read_secrets(data_dir)  # refuses with the better reason where the directory is somebody else's
        raise NotRunning(data_dir=str(data_dir))
    secrets = read_secrets(data_dir)
    return DataDir(data_dir, urls_of(secrets, found.socket_folder), secrets.secret_key)


@contextmanager
def open_data_dir(data_dir: Path, *, small: bool = False) -> Iterator[DataDir]:
    """The server of this directory: the one that runs, else one of our own until the block ends.

    Between two attempts the one that runs may end and another begin, so both are tried until one succeeds.
    """
    server = EmbeddedPostgres(data_dir, small=small)
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            urls = server.start()
        except DataDirInUse:
            try:
                found = connect(data_dir)
            except NotRunning:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
                continue
            yield found
            return
        try:
            yield DataDir(server.data_dir, urls, server.secret_key)
        finally:
            server.stop()
        return


def default_data_dir(root: Path) -> tuple[Path, str | None]:
    """`.stoa` in the checkout; where that cannot be used, a folder of your own, and the sentence that says why."""
    wanted = root / ".stoa"
    reason = _unusable(wanted)
    if reason is None:
        return wanted, None
    name = f"{root.name}-{hashlib.sha256(os.fsencode(root)).hexdigest()[:8]}"
    home = Path("/var/lib/stoa") if os.geteuid() == 0 else _own_data_home() / "stoa"
    return home / name, f"{wanted} {reason}: using {home / name}"


def _own_data_home() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")


def _unusable(wanted: Path) -> str | None:
    """Why this user cannot keep a database there, as the end of a sentence; nothing when they can."""
    if os.geteuid() == 0:
        account = server_account(wanted / "postgres")
        steps = [step for step in [*reversed(wanted.resolve().parents), wanted] if step.exists()]
        closed = next((step for step in steps if not may_enter(account, step)), None)
        return f"lies in {closed}, which is closed to {account.name}" if closed else None
    if wanted.exists():
        return None if wanted.stat().st_uid == os.geteuid() else "belongs to somebody else"
    return None if os.access(wanted.parent, os.W_OK | os.X_OK) else "cannot be made by you"

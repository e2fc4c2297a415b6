"""What `postmaster.pid` says about a data directory, and whether it is still true."""

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

FILE = "postmaster.pid"
STOP_SECONDS = 60


@dataclass(frozen=True)
class Postmaster:
    """A PostgreSQL process, the folder of its socket, and whether it takes connections."""

    pid: int
    socket_folder: str
    ready: bool


def read_postmaster(pgdata: Path) -> Postmaster | None:
    """What the file says, true or stale; nothing while it is missing or still being written."""
    try:
        lines = (pgdata / FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    except (FileNotFoundError, PermissionError, NotADirectoryError):
        return None
    if len(lines) < 5 or not lines[0].strip().isdigit():
        return None
    return Postmaster(int(lines[0]), lines[4].strip(), ready=len(lines) > 7 and lines[7].strip() == "ready")


def running_postmaster(pgdata: Path) -> Postmaster | None:
    """The PostgreSQL that does run on this directory: a number that now belongs to another program does not count."""
    found = read_postmaster(pgdata)
    return found if found and _runs_on(found.pid, pgdata) else None


def _runs_on(pid: int, pgdata: Path) -> bool:
    if not _alive(pid):
        return False
    if not sys.platform.startswith("linux"):
        return True
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == pgdata  # PostgreSQL works from inside its data directory
    except (FileNotFoundError, PermissionError, ProcessLookupError):
        return False


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def clear_the_way(pgdata: Path) -> None:
    """Stop the PostgreSQL that an owner who was killed left running, and forget a number that lies.

    Call it only while holding the directory's lock: then whatever runs here belongs to nobody.
    """
    found = read_postmaster(pgdata)
    if found is None:
        return
    if _runs_on(found.pid, pgdata):
        stop_process(found.pid)
    elif _alive(found.pid):
        (pgdata / FILE).unlink(missing_ok=True)  # else PostgreSQL takes that other program for one of its own


def stop_process(pid: int) -> None:
    """A fast shutdown (running transactions are rolled back); an immediate one when that takes over a minute."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if not _signalled(pid, number):
            return
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if not _alive(pid):
                return
            time.sleep(0.02)


def _signalled(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True

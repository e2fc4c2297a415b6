"""As whom PostgreSQL runs: as yourself, or, when root starts it, as an account that may nothing else.

PostgreSQL refuses to run as root. No folder is ever opened wider for it: where it may not pass, we say so.
"""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stoa.db.embedded.errors import FolderClosed

NAME = "stoa-postgres"
FALLBACK = "nobody"


@dataclass(frozen=True)
class Account:
    """An account of this machine."""

    name: str
    uid: int
    gid: int

    @property
    def differs(self) -> bool:
        """Whether we, root, have to step down to become it."""
        return os.geteuid() == 0 and self.uid != 0

    @property
    def step_down(self) -> dict[str, Any]:
        """What subprocess needs to run a program as this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.differs else {}

    def take(self, path: Path) -> None:
        """Give a file or folder that we just made to this account."""
        if self.differs:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def name_of(uid: int) -> str:
    """The account's name, or its number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def server_account(pgdata: Path) -> Account:
    """Yourself; for root the owner of the existing files, or the account kept for this."""
    uid = os.geteuid()
    if uid != 0:
        return Account(name_of(uid), uid, os.getegid())
    if pgdata.exists() and (found := pgdata.stat()).st_uid != 0:
        return Account(name_of(found.st_uid), found.st_uid, found.st_gid)
    return _system_account()


def _system_account() -> Account:
    """`stoa-postgres`, made when it is missing; where no account can be made, `nobody`."""
    useradd = shutil.which("useradd", path=os.defpath + ":/usr/sbin:/sbin")
    for _ in range(5):  # two starters may make it at once: the loser of the race finds it in the next round
        if found := _lookup(NAME):
            return found
        if useradd is None:
            break
        options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
        subprocess.run(
            [useradd, *options, "--shell", "/usr/sbin/nologin", NAME], check=False, capture_output=True, timeout=30
        )
    return _lookup(NAME) or _lookup(FALLBACK) or Account(FALLBACK, 65534, 65534)


def _lookup(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def require_passage(account: Account, folder: Path, *, remedy: str) -> None:
    """Refuse when the account may not enter `folder` or one of its parents; `remedy` says what else may be done."""
    if not account.differs:
        return
    resolved = folder.resolve()
    for step in [*reversed(resolved.parents), resolved]:
        if not may_enter(account, step):
            raise FolderClosed(account=account.name, folder=str(step), remedy=remedy)


def may_enter(account: Account, folder: Path) -> bool:
    """Whether the mode of the folder, or else an access list on it, lets the account pass."""
    found = folder.stat()
    if found.st_uid == account.uid:
        bit = stat.S_IXUSR
    elif found.st_gid == account.gid:
        bit = stat.S_IXGRP
    else:
        bit = stat.S_IXOTH
    return bool(found.st_mode & bit) or _enters(account, folder)


def _enters(account: Account, folder: Path) -> bool:
    """Ask the system itself, which knows of access lists; only when the mode says no."""
    test = shutil.which("test", path=os.defpath)
    if test is None:
        return False
    return subprocess.run([test, "-x", str(folder)], check=False, cwd="/", **account.step_down).returncode == 0

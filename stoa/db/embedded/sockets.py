"""The folder of the server's socket: private to the account that runs it, and short enough for the system."""

import hashlib
import os
import re
import stat
from pathlib import Path

from stoa.db.embedded.account import Account
from stoa.db.embedded.errors import SocketFolderTaken

FILE = ".s.PGSQL.5432"
SHORT_PARENT = Path("/tmp")  # noqa: S108 (what is there under our name is used only when it is ours and private)
LONGEST_BYTES = 100  # the system takes 107 for the whole path of a socket
_PLAIN = re.compile(r"[\w./+@=-]+", re.ASCII)  # a comma or a space would be read as two folders


def socket_folder(data_dir: Path, account: Account) -> Path:
    """`DIR/socket` where that is short and plain, else a folder in /tmp named after the data directory."""
    folder = data_dir / "socket"
    if len(os.fsencode(folder / FILE)) <= LONGEST_BYTES and _PLAIN.fullmatch(str(folder)):
        return folder
    name = hashlib.sha256(os.fsencode(data_dir) + b":%d" % account.uid).hexdigest()[:16]
    return SHORT_PARENT / f"stoa-{name}"


def make_private(folder: Path, account: Account) -> None:
    """Make the folder for the account alone; refuse one that is a link, somebody else's, or open to others."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        if account.differs and found.st_uid == 0 and stat.S_ISDIR(found.st_mode):
            account.take(folder)  # made by root, which was stopped before it could hand it over
            found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid or stat.S_IMODE(found.st_mode) & 0o077:
            raise SocketFolderTaken(folder=str(folder), account=account.name) from None
    else:
        account.take(folder)

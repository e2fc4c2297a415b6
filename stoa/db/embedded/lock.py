"""One data directory, one owner: the process that holds its lock file, until it ends, however it ends."""

import fcntl
import os
from pathlib import Path

from stoa.db.embedded.account import name_of
from stoa.db.embedded.errors import DataDirInUse, WrongOwner

FILE = "lock"


class DataDirLock:
    """Held by the process that runs PostgreSQL here. The system drops it when that process dies."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._descriptor: int | None = None

    def take(self) -> None:
        """Take it, or refuse with the number of the process that has it."""
        path = self.data_dir / FILE
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        except PermissionError as error:
            owner = name_of(self.data_dir.stat().st_uid)
            raise WrongOwner(path=str(self.data_dir), owner=owner, you=name_of(os.geteuid())) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(descriptor, 32).decode(errors="replace").strip()
            os.close(descriptor)
            raise DataDirInUse(data_dir=str(self.data_dir), pid=holder or "unknown") from error
        if os.geteuid() == 0:
            folder = self.data_dir.stat()
            os.fchown(descriptor, folder.st_uid, folder.st_gid)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor

    def drop(self) -> None:
        """Let the next one have it. The file stays: removing it would let two hold locks on two files."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

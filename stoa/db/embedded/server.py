"""PostgreSQL 18 as a child of ours, under a data directory.

    DIR/lock          held by the process that runs it
    DIR/secrets.json  passwords and the secret key, for the directory's owner only
    DIR/stoa.conf     settings for this machine
    DIR/postgres/     PostgreSQL's files, which belong to the account it runs as
    DIR/socket/       its socket, in a folder private to that account
    DIR/start.log     what PostgreSQL says before its own log (postgres/log/) is open

It listens on no port, and nobody gets in without a password.
"""

import atexit
import errno
import os
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from stoa.db.binaries import bin_path, environment
from stoa.db.embedded.account import Account, require_passage, server_account
from stoa.db.embedded.cluster import inspect_cluster, make_cluster, write_settings
from stoa.db.embedded.errors import DidNotStart, explain, in_words
from stoa.db.embedded.lock import DataDirLock
from stoa.db.embedded.postmaster import clear_the_way, read_postmaster, stop_process
from stoa.db.embedded.secrets import Secrets, make_secrets, read_secrets
from stoa.db.embedded.sockets import make_private, socket_folder
from stoa.db.embedded.urls import urls_of
from stoa.db.prepare import prepare_database
from stoa.db.urls import Urls
from stoa.kernel.refusals import Refusal

START_SECONDS = 600  # recovery after a crash replays up to max_wal_size
_STILL_THERE = "pre-existing shared memory block"
_LONGEST_PAUSE_SECONDS = 5.0


class EmbeddedPostgres:
    """One PostgreSQL on one data directory. `small` makes room for several side by side, as tests need."""

    def __init__(self, data_dir: Path, *, small: bool = False) -> None:
        self.data_dir = Path(data_dir).resolve()
        self.pgdata = self.data_dir / "postgres"
        self.small = small
        self._lock = DataDirLock(self.data_dir)
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._launching = threading.Lock()
        self._watcher: threading.Thread | None = None
        self._urls: Urls | None = None
        self._secrets: Secrets | None = None

    @property
    def bin_path(self) -> Path:
        """The folder of this server's own programs: psql, pgbench, pg_dump and the rest."""
        return bin_path()

    @property
    def urls(self) -> Urls:
        """Its addresses, once it is started."""
        assert self._urls is not None, "the server was not started"
        return self._urls

    @property
    def secret_key(self) -> str:
        """The installation's secret key as hexadecimal text, once it is started."""
        assert self._secrets is not None, "the server was not started"
        return self._secrets.secret_key

    @property
    def pid(self) -> int | None:
        """The process that runs now, if one does."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> Urls:
        """Make what is missing, start PostgreSQL, prepare its database and roles; ready to use on return."""
        self._stopping.clear()
        atexit.register(self._leave, os.getpid())
        try:
            with in_words(self.data_dir):
                return self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> Urls:
        programs = bin_path()
        _make_folder(self.data_dir)
        self._lock.take()
        account = server_account(self.pgdata)
        require_passage(account, programs, remedy="put the virtual environment elsewhere with STOA_VENV=DIR")
        require_passage(account, self.data_dir, remedy="choose another data directory with --data")

        if self.pgdata.exists():
            inspect_cluster(self.pgdata, self.data_dir)
            self._secrets = read_secrets(self.data_dir)
            clear_the_way(self.pgdata)
        else:
            self._secrets = make_secrets(self.data_dir)
            make_cluster(self.pgdata, data_dir=self.data_dir, account=account, secrets=self._secrets)

        folder = socket_folder(self.data_dir, account)
        make_private(folder, account)
        write_settings(self.data_dir, socket_folder=folder, small=self.small)
        self._launch(account)
        self._urls = urls_of(self._secrets, folder)
        assert self._urls.admin is not None
        prepare_database(self._urls.admin, passwords=self._secrets.role_passwords)
        return self._urls

    def _launch(self, account: Account) -> None:
        """Start the process and wait until it takes connections."""
        log = self.data_dir / "start.log"
        deadline = time.monotonic() + START_SECONDS
        while True:
            said_before = self._log_sizes()
            log.unlink(missing_ok=True)  # it may be of another user, or a link
            with log.open("wb") as words:
                self._process = subprocess.Popen(
                    [bin_path() / "postgres", "-D", self.pgdata],
                    stdin=subprocess.DEVNULL,
                    stdout=words,
                    stderr=words,
                    cwd="/",
                    env=environment(),
                    start_new_session=True,  # Ctrl-C reaches us first, and we stop it when nobody needs it any more
                    **account.step_down,
                )
            if self._becomes_ready(self._process, deadline):
                return
            said = self._last_words(log, said_before)
            if _STILL_THERE not in said or time.monotonic() > deadline:
                raise explain(said, data_dir=self.data_dir, log=log)
            self._stopping.wait(0.1)  # the children of the one before are still going down

    def _becomes_ready(self, process: subprocess.Popen[bytes], deadline: float) -> bool:
        """True when it takes connections, False when it ended."""
        while time.monotonic() < deadline:
            if self._stopping.is_set():
                return True  # nobody waits for it any more: `stop` ends it
            if process.poll() is not None:
                return False
            found = read_postmaster(self.pgdata)
            if found and found.pid == process.pid and found.ready:
                return True
            time.sleep(0.01)
        log = str(self.pgdata / "log")
        raise DidNotStart(data_dir=str(self.data_dir), reason=f"not ready after {START_SECONDS} seconds", log=log)

    def _log_sizes(self) -> dict[Path, int]:
        """How much stands in each file of PostgreSQL's own log."""
        return {path: path.stat().st_size for path in (self.pgdata / "log").glob("*.log")}

    def _last_words(self, log: Path, said_before: dict[Path, int]) -> str:
        """What it said this time: in the file of the start, and in its own log after what stood there."""
        said = log.read_bytes()
        for path, size in self._log_sizes().items():
            begin = said_before.get(path, 0)
            with path.open("rb") as own_log:
                own_log.seek(begin if size >= begin else 0)  # a file of last week is begun anew
                said += own_log.read()
        return said.decode(errors="replace")

    def stop(self) -> None:
        """Stop it (running transactions are rolled back) and let the directory go. Stopping twice is no mistake."""
        self._stopping.set()
        with self._launching:
            process, self._process = self._process, None
            if process is not None and process.poll() is None:
                waiter = threading.Thread(target=process.wait, daemon=True)  # reaps it, so that its number ends
                waiter.start()
                stop_process(process.pid)
                waiter.join(timeout=5)
        if self._watcher is not None and self._watcher is not threading.current_thread():
            self._watcher.join(timeout=5)
        self._watcher = None
        self._lock.drop()
        atexit.unregister(self._leave)

    def _leave(self, pid: int) -> None:
        """A program that ends without having stopped it leaves nothing running; a fork of it stops nothing."""
        if os.getpid() == pid:
            self.stop()

    def watch(self, report: Callable[[str], None]) -> None:
        """Start it again whenever it ends without having been asked to, until `stop`; `report` is told each time."""
        assert self._process is not None, "watch what was started"
        self._watcher = threading.Thread(target=self._supervise, args=(report,), name="postgres-watch", daemon=True)
        self._watcher.start()

    def _supervise(self, report: Callable[[str], None]) -> None:
        pause = 0.0
        while not self._stopping.is_set():
            process = self._process
            if process is not None:
                process.wait()
            if self._stopping.wait(pause):
                return
            with self._launching:
                if self._stopping.is_set():
                    return
                report(f"PostgreSQL ended (status {process.returncode if process else 'unknown'}); starting it again.")
                try:
                    with in_words(self.data_dir):
                        clear_the_way(self.pgdata)
                        self._launch(server_account(self.pgdata))
                except (Refusal, OSError) as error:
                    report(str(error))
                    pause = min(max(pause * 2, 0.25), _LONGEST_PAUSE_SECONDS)
                else:
                    report("PostgreSQL is back.")
                    pause = 0.0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _make_folder(folder: Path) -> None:
    """Make the data directory and what is missing above it; those of root let PostgreSQL's account pass."""
    missing = [step for step in [*reversed(folder.parents), folder] if not step.exists()]
    for step in missing:
        mode = 0o755 if os.geteuid() == 0 else 0o700
        step.mkdir(mode=mode, exist_ok=True)
        if os.geteuid() == 0:
            step.chmod(mode)
    if not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "it is a file", str(folder))

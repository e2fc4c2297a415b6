"""The processes of an installation, each to be killed alone, looked after as `stoa serve` looks after its own."""

import asyncio
import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Self

from stoa.cli import serving
from stoa.cli.ports import choose_port
from stoa.cli.processes import Crew
from stoa.config import Config
from tests.faults.waiting import until

START_SECONDS = 60


@dataclass
class Servers:
    """A web server and a worker of the jobs that run, and what their keeper said about them."""

    port: int
    _crew: Crew
    _workers: int
    said: list[str] = field(default_factory=list)
    broken: list[BaseException] = field(default_factory=list)

    @classmethod
    @contextmanager
    def over(
        cls,
        config: Config,
        *,
        workers: int = 1,
        app: str = "stoa.app:create_app",
        jobs: str = "stoa.jobs.worker",
        environment: Mapping[str, str] | None = None,
    ) -> Iterator[Self]:
        """Serve until the block ends; `app` and `jobs` may name others in the place of ours."""
        port = choose_port("127.0.0.1", 0)
        web, worker = serving.web(config, "127.0.0.1", port, workers), serving.jobs(config, port)
        web = replace(web, arguments=[*web.arguments[:-1], app], environment={**web.environment, **(environment or {})})
        worker = replace(worker, module=jobs, environment={**worker.environment, **(environment or {})})
        said: list[str] = []
        servers = cls(port, Crew([web, worker], said.append), workers, said)
        stop, ready = threading.Event(), threading.Event()
        # They end with the thread that started them, so one thread keeps them from first to last.
        keeper = threading.Thread(target=servers._keep, args=(stop, ready), name="keeper of the servers")
        keeper.start()
        try:
            assert ready.wait(START_SECONDS), f"the server did not answer within {START_SECONDS} seconds"
            servers.check()
            yield servers
            servers.check()
        finally:
            stop.set()
            keeper.join()

    def _keep(self, stop: threading.Event, ready: threading.Event) -> None:
        try:
            with self._crew as crew:
                crew.tend_until(lambda: stop.is_set() or serving.answers("127.0.0.1", self.port), every_seconds=0.05)
                ready.set()
                crew.tend_until(stop.is_set, every_seconds=0.05)
                for child in crew.children:
                    child.process.kill()  # one with a dead connection would take its time to end in order
        except BaseException as error:  # noqa: BLE001  (told by `check`, in the test's own thread)
            self.broken.append(error)
            ready.set()

    def check(self) -> None:
        """Raise what ended the keeper."""
        if self.broken:
            raise self.broken[0]

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def pids(self) -> dict[str, int]:
        """Every process by what it is: who was not killed keeps its number."""
        web, jobs = (child.process for child in self._crew.children)
        running = {name: one.pid for name, one in (("web", web), ("jobs", jobs)) if one.poll() is None}
        return running | {f"web {n}": pid for n, pid in enumerate(_children(web.pid))}

    def kill(self, name: str) -> None:
        """End one process the hard way."""
        os.kill(self.pids()[name], signal.SIGKILL)

    async def whole(self) -> dict[str, int]:
        """The processes, once all that should be there are there and the web server answers."""
        # One worker is the web server itself; of several it is the keeper.
        all_of_them = 2 + (self._workers if self._workers > 1 else 0)
        await until(lambda: len(self.pids()) == all_of_them, "all processes are there")
        # Beside the loop, which has the wire to PostgreSQL to look after meanwhile.
        answers = partial(asyncio.to_thread, serving.answers, "127.0.0.1", self.port)
        await until(answers, "the web server answers")
        return self.pids()


def _children(pid: int) -> list[int]:
    """The workers that this one has started, in the order of their numbers."""
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return sorted(pid for pid in map(int, found) if _is_worker(pid))


def _is_worker(pid: int) -> bool:
    try:
        return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False

"""The processes of a server: started together, started again when one ends, stopped in order."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from stoa.kernel.refusals import Unavailable

STOP_SECONDS = 20
SETTLED_SECONDS = 5.0  # one that lived this long had started well
LONGEST_PAUSE_SECONDS = 10.0
PATIENCE = 4  # ends in a row, each soon after the start, before the first success


class KeepsEnding(Unavailable):
    """A process ends again and again as soon as it is started."""

    code = "serve.keeps_ending"
    says = "{name} ended {times} times right after its start (status {exit_status}); what it said stands above."

    name: str
    times: int
    exit_status: int


@dataclass(frozen=True)
class Program:
    """A Python module to run as a process, under a name for people."""

    name: str
    module: str
    arguments: Sequence[str]
    environment: Mapping[str, str]


class Child:
    """One program, and how it has been doing."""

    def __init__(self, program: Program, report: Callable[[str], None]) -> None:
        self.program = program
        self.report = report
        self.settled = False
        self._failures = 0
        self._next_start = 0.0
        self._start()

    def _start(self) -> None:
        self._started_at = time.monotonic()
        tie = [sys.executable, "-P", "-m", "stoa.cli.tied", str(os.getpid())]
        run = [sys.executable, "-P", "-m", self.program.module, *self.program.arguments]
        # A session of its own: Ctrl-C reaches us alone, and we stop everything in order.
        self.process = subprocess.Popen(
            [*tie, *run],
            env={**os.environ, **self.program.environment},
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def tend(self) -> None:
        """Look after it once: note that it runs well, or start it again when its pause is over."""
        now = time.monotonic()
        status = self.process.poll()
        if status is None:
            if now - self._started_at > SETTLED_SECONDS:
                self.settled, self._failures = True, 0
            return
        if self._next_start == 0.0:
            self._clear_away()
            self._failures += 1
            if not self.settled and self._failures >= PATIENCE:
                raise KeepsEnding(name=self.program.name, times=self._failures, exit_status=status)
            pause = min(0.25 * 2**self._failures, LONGEST_PAUSE_SECONDS)
            self._next_start = now + pause
            self.report(f"{self.program.name} ended (status {status}); it is started again in {pause:g} s.")
        elif now >= self._next_start:
            self._next_start = 0.0
            self._start()

    def stop(self) -> None:
        """Ask it to end what it has begun; after a while end it and everything it started."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.report(f"{self.program.name} did not end within {STOP_SECONDS} s and is killed.")
        self._clear_away()
        self.process.wait()

    def _clear_away(self) -> None:
        """End what it may have left behind, which would hold on to its port."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)


class Crew:
    """All the programs of a server. Stopped in the order they were named: first who takes requests, then who works."""

    def __init__(self, programs: Sequence[Program], report: Callable[[str], None]) -> None:
        self._programs = programs
        self._report = report
        self.children: list[Child] = []

    def __enter__(self) -> "Crew":
        try:
            for program in self._programs:
                self.children.append(Child(program, self._report))
        except BaseException:
            self.__exit__()
            raise
        return self

    def tend_until(self, done: Callable[[], bool], *, every_seconds: float = 0.2) -> None:
        """Look after them until `done`."""
        pause = threading.Event()
        while not done():
            for child in self.children:
                child.tend()
            pause.wait(every_seconds)

    def __exit__(self, *_: object) -> None:
        for child in self.children:
            child.stop()

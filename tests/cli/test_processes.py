"""The processes of a server: back when one ends, given up when it cannot start, gone when we are."""

import os
import signal
import socket
import time
from collections.abc import Callable

import pytest

from stoa.cli import ports
from stoa.cli.ports import PortTaken, choose_port
from stoa.cli.processes import Crew, KeepsEnding, Program
from tests.somebody import ROOT, run_python

HERE = {"PYTHONPATH": str(ROOT)}


def web(port: int) -> Program:
    """A small web server in the place of ours."""
    return Program("The web server", "http.server", ["--bind", "127.0.0.1", str(port)], HERE)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def within_a_minute(condition: Callable[[], bool]) -> Callable[[], bool]:
    """The condition, which has a minute to come true."""
    deadline = time.monotonic() + 60

    def holds() -> bool:
        assert time.monotonic() < deadline, "it did not happen"
        return condition()

    return holds


def wait_for(condition: Callable[[], bool]) -> None:
    holds = within_a_minute(condition)
    while not holds():
        time.sleep(0.02)


def test_a_process_that_is_killed_is_started_again():
    port, said = choose_port("127.0.0.1", 0), list[str]()
    with Crew([web(port)], said.append) as crew:
        crew.tend_until(within_a_minute(lambda: listens(port)), every_seconds=0.02)
        child = crew.children[0]
        first = child.process.pid

        os.kill(first, signal.SIGKILL)

        crew.tend_until(within_a_minute(lambda: child.process.pid != first and listens(port)), every_seconds=0.02)
        assert said == ["The web server ended (status -9); it is started again in 0.5 s."]
    assert not listens(port)


def test_what_a_killed_process_left_behind_is_ended_before_the_next_is_started():
    port = choose_port("127.0.0.1", 0)
    parent = Program("The web server", "tests.cli.parent_of_a_server", [str(port)], HERE)
    with Crew([parent], lambda sentence: None) as crew:
        crew.tend_until(within_a_minute(lambda: listens(port)), every_seconds=0.02)

        os.kill(crew.children[0].process.pid, signal.SIGKILL)

        crew.tend_until(within_a_minute(lambda: not listens(port)), every_seconds=0.02)
        crew.tend_until(within_a_minute(lambda: listens(port)), every_seconds=0.02)
    wait_for(lambda: not listens(port))


def test_a_process_that_cannot_start_is_given_up():
    said = list[str]()
    broken = Program("The worker of the jobs", "stoa.no_such_module", [], HERE)
    with Crew([broken], said.append) as crew, pytest.raises(KeepsEnding) as refusal:
        crew.tend_until(within_a_minute(lambda: False), every_seconds=0.02)
    assert refusal.value.times == 4
    assert refusal.value.sentence == (
        "The worker of the jobs ended 4 times right after its start (status 1); what it said stands above."
    )
    assert len(said) == 3


def test_processes_end_with_an_owner_who_was_killed():
    port = choose_port("127.0.0.1", 0)
    code = (
        "import os, signal, sys\n"
        "from tests.cli.test_processes import Crew, listens, web\n"
        "port = int(sys.argv[1])\n"
        "with Crew([web(port)], print) as crew:\n"
        "    crew.tend_until(lambda: listens(port), every_seconds=0.02)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert run_python("-c", code, str(port)).returncode == -signal.SIGKILL
    wait_for(lambda: not listens(port))


def test_without_a_wish_the_next_free_port_is_taken(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = listener.getsockname()[1]
        monkeypatch.setattr(ports, "DEFAULT", taken)

        chosen = choose_port("127.0.0.1", None)
        assert taken < chosen < taken + ports.TRIED

        with pytest.raises(PortTaken):
            choose_port("127.0.0.1", taken)

"""A server in the foreground: the web server and the worker of the jobs over one installation."""

import http.client
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType

from stoa.cli.installation import ROOT, say
from stoa.cli.ports import visit_host
from stoa.cli.processes import Crew, Program
from stoa.config import Config

WEB = "The web server"
JOBS = "The worker of the jobs"

# Who is behind a proxy is for us to say (`STOA_TRUSTED_PROXIES`), and requests are logged where they are refused.
WEB_SERVER = (
    "--factory", "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning",
    "--no-proxy-headers", "--no-server-header", "--timeout-keep-alive", "75", "--timeout-graceful-shutdown", "10",
)  # fmt: skip


def serve(config: Config, *, host: str, port: int, workers: int, announce: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; `announce` gets the address once the first answer came."""
    with _asked_to_stop() as stop, Crew([web(config, host, port, workers), jobs(config, port)], say) as crew:
        crew.tend_until(lambda: stop.is_set() or answers(host, port), every_seconds=0.05)
        if not stop.is_set():
            announce(f"{config.public_scheme}://{_bracketed(visit_host(host))}:{port}")
        crew.tend_until(stop.is_set)
        say("Stopping ...")


def web(config: Config, host: str, port: int, workers: int) -> Program:
    """The processes that answer requests."""
    where = ["--host", host, "--port", str(port), *(["--workers", str(workers)] if workers > 1 else [])]
    environment = _environment(config)
    environment["STOA_OWNER_URL"] = ""  # who answers requests never migrates
    return Program(WEB, "uvicorn", [*where, *WEB_SERVER, "stoa.app:create_app"], environment)


def jobs(config: Config, port: int) -> Program:
    """The process that relays events and runs the jobs."""
    if config.public_port is None and config.public_scheme == "http":
        config = replace(config, public_port=port)  # mails name the port we listen on; behind a proxy, the scheme's own
    return Program(JOBS, "stoa.jobs.worker", [], _environment(config))


def _environment(config: Config) -> dict[str, str]:
    return {**config.environment(), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def answers(host: str, port: int) -> bool:
    """Whether the web server gives an answer, whatever it says."""
    connection = http.client.HTTPConnection({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port, timeout=5)  # noqa: S104
    try:
        connection.request("GET", "/")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


@contextmanager
def _asked_to_stop() -> Iterator[threading.Event]:
    """Set when somebody wants us to end. A second Ctrl-C changes nothing: stopping is bounded in time."""
    stop = threading.Event()

    def note(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

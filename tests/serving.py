"""A server of the tests: the web server in a process of its own, on a free port, over the test's database."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stoa.cli.serving import WEB_SERVER

ROOT = Path(__file__).resolve().parents[1]

_START_SECONDS = 30


@dataclass(frozen=True)
class Served:
    """A server that answers at http://127.0.0.1:port."""

    port: int

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def serving(server_url: str, secret_key: bytes, environment: Mapping[str, str] | None = None) -> Iterator[Served]:
    """Serve until the block ends. The tests' own address is a trusted proxy: each test can come from another one."""
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "uvicorn", *WEB_SERVER, "--port", str(port), "stoa.app:create_app"],
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("STOA_")},
            "PYTHONPATH": str(ROOT),
            "STOA_BCRYPT_COST": os.environ.get("STOA_BCRYPT_COST", "4"),
            "STOA_DATABASE_URL": server_url,
            "STOA_SECRET_KEY": secret_key.hex(),
            "STOA_TRUSTED_PROXIES": "127.0.0.1",
            **(environment or {}),
        },
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_for(process, port)
        yield Served(port)
    finally:
        # It keeps nothing that it could lose, so nobody waits for it to end in good order.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(process: "subprocess.Popen[bytes]", port: int) -> None:
    """Until it answers, whatever it says."""
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, "the server ended before it answered"
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("HEAD", "/")
            connection.getresponse().read()
        except OSError:
            time.sleep(0.02)
        else:
            return
        finally:
            connection.close()
    raise AssertionError(f"the server did not answer within {_START_SECONDS} seconds")

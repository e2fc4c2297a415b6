"""The port to serve on: the one that was asked for, or the first free one."""

import errno
import socket

from stoa.kernel.refusals import Conflict, Invalid

DEFAULT = 8000
TRIED = 100


class PortTaken(Conflict):
    """Another program listens on the port that was asked for."""

    code = "serve.port_taken"
    says = "Port {port} on {host} is taken by another program: choose another with --port."

    host: str
    port: int


class AddressUnusable(Invalid):
    """Nobody can listen there."""

    code = "serve.address_unusable"
    says = "Stoa cannot listen on {host}, port {port} ({reason}): choose others with --host and --port."

    host: str
    port: int
    reason: str


def choose_port(host: str, asked: int | None) -> int:
    """`asked` if it is free, refused if not; without a wish the first free port from 8000 on."""
    if asked is not None:
        found = _free_port(host, asked)
        if found is None:
            raise PortTaken(host=host, port=asked)
        return found
    for port in range(DEFAULT, DEFAULT + TRIED):
        if _free_port(host, port) is not None:
            return port
    raise PortTaken(host=host, port=DEFAULT)


def _free_port(host: str, port: int) -> int | None:
    """The port if nobody has it (for 0, one that the system picks), nothing if somebody does."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, proto) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
            return int(probe.getsockname()[1])
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return None
        raise AddressUnusable(host=host, port=port, reason=str(error.strerror)) from error


def visit_host(host: str) -> str:
    """What a visitor on this machine types for a server that listens on `host`."""
    return {"0.0.0.0": "localhost", "::": "localhost", "127.0.0.1": "localhost"}.get(host, host)  # noqa: S104

"""Which addresses a host's name leads to, as the system knows it, without one slow name holding up the others.

The system's resolver waits: some 20 seconds, where a name's servers are silent. Asked through asyncio it has a handful
of threads for the whole process, and a few endpoints with such names would stop everybody's webhooks.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv6Address, ip_address

from stoa.webhooks.addresses import Address

Resolve = Callable[[str, int], Awaitable[list[Address]]]

# Names that are looked up at a time; each takes one thread, however many messages wait for it.
MOST_NAMES = 64


class Names:
    """The system's resolver, for one event loop. What was found is not kept: each attempt looks anew."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(MOST_NAMES, thread_name_prefix="name")
        self._asked: dict[tuple[str, int], asyncio.Future[list[Address]]] = {}

    async def resolve(self, host: str, port: int) -> list[Address]:
        """All addresses of the host, the best first. Raises OSError (`socket.gaierror`)."""
        try:
            return [_plain(ip_address(host))]
        except ValueError:
            pass
        asked = self._asked.get((host, port))
        if asked is None:
            asked = asyncio.get_running_loop().run_in_executor(self._threads, _look_up, host, port)
            self._asked[host, port] = asked
            asked.add_done_callback(lambda asked: self._answered((host, port), asked))
        # Whoever gives up waiting does not end it for the others.
        return await asyncio.shield(asked)

    def _answered(self, name: tuple[str, int], asked: "asyncio.Future[list[Address]]") -> None:
        del self._asked[name]
        if not asked.cancelled():
            asked.exception()  # seen, should nobody wait any more


def _look_up(host: str, port: int) -> list[Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = (ip_address(str(where[0]).partition("%")[0]) for *_, where in found)
    return list(dict.fromkeys(map(_plain, addresses)))


def _plain(address: Address) -> Address:
    """An IPv4 address in IPv6's clothes is looked at, and called, as what it is."""
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address

"""The load: a process of its own that sends requests encoded beforehand, as fast as they are answered.

`python -m stoa.cli.bench.client REQUESTS HOST PORT CONNECTIONS SECONDS` prints one JSON object. An ordinary HTTP
client would cost more than the server it measures, so this one reads no more of an answer than it needs.
"""

import asyncio
import json
import pickle
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import uvloop


class Load:
    """What all connections share: the requests left, the clock, the tally."""

    def __init__(self, requests: list[bytes], seconds: float) -> None:
        self.requests: Iterator[bytes] = iter(requests)
        self.until = time.perf_counter() + seconds
        self.statuses: Counter[int] = Counter()
        self.latencies: list[float] = []
        self.ran_out = False

    def next(self) -> bytes | None:
        """The next request while there is time."""
        if time.perf_counter() >= self.until:
            return None
        request = next(self.requests, None)
        self.ran_out = self.ran_out or request is None
        return request


class Shopper(asyncio.Protocol):
    """One connection: a request, its answer, the next request."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._buffer = b""
        self._sent_at = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        """Once the answer is whole, note it and go on."""
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        at = head.lower().find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(body) < length:
            return
        self._buffer = b""
        self._load.latencies.append(time.perf_counter() - self._sent_at)
        self._load.statuses[int(head[9:12])] += 1
        self._send()

    def connection_lost(self, _exc: Exception | None) -> None:
        """Whatever ended it."""
        if not self.done.done():
            self.done.set_result(None)

    def _send(self) -> None:
        request = self._load.next()
        if request is None:
            self._transport.close()
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)


async def run(requests: list[bytes], host: str, port: int, connections: int, seconds: float) -> dict[str, object]:
    """Send until the time or the requests are over; seconds, statuses, latencies in milliseconds, CPU share."""
    loop = asyncio.get_running_loop()
    load = Load(requests, seconds)
    began, cpu_began = time.perf_counter(), time.process_time()
    shoppers = [(await loop.create_connection(lambda: Shopper(load), host, port))[1] for _ in range(connections)]
    await asyncio.gather(*(shopper.done for shopper in shoppers))
    took, cpu = time.perf_counter() - began, time.process_time() - cpu_began
    latencies = sorted(load.latencies)
    return {
        "seconds": took,
        "statuses": dict(load.statuses),
        "p50_ms": _percentile(latencies, 0.50),
        "p99_ms": _percentile(latencies, 0.99),
        "client_cpu": cpu / took,
        "ran_out": load.ran_out,
    }


def _percentile(values: list[float], share: float) -> float:
    return 1000 * values[min(len(values) - 1, int(share * len(values)))] if values else 0.0


def main() -> None:
    """Read the requests, run, print."""
    path, host, port, connections, seconds = sys.argv[1:]
    requests = pickle.loads(Path(path).read_bytes())  # noqa: S301  (written by the benchmark a moment ago)
    print(json.dumps(uvloop.run(run(requests, host, int(port), int(connections), float(seconds)))))


if __name__ == "__main__":
    main()

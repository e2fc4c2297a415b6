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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import uvloop

from stoa.cli.bench.answers import Answers, percentile


class Talker(asyncio.Protocol):
    """One connection: a request, its answer, the next request. `first` gives a request and `answered` the one after."""

    def __init__(self) -> None:
        self._answers = Answers()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def first(self) -> bytes | None:
        """What is sent first; None ends it."""
        raise NotImplementedError

    def answered(self, status: int, body: bytes) -> bytes | None:
        """What is sent next; None ends it."""
        raise NotImplementedError

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)
        self._send(self.first())

    def data_received(self, data: bytes) -> None:
        """Once the answer is whole, go on."""
        answer = self._answers.fed(data)
        if answer is not None:
            self._send(self.answered(*answer))

    def connection_lost(self, _exc: Exception | None) -> None:
        """Whatever ended it."""
        if not self.done.done():
            self.done.set_result(None)

    def _send(self, request: bytes | None) -> None:
        if request is None:
            self._transport.close()
        else:
            self._transport.write(request)


async def talk(make: Callable[[], Talker], host: str, port: int, connections: int) -> dict[str, float]:
    """So many of them side by side until all are done; seconds, and the share of a core that this process used."""
    loop = asyncio.get_running_loop()
    began, cpu_began = time.perf_counter(), time.process_time()
    talkers = [(await loop.create_connection(make, host, port))[1] for _ in range(connections)]
    await asyncio.gather(*(talker.done for talker in talkers))
    took = time.perf_counter() - began
    return {"seconds": took, "client_cpu": (time.process_time() - cpu_began) / took}


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


class Buyer(Talker):
    """Takes the next of the requests, whoever's it is."""

    def __init__(self, load: Load) -> None:
        super().__init__()
        self._load = load
        self._sent_at = 0.0

    def first(self) -> bytes | None:
        """The next request."""
        self._sent_at = time.perf_counter()
        return self._load.next()

    def answered(self, status: int, body: bytes) -> bytes | None:  # noqa: ARG002
        """Note it and go on."""
        self._load.latencies.append(time.perf_counter() - self._sent_at)
        self._load.statuses[status] += 1
        return self.first()


async def run(requests: list[bytes], host: str, port: int, connections: int, seconds: float) -> dict[str, object]:
    """Send until the time or the requests are over; seconds, statuses, latencies in milliseconds, CPU share."""
    load = Load(requests, seconds)
    told = await talk(lambda: Buyer(load), host, port, connections)
    latencies = sorted(load.latencies)
    return told | {
        "statuses": dict(load.statuses),
        "p50_ms": percentile(latencies, 0.50),
        "p99_ms": percentile(latencies, 0.99),
        "ran_out": load.ran_out,
    }


def main() -> None:
    """Read the requests, run, print."""
    path, host, port, connections, seconds = sys.argv[1:]
    requests = pickle.loads(Path(path).read_bytes())  # noqa: S301  (written by the benchmark a moment ago)
    print(json.dumps(uvloop.run(run(requests, host, int(port), int(connections), float(seconds)))))


if __name__ == "__main__":
    main()

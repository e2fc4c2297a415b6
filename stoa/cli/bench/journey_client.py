"""The load of whole journeys: a process of guests who each begin a cart, fill it, say who they are, ask, and buy.

`python -m stoa.cli.bench.journey_client HOST PORT CONNECTIONS SECONDS BASE VARIANTS` prints one JSON object. Each
connection is one guest after another, who sends a request when the answer to the last is there.
"""

import json
import sys
import time
from collections import Counter
from random import Random
from uuid import UUID

import uvloop

from stoa.cli.bench.answers import percentile, value_of
from stoa.cli.bench.client import Talker, talk
from stoa.cli.bench.world import ADDRESS, EMAIL, HOST

STEPS = ("cart", "first line", "second line", "contact", "quote", "complete")
EXPECTED = (201, 201, 201, 204, 201, 201)

_CONTACT = json.dumps(
    {
        "email": EMAIL,
        "shipping": {
            "name": ADDRESS.name,
            "line1": ADDRESS.line1,
            "city": ADDRESS.city,
            "postal_code": ADDRESS.postal_code,
            "country": ADDRESS.country,
        },
    }
).encode()
_HEAD = b" HTTP/1.1\r\nHost: " + HOST.encode() + b"\r\nContent-Type: application/json\r\n"
_BEGIN = b"POST /api/store/v1/carts" + _HEAD + b"Content-Length: 0\r\n\r\n"
_TO_CART = b"%b /api/store/v1/carts/%b/%b" + _HEAD + b"Cart-Token: %b\r\n%bContent-Length: %d\r\n\r\n%b"


class Load:
    """What all guests share: the clock, the wares, the tally."""

    def __init__(self, seconds: float, base: UUID, variants: int) -> None:
        self.until = time.perf_counter() + seconds
        # Child n of the base, as text: its first twelve bytes, then n.
        self.wares = str(base)[:28]
        self.variants = variants
        self.random = Random(base.int)
        self.whole: list[float] = []
        self.steps: list[list[float]] = [[] for _ in STEPS]
        self.failed: Counter[str] = Counter()


class Guest(Talker):
    """One journey after another."""

    def __init__(self, load: Load) -> None:
        super().__init__()
        self._load = load

    def first(self) -> bytes | None:
        """Begin a journey while there is time."""
        self._began = self._sent_at = time.perf_counter()
        self._step = 0
        self._cart = self._token = b""
        return _BEGIN if self._began < self._load.until else None

    def answered(self, status: int, body: bytes) -> bytes | None:
        """The next step, or the next journey where this one is over or went wrong."""
        now = time.perf_counter()
        if status != EXPECTED[self._step]:
            self._load.failed[f"{STEPS[self._step]}: {status}"] += 1
            return self.first()
        self._load.steps[self._step].append(now - self._sent_at)
        self._sent_at = now
        self._step += 1
        match self._step:
            case 1:
                self._cart, self._token = value_of(b"id", body), value_of(b"token", body)
                return self._line()
            case 2:
                return self._line()
            case 3:
                return self._ask(b"PUT", b"contact", _CONTACT)
            case 4:
                return self._ask(b"POST", b"quotes", b"")
            case 5:
                bought = b'{"quote_id":"%b","payment_method":"test"}' % value_of(b"id", body)
                return self._ask(b"POST", b"complete", bought, b"Idempotency-Key: %b\r\n" % self._cart)
            case _:
                self._load.whole.append(now - self._began)
                return self.first()

    def _line(self) -> bytes:
        number = self._load.random.randint(1, self._load.variants)
        ware = b'{"variant_id":"%b%08x","quantity":1}' % (self._load.wares.encode(), number)
        return self._ask(b"POST", b"lines", ware)

    def _ask(self, method: bytes, what: bytes, body: bytes, more: bytes = b"") -> bytes:
        return _TO_CART % (method, self._cart, what, self._token, more, len(body), body)


async def run(load: Load, host: str, port: int, connections: int) -> dict[str, object]:
    """Journeys until the time is over; those begun are ended. Latencies in milliseconds."""
    told = await talk(lambda: Guest(load), host, port, connections)
    whole = sorted(load.whole)
    return told | {
        "journeys": len(whole),
        "p50_ms": percentile(whole, 0.50),
        "p99_ms": percentile(whole, 0.99),
        "steps_p50_ms": {name: percentile(sorted(taken), 0.50) for name, taken in zip(STEPS, load.steps, strict=True)},
        "failed": dict(load.failed),
    }


def main() -> None:
    """Run, print."""
    host, port, connections, seconds, base, variants = sys.argv[1:]
    load = Load(float(seconds), UUID(base), int(variants))
    print(json.dumps(uvloop.run(run(load, host, int(port), int(connections)))))


if __name__ == "__main__":
    main()

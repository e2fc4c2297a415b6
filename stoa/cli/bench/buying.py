"""One round of buying: prepared carts handed in over HTTP, one request an order; and one round of the limit."""

import json
import pickle
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from stoa import carts
from stoa.cli.bench import limit
from stoa.cli.bench.shop import Shop
from stoa.cli.bench.world import HOST, PreparedCarts
from stoa.cli.installation import ROOT
from stoa.kernel.ids import child_id

LONGEST_WARM_UP_SECONDS = 10
FIRST_GUESS = 6000.0  # orders a second for which carts are prepared before any rate is known
_ROOM = 1.4  # prepared carts for a rate so much above the highest seen
_ENDING_SECONDS = 60


@dataclass(frozen=True)
class Round:
    """What one run of the client saw; `rate` is orders a second, `before` how many orders were there already."""

    rate: float
    p50_ms: float
    p99_ms: float
    client_cpu: float
    orders: int
    before: int
    others: dict[str, int]
    ran_out: bool

    @property
    def in_words(self) -> str:
        """The round, in a line."""
        words = (
            f"{self.rate:,.0f} orders/s over HTTP, p50 {self.p50_ms:.1f} ms, p99 {self.p99_ms:.1f} ms,"
            f" client CPU {self.client_cpu:.0%}"
        )
        if self.others or self.ran_out:
            words += f" [yellow](not placed: {self.others}; carts ran out: {self.ran_out})[/]"
        return words


@dataclass(frozen=True)
class LimitRound:
    """Orders a second that pgbench wrote, by its number of connections."""

    rates: dict[int, float]

    @property
    def rate(self) -> float:
        """The best of them."""
        return max(self.rates.values())

    @property
    def in_words(self) -> str:
        """The round, in a line."""
        told = ", ".join(f"{rate:,.0f}/s from {count}" for count, rate in self.rates.items())
        return f"the limit by pgbench, {told} connections"


def buy(shop: Shop, port: int, *, seconds: float, connections: int, hot: bool, expected: float) -> Round:
    """Buy for so many seconds; `expected` is the rate for which carts are prepared. Every order told of is counted."""
    prepared = shop.prepare(int(expected * seconds * _ROOM) + 1000, hot=hot)
    return hand_in(shop, port, prepared, seconds=seconds, connections=connections)


def hand_in(shop: Shop, port: int, prepared: PreparedCarts, *, seconds: float, connections: int) -> Round:
    """Hand in these carts until the time is over, or they are.

    Raises NotAgreed.
    """
    before = shop.orders()
    requests = shop.scratch / "requests"
    requests.write_bytes(pickle.dumps(list(_requests(prepared, shop.config.secret_key))))
    told = run_client(shop, "client", requests, "127.0.0.1", port, connections, seconds, timeout=seconds)
    requests.unlink()
    statuses: dict[str, int] = told["statuses"]
    sold = statuses.pop("201", 0)
    shop.agree(before, sold)
    return Round(
        rate=sold / told["seconds"],
        p50_ms=told["p50_ms"],
        p99_ms=told["p99_ms"],
        client_cpu=told["client_cpu"],
        orders=sold,
        before=before,
        others=statuses,
        ran_out=told["ran_out"],
    )


def warm_up(shop: Shop, port: int, connections: int, seconds: int) -> float:
    """Buy a little before rounds of so many seconds, which is in no figure; the rate seen."""
    shop.say("Warming up ...")
    seconds = min(seconds, LONGEST_WARM_UP_SECONDS)
    return buy(shop, port, seconds=seconds, connections=connections, hot=False, expected=FIRST_GUESS).rate


def limit_round(shop: Shop, *, seconds: int, hot: bool, expected: float) -> LimitRound:
    """pgbench writing the same orders for so many seconds, shared among its numbers of connections.

    Raises LimitNotMeasured, NotAgreed.
    """
    rates = {}
    each = max(1, seconds // len(limit.CONNECTIONS))
    for connections in limit.CONNECTIONS:
        prepared = shop.prepare(int(expected * each * _ROOM) + 1000, hot=hot)
        before = shop.orders()
        rates[connections], count = limit.measure(
            shop.config.server_url, shop.world, prepared, first=1, connections=connections, seconds=each
        )
        shop.agree(before, count)
    return LimitRound(rates)


def run_client(shop: Shop, module: str, *arguments: object, timeout: float) -> dict[str, Any]:
    """Run a process of load and read what it tells."""
    ran = subprocess.run(
        [sys.executable, "-P", "-m", f"stoa.cli.bench.{module}", *map(str, arguments)],
        env=shop.config.environment() | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=timeout + _ENDING_SECONDS,
    )
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


def _requests(prepared: PreparedCarts, secret_key: bytes) -> Iterator[bytes]:
    for n in range(1, prepared.count + 1):
        cart_id = child_id(prepared.carts, n)
        body = json.dumps({"quote_id": str(child_id(prepared.quotes, n)), "payment_method": "test"})
        yield (
            f"POST /api/store/v1/carts/{cart_id}/complete HTTP/1.1\r\nHost: {HOST}\r\n"
            f"Cart-Token: {carts.cart_token(secret_key, cart_id)}\r\nIdempotency-Key: {cart_id}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

"""`stoa bench checkout`: complete orders through the public HTTP API, beside the limit, in turn, in one run."""

import asyncio
import json
import pickle
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import typer
from rich.console import Console

from stoa import carts
from stoa.cli import serving
from stoa.cli.bench import limit
from stoa.cli.bench.world import HOST, PreparedCarts, World, check_likeness, open_world, prepare_carts
from stoa.cli.installation import ROOT, using_installation
from stoa.cli.ports import choose_port
from stoa.cli.processes import Crew
from stoa.config import Config
from stoa.db.engine import connect
from stoa.db.transaction import Database
from stoa.kernel.ids import child_id
from stoa.kernel.refusals import Conflict

ROUNDS = 3
WARM_UP_SECONDS = 4.0
_ROOM = 1.4  # prepared carts for a rate so much above the highest seen

console = Console(stderr=True)


class NotEmpty(Conflict):
    """The benchmark would sell somebody's stock."""

    code = "bench.not_empty"
    says = "There are stores in this database already; give the benchmark an empty data directory with --data."


class NotAgreed(Conflict):
    """The client and the database do not tell the same number."""

    code = "bench.not_agreed"
    says = "The server answered {answered} orders, and {stored} are in the database: something is wrong."

    answered: int
    stored: int


@dataclass
class Figures:
    """What was measured so far, a value a round."""

    rates: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    client_cpu: list[float] = field(default_factory=list)
    raw: list[float] = field(default_factory=list)
    answered: int = 0
    raw_orders: int = 0


def checkout(
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", metavar="DIR", help="An empty data directory; without it one that is removed afterwards."
        ),
    ] = None,
    seconds: Annotated[int, typer.Option(min=1, max=600, help="Seconds a round.")] = 15,
    connections: Annotated[int, typer.Option(min=1, max=512, help="Connections of the client.")] = 64,
    workers: Annotated[int, typer.Option(min=1, max=16, help="Processes of the web server.")] = 1,
    hot: Annotated[bool, typer.Option("--hot", help="Every order for one variant.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Sell carts of two lines over HTTP, one request an order, and compare with pgbench writing the same rows."""
    with ExitStack() as stack:
        if data is None:
            data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="stoa-bench-")))
            data.chmod(0o755)
        config = stack.enter_context(using_installation(data))
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="stoa-bench-")))
        bench = _Bench(config, scratch, seconds=seconds, connections=connections, workers=workers, hot=hot)
        result = bench.run()
    console.print() if not as_json else None
    print(json.dumps(result) if as_json else _in_words(result))


class _Bench:
    """One run over one data directory."""

    def __init__(
        self, config: Config, scratch: Path, *, seconds: int, connections: int, workers: int, hot: bool
    ) -> None:
        self._config = config
        self._scratch = scratch
        self._seconds = seconds
        self._connections = connections
        self._workers = workers
        self._hot = hot
        self._seed = 0
        self._figures = Figures()

    def run(self) -> dict[str, Any]:
        """Fill, warm up, measure three rounds of each in turn, count."""
        if self._ask(lambda _, connection: connection.fetchval("SELECT count(*) FROM stores")):
            raise NotEmpty()
        console.print("Making a store with 100,000 variants ...")
        self._world: World = self._ask(lambda database, connection: open_world(database, connection))
        with self._served() as port:
            console.print("Warming up ...")
            rate = self._sell(port, WARM_UP_SECONDS, expected=6000)["rate"]
            raw = self._limit(connections=8, seconds=3, expected=9000)
            for number in range(1, ROUNDS + 1):
                rate = max(rate, self._http_round(number, port, rate))
                raw = max(raw, self._raw_round(number, raw))
        stored = self._ask(lambda _, connection: self._count(connection))
        if stored != self._figures.answered + self._figures.raw_orders:
            raise NotAgreed(answered=self._figures.answered, stored=stored - self._figures.raw_orders)
        figures = self._figures
        orders, limit_rate = statistics.median(figures.rates), statistics.median(figures.raw)
        return {
            "orders_per_second": round(orders, 1),
            "p50_ms": round(statistics.median(figures.p50), 2),
            "p99_ms": round(statistics.median(figures.p99), 2),
            "orders_in_database": figures.answered,
            "raw_per_second": round(limit_rate, 1),
            "ratio": round(orders / limit_rate, 3),
            "client_cpu": round(statistics.median(figures.client_cpu), 3),
            "rounds": [round(value, 1) for value in figures.rates],
            "raw_rounds": [round(value, 1) for value in figures.raw],
            "connections": self._connections,
            "workers": self._workers,
            "seconds": self._seconds,
            "hot": self._hot,
        }

    def _http_round(self, number: int, port: int, expected: float) -> float:
        sold = self._sell(port, self._seconds, expected=expected)
        self._figures.rates.append(sold["rate"])
        self._figures.p50.append(sold["p50_ms"])
        self._figures.p99.append(sold["p99_ms"])
        self._figures.client_cpu.append(sold["client_cpu"])
        console.print(
            f"Round {number}: {sold['rate']:,.0f} orders/s over HTTP, p50 {sold['p50_ms']:.1f} ms,"
            f" p99 {sold['p99_ms']:.1f} ms, client CPU {sold['client_cpu']:.0%}"
        )
        return float(sold["rate"])

    def _raw_round(self, number: int, expected: float) -> float:
        each = max(3, self._seconds // len(limit.CONNECTIONS))
        rates = {count: self._limit(connections=count, seconds=each, expected=expected) for count in limit.CONNECTIONS}
        self._figures.raw.append(max(rates.values()))
        told = ", ".join(f"{rate:,.0f}/s from {count}" for count, rate in rates.items())
        console.print(f"Round {number}: the limit by pgbench, {told} connections")
        return max(rates.values())

    def _sell(self, port: int, seconds: float, *, expected: float) -> dict[str, Any]:
        """One run of the client over carts prepared for it."""
        prepared = self._prepare(int(expected * seconds * _ROOM) + 1000, hot=self._hot)
        requests = self._scratch / "requests"
        requests.write_bytes(pickle.dumps(list(self._requests(prepared))))
        ran = subprocess.run(
            [sys.executable, "-m", "stoa.cli.bench.client", requests, "127.0.0.1", str(port), str(self._connections),
             str(seconds)],
            env=self._config.environment() | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True, check=True,
            timeout=seconds + 60,
        )  # fmt: skip
        told: dict[str, Any] = json.loads(ran.stdout)
        sold = told["statuses"].get("201", 0)
        others = {status: count for status, count in told["statuses"].items() if status != "201"}
        if others or told["ran_out"]:
            console.print(f"[yellow]Not placed: {others}; carts ran out: {told['ran_out']}")
        self._figures.answered += sold
        return told | {"rate": sold / told["seconds"]}

    def _limit(self, *, connections: int, seconds: int, expected: float) -> float:
        prepared = self._prepare(int(expected * seconds * _ROOM) + 1000, hot=self._hot)
        rate, count = limit.measure(
            self._config.server_url, self._world, prepared, first=1, connections=connections, seconds=seconds,
            hot=self._hot, script=self._scratch / "order.sql",
        )  # fmt: skip
        self._figures.raw_orders += count
        return rate

    def _prepare(self, count: int, *, hot: bool) -> PreparedCarts:
        self._seed += 1

        async def prepare(database: Database, connection: "asyncpg.Connection[asyncpg.Record]") -> PreparedCarts:
            made = await prepare_carts(
                connection, self._world, count=count, hot=hot, secret_key=self._config.secret_key, seed=self._seed
            )
            await check_likeness(database, self._world, made, self._config.secret_key)
            return made

        prepared: PreparedCarts = self._ask(prepare)
        return prepared

    def _requests(self, prepared: PreparedCarts) -> Iterator[bytes]:
        for n in range(1, prepared.count + 1):
            cart_id = child_id(prepared.carts, n)
            body = json.dumps({"quote_id": str(child_id(prepared.quotes, n)), "payment_method": "test"})
            yield (
                f"POST /api/store/v1/carts/{cart_id}/complete HTTP/1.1\r\nHost: {HOST}\r\n"
                f"Cart-Token: {carts.cart_token(self._config.secret_key, cart_id)}\r\nIdempotency-Key: {cart_id}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
            ).encode()

    async def _count(self, connection: "asyncpg.Connection[asyncpg.Record]") -> int:
        async with connection.transaction():
            await connection.execute("SELECT stoa.enter_store($1)", self._world.store_id)
            return int(
                await connection.fetchval("SELECT count(*) FROM orders WHERE store_id = $1", self._world.store_id)
            )

    def _ask(self, what: Any) -> Any:
        """Run one piece of asynchronous work with a connection of its own."""

        async def ask() -> Any:
            database = Database(self._config.server_url)
            connection = await connect(self._config.server_url)
            try:
                return await what(database, connection)
            finally:
                await connection.close()
                await database.close()

        return asyncio.run(ask())

    @contextmanager
    def _served(self) -> Iterator[int]:
        """The web server alone: the worker of the jobs would sell nothing."""
        port = choose_port("127.0.0.1", None)
        with Crew([serving.web(self._config, "127.0.0.1", port, self._workers)], console.print) as crew:
            crew.tend_until(lambda: serving.answers("127.0.0.1", port), every_seconds=0.1)
            yield port


def _in_words(result: dict[str, Any]) -> str:
    return (
        f"{result['orders_per_second']:,.0f} orders a second over HTTP (p50 {result['p50_ms']} ms, p99"
        f" {result['p99_ms']} ms, client CPU {result['client_cpu']:.0%}); the limit {result['raw_per_second']:,.0f}"
        f" a second; ratio {result['ratio']}. {result['orders_in_database']:,} orders, all in the database."
    )

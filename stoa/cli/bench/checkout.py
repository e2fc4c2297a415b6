"""`stoa bench checkout`: complete orders through the public HTTP API, beside the limit, in turn, in one run."""

import json
import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from stoa.cli.bench.buying import LimitRound, Round, buy, limit_round, warm_up
from stoa.cli.bench.shop import Shop, new_shop

ROUNDS = 3
SHORTEST_LIMIT_SECONDS = 9

_console = Console(stderr=True)


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
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="stoa-bench-")))
        if data is None:
            scratch.chmod(0o755)
            data = scratch / "data"
        shop = stack.enter_context(new_shop(data, scratch, _say))
        result = _measure(shop, seconds=seconds, connections=connections, workers=workers, hot=hot)
    if not as_json:
        _say("")
    print(json.dumps(result) if as_json else _in_words(result))


def _say(sentence: str) -> None:
    _console.print(sentence, soft_wrap=True)


def _measure(shop: Shop, *, seconds: int, connections: int, workers: int, hot: bool) -> dict[str, Any]:
    """Warm up, then measure three rounds of each in turn."""
    bought: list[Round] = []
    limits: list[LimitRound] = []
    with shop.served(workers) as port:
        rate = warm_up(shop, port, connections, seconds)
        fastest = limit_round(shop, seconds=3, hot=hot, expected=9000).rate
        for number in range(1, ROUNDS + 1):
            bought.append(buy(shop, port, seconds=seconds, connections=connections, hot=hot, expected=rate))
            rate = max(rate, bought[-1].rate)
            shop.say(f"Round {number}: {bought[-1].in_words}")
            limits.append(limit_round(shop, seconds=max(SHORTEST_LIMIT_SECONDS, seconds), hot=hot, expected=fastest))
            fastest = max(fastest, limits[-1].rate)
            shop.say(f"Round {number}: {limits[-1].in_words}")
    orders = statistics.median(one.rate for one in bought)
    limit_rate = statistics.median(one.rate for one in limits)
    return {
        "orders_per_second": round(orders, 1),
        "p50_ms": round(statistics.median(one.p50_ms for one in bought), 2),
        "p99_ms": round(statistics.median(one.p99_ms for one in bought), 2),
        "orders_in_database": sum(one.orders for one in bought),
        "raw_per_second": round(limit_rate, 1),
        "ratio": round(orders / limit_rate, 3),
        "client_cpu": round(statistics.median(one.client_cpu for one in bought), 3),
        "rounds": [round(one.rate, 1) for one in bought],
        "raw_rounds": [round(one.rate, 1) for one in limits],
        "connections": connections,
        "workers": workers,
        "seconds": seconds,
        "hot": hot,
    }


def _in_words(result: dict[str, Any]) -> str:
    return (
        f"{result['orders_per_second']:,.0f} orders a second over HTTP (p50 {result['p50_ms']} ms, p99"
        f" {result['p99_ms']} ms, client CPU {result['client_cpu']:.0%}); the limit {result['raw_per_second']:,.0f}"
        f" a second; ratio {result['ratio']}. {result['orders_in_database']:,} orders, all in the database."
    )

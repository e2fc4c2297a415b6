"""How long one order takes on a server that has nothing else to do."""

from stoa.cli.bench.buying import buy
from stoa.cli.bench.sheet import Sheet
from stoa.cli.bench.shop import Shop

P50_MS = 5
LONGEST_SECONDS = 20  # one connection: waiting longer tells no more
_GUESS = 1000.0


def measure_waiting(shop: Shop, port: int, sheet: Sheet) -> None:
    """One connection, one order after another."""
    seconds = min(sheet.plan.seconds, LONGEST_SECONDS)
    shop.checkpoint()
    bought = [
        buy(shop, port, seconds=seconds, connections=1, hot=False, expected=_GUESS) for _ in range(sheet.plan.rounds)
    ]
    sheet.add(
        "idle",
        "one order at a time, idle server, p50",
        "ms",
        [one.p50_ms for one in bought],
        must=f"< {P50_MS} ms",
        reached=lambda waited: waited < P50_MS,
        p99_ms=[round(one.p99_ms, 2) for one in bought],
        orders=[one.orders for one in bought],
    )
    sheet.look_after(shop, "one at a time")

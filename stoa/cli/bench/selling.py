"""The rows of selling: over all variants and over one, beside the limit in the same run."""

import statistics
from dataclasses import asdict
from typing import Any

from stoa.cli.bench.buying import LimitRound, Round, buy, limit_round
from stoa.cli.bench.selling_out import sell_out
from stoa.cli.bench.sheet import Plan, Sheet
from stoa.cli.bench.shop import Say, Shop

ENOUGH = 2500
P99_MS = 80
HOT_SHARE = 0.8
SHORTEST_LIMIT_SECONDS = 3
_LIMIT_GUESS = 5000.0


def measure_spread(shop: Shop, port: int, sheet: Sheet, *, expected: float) -> None:
    """Orders spread over all variants: the rate, its ratio to the limit, and how long one in a hundred waits."""
    bought, limits = in_turn(shop, port, sheet, hot=False, expected=expected)
    connections = sheet.plan.connections
    sheet.add(
        "spread",
        f"orders/s over HTTP, {connections} connections, over {shop.world.variants:,} variants",
        "/s",
        [one.rate for one in bought],
        must=f">= {ENOUGH:,}/s",
        reached=lambda rate: rate >= ENOUGH,
        **of_rounds(bought),
    )
    _add_ratio(sheet, "spread_ratio", "ratio of that to the limit (pgbench) beside it", bought, limits, least=1.0)
    sheet.add(
        "p99",
        f"p99 at {connections} connections",
        "ms",
        [one.p99_ms for one in bought],
        must=f"< {P99_MS} ms",
        reached=lambda waited: waited < P99_MS,
    )


def measure_hot(shop: Shop, port: int, sheet: Sheet, *, expected: float) -> None:
    """Every order for one variant: the rate, its share of the spread one, and that nobody gets what is not there."""
    bought, limits = in_turn(shop, port, sheet, hot=True, expected=expected)
    sheet.add("hot", "the same, every order for one variant", "/s", [one.rate for one in bought], **of_rounds(bought))
    spread = sheet.value("spread")
    if spread is not None:
        sheet.add(
            "hot_share",
            "share of the spread figure",
            "",
            [one.rate / spread for one in bought],
            must=f">= {HOT_SHARE}",
            reached=lambda share: share >= HOT_SHARE,
        )
    _add_ratio(sheet, "hot_ratio", "ratio of hot to its own limit (pgbench)", bought, limits, least=None)
    out = sell_out(shop, port, connections=sheet.plan.connections)
    sheet.add(
        "sold_out",
        f"orders served, of {out.shoppers:,} shoppers at once for {out.units:,} units, two each",
        "",
        [out.orders],
        must=f"{out.units // 2:,}, none oversold",
        reached=lambda _: out.right,
        **asdict(out),
    )
    sheet.look_after(shop, "selling out")


def in_turn(shop: Shop, port: int, sheet: Sheet, *, hot: bool, expected: float) -> tuple[list[Round], list[LimitRound]]:
    """The rounds of buying and of the limit, one after the other; then a look at the laws over all they sold."""
    bought: list[Round] = []
    limits: list[LimitRound] = []
    what, fastest = "hot" if hot else "spread", _LIMIT_GUESS
    seconds = max(SHORTEST_LIMIT_SECONDS, sheet.plan.seconds // 2)
    for number in range(1, sheet.plan.rounds + 1):
        bought.append(buy_once(shop, port, sheet.plan, sheet.say, f"{what} {number}", hot=hot, expected=expected))
        expected = max(expected, bought[-1].rate)
        limits.append(limit_round(shop, seconds=seconds, hot=hot, expected=fastest))
        fastest = limits[-1].rate
        sheet.say(f"{what} {number}: {limits[-1].in_words}")
    sheet.look_after(shop, what)
    return bought, limits


def buy_once(shop: Shop, port: int, plan: Plan, say: Say, name: str, *, hot: bool = False, expected: float) -> Round:
    """One round of the planned length, from a quiet database. One whose carts ran out before its time is no round."""
    while True:
        shop.checkpoint()
        bought = buy(shop, port, seconds=plan.seconds, connections=plan.connections, hot=hot, expected=expected)
        say(f"{name}: {bought.in_words}")
        if not bought.ran_out:
            return bought
        expected = max(expected, bought.rate)


def of_rounds(bought: list[Round]) -> dict[str, Any]:
    """What else the rounds saw, for the document."""
    return {
        "p50_ms": [round(one.p50_ms, 1) for one in bought],
        "p99_ms": [round(one.p99_ms, 1) for one in bought],
        "client_cpu": round(statistics.median(one.client_cpu for one in bought), 3),
        "orders": [one.orders for one in bought],
        "stored_before": [one.before for one in bought],
        "not_placed": [one.others for one in bought],
        "carts_ran_out": any(one.ran_out for one in bought),
    }


def _add_ratio(
    sheet: Sheet, key: str, what: str, bought: list[Round], limits: list[LimitRound], *, least: float | None
) -> None:
    """Each round beside the limit measured right after it."""
    sheet.add(
        key,
        what,
        "",
        [one.rate / limit.rate for one, limit in zip(bought, limits, strict=True)],
        must=f">= {least}" if least else "",
        reached=(lambda ratio: ratio >= least) if least else None,
        limit_rounds=[{str(count): round(rate) for count, rate in limit.rates.items()} for limit in limits],
    )

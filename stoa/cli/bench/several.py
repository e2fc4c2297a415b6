"""Several server processes instead of one."""

from stoa.cli.bench.buying import warm_up
from stoa.cli.bench.selling import buy_once, of_rounds
from stoa.cli.bench.sheet import Sheet
from stoa.cli.bench.shop import Shop

LEAST_SHARE = 0.9  # “as well as one”: the rounds themselves differ by as much


def measure_several(shop: Shop, port: int, sheet: Sheet, *, workers: int) -> None:
    """Spread orders as before, from a server of `workers` processes."""
    plan = sheet.plan
    rate = warm_up(shop, port, plan.connections, plan.seconds)
    bought = []
    for number in range(1, plan.rounds + 1):
        bought.append(buy_once(shop, port, plan, sheet.say, f"{workers} processes {number}", expected=rate))
        rate = max(rate, bought[-1].rate)
    sheet.look_after(shop, f"{workers} processes")
    one = sheet.value("spread")
    sheet.add(
        "workers",
        f"orders/s spread, {workers} server processes",
        "/s",
        [each.rate for each in bought],
        must="as well as one" + (f": >= {LEAST_SHARE * one:,.0f}/s" if one else ""),
        reached=(lambda rate: rate >= LEAST_SHARE * one) if one else None,
        **of_rounds(bought),
    )

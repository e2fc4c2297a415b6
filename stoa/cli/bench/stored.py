"""Orders already in the store: what a million of them, and five, take away from the rate."""

import statistics

from stoa.cli.bench.buying import warm_up
from stoa.cli.bench.selling import buy_once, of_rounds
from stoa.cli.bench.sheet import Sheet
from stoa.cli.bench.shop import Shop

FALL_PERCENT = 15


def measure_stored(shop: Shop, sheet: Sheet, *, sizes: list[int]) -> None:
    """Fill the store to each size, sell spread, and compare with a store that began empty."""
    empty = sheet.value("spread")
    if empty is None:
        empty = _measure(shop, sheet, 0, None)
    for size in sorted(sizes):
        sheet.say(f"Filling the store to {size:,} orders ...")
        took = shop.fill(size)
        sheet.say(f"Filled in {took:,.0f} s, {shop.gigabytes():.1f} GB")
        _measure(shop, sheet, size, empty)


def _measure(shop: Shop, sheet: Sheet, size: int, empty: float | None) -> float:
    """The rows of one size; the median rate."""
    bought = []
    with shop.served(1) as port:
        rate = warm_up(shop, port, sheet.plan.connections, sheet.plan.seconds)
        for number in range(1, sheet.plan.rounds + 1):
            name = f"{size:,} stored {number}"
            bought.append(buy_once(shop, port, sheet.plan, sheet.say, name, expected=rate))
            rate = max(rate, bought[-1].rate)
    rates = [one.rate for one in bought]
    what = f"orders/s spread, {size:,} orders in the store already"
    sheet.add(f"stored_{size}", what, "/s", rates, gigabytes=round(shop.gigabytes(), 1), **of_rounds(bought))
    if empty is not None:
        sheet.add(
            f"fall_{size}",
            "by which that is below an empty store's",
            "%",
            [100 * (1 - rate / empty) for rate in rates],
            must=f"< {FALL_PERCENT} %",
            reached=lambda fall: fall < FALL_PERCENT,
        )
    sheet.look_after(shop, f"{size:,} stored")
    return statistics.median(rates)

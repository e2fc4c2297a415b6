"""Whole journeys of guests through the public API, every one of which ends in an order."""

import statistics
from dataclasses import dataclass

from stoa.cli.bench.buying import run_client
from stoa.cli.bench.journey_client import STEPS
from stoa.cli.bench.sheet import Sheet
from stoa.cli.bench.shop import Shop

ENOUGH = 300


@dataclass(frozen=True)
class JourneyRound:
    """What one run of the guests saw; `rate` is whole journeys a second."""

    rate: float
    p50_ms: float
    p99_ms: float
    steps_p50_ms: dict[str, float]
    client_cpu: float
    journeys: int
    failed: dict[str, int]


def journeys(shop: Shop, port: int, *, seconds: float, connections: int) -> JourneyRound:
    """Journeys for so many seconds. Each one's order is counted in the database.

    Raises NotAgreed.
    """
    before = shop.orders()
    world = shop.world
    told = run_client(
        shop, "journey_client", "127.0.0.1", port, connections, seconds, world.base, world.variants, timeout=seconds
    )
    shop.agree(before, told["journeys"])
    return JourneyRound(
        rate=told["journeys"] / told["seconds"],
        p50_ms=told["p50_ms"],
        p99_ms=told["p99_ms"],
        steps_p50_ms=told["steps_p50_ms"],
        client_cpu=told["client_cpu"],
        journeys=told["journeys"],
        failed=told["failed"],
    )


def measure_journeys(shop: Shop, port: int, sheet: Sheet) -> None:
    """Begin a cart, two lines one by one, contact and address, quote, complete: six requests a journey."""
    plan = sheet.plan
    rounds = []
    for number in range(1, plan.rounds + 1):
        shop.checkpoint()
        rounds.append(journeys(shop, port, seconds=plan.seconds, connections=plan.connections))
        sheet.say(
            f"journeys {number}: {rounds[-1].rate:,.0f}/s, p50 {rounds[-1].p50_ms:.0f} ms,"
            f" client CPU {rounds[-1].client_cpu:.0%}"
        )
        if rounds[-1].failed:
            sheet.say(f"[yellow]journeys that ended early: {rounds[-1].failed}")
    sheet.look_after(shop, "journeys")
    sheet.add(
        "journeys",
        f"whole guest journeys, {len(STEPS)} requests each, {plan.connections} connections",
        "/s",
        [one.rate for one in rounds],
        must=f">= {ENOUGH}/s",
        reached=lambda rate: rate >= ENOUGH,
        p50_ms=[round(one.p50_ms, 1) for one in rounds],
        p99_ms=[round(one.p99_ms, 1) for one in rounds],
        steps_p50_ms={name: round(taken, 1) for name, taken in rounds[-1].steps_p50_ms.items()},
        client_cpu=round(statistics.median(one.client_cpu for one in rounds), 3),
        journeys=[one.journeys for one in rounds],
        ended_early=[one.failed for one in rounds],
    )

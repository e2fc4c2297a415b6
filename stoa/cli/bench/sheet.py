"""The table while it is being filled: a row a figure, the laws after every figure, and all of it as one document."""

import json
import shlex
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stoa.cli.bench.machine import describe
from stoa.cli.bench.shop import Say, Shop
from stoa.cli.bench.world import VARIANTS
from stoa.kernel.clock import utc_now

_SLOWEST = 3


@dataclass(frozen=True)
class Plan:
    """How long and how often everything is measured, from how many connections, and of how many variants."""

    seconds: int
    rounds: int
    connections: int
    variants: int = VARIANTS


@dataclass(frozen=True)
class Row:
    """One figure: its rounds in the unit, what it must reach in words, and whether its median does."""

    key: str
    what: str
    unit: str
    rounds: list[float]
    must: str
    reached: bool | None
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.rounds)

    @property
    def spread(self) -> float:
        """How far the rounds lie apart, as a share of their median."""
        return (max(self.rounds) - min(self.rounds)) / abs(self.value) if self.value else 0.0


class Sheet:
    """The rows so far. With `out`, the document is in that file from the first row on."""

    def __init__(self, plan: Plan, say: Say, out: Path | None = None) -> None:
        self.plan = plan
        self.say = say
        self.rows: list[Row] = []
        self.laws: list[dict[str, Any]] = []
        self.machine: dict[str, Any] = {}
        self._out = out
        self._began, self._clock = utc_now(), time.perf_counter()

    def add(
        self,
        key: str,
        what: str,
        unit: str,
        rounds: Sequence[float],
        *,
        must: str = "",
        reached: Callable[[float], bool] | None = None,
        **more: Any,
    ) -> None:
        """One more figure."""
        median = statistics.median(rounds)
        self.rows.append(Row(key, what, unit, list(rounds), must, reached(median) if reached else None, more))
        self.say(f"[bold]{what}: {figure(median)} {unit}[/]")
        self._keep()

    def value(self, key: str) -> float | None:
        """The median of a row, where it was measured."""
        return next((row.value for row in self.rows if row.key == key), None)

    def look_after(self, shop: Shop, what: str) -> None:
        """All laws over everything that this shop sold: they are part of every figure."""
        seen = shop.check_laws()
        seconds = sum(seen.took.values())
        slowest = sorted(seen.took, key=lambda name: -seen.took[name])[:_SLOWEST]
        self.laws.append(
            {
                "after": what,
                "orders": shop.orders(),
                "laws": len(seen.took),
                "broken": seen.broken,
                "seconds": round(seconds, 1),
                "slowest": {name: round(seen.took[name], 1) for name in slowest},
            }
        )
        how = f"[red]broken: {'; '.join(seen.broken)}[/]" if seen.broken else "all hold"
        self.say(f"{len(seen.took)} laws after {what}: {how} ({seconds:.0f} s)")
        self._keep()

    def on(self, shop: Shop) -> None:
        """Note the machine, as it was before the first measurement."""
        self.machine = self.machine or describe(shop)

    @property
    def is_right(self) -> bool:
        """Whether every law held whenever they were looked at."""
        return not any(seen["broken"] for seen in self.laws)

    def document(self) -> dict[str, Any]:
        """Everything, as JSON."""
        return {
            "command": shlex.join(["bin/stoa", *sys.argv[1:]]),
            "began": self._began.isoformat(timespec="seconds"),
            "took_seconds": round(time.perf_counter() - self._clock),
            "seconds": self.plan.seconds,
            "connections": self.plan.connections,
            "machine": self.machine,
            "rows": [_row(row) for row in self.rows],
            "laws": self.laws,
        }

    def _keep(self) -> None:
        if self._out is not None:
            self._out.write_text(json.dumps(self.document(), indent=2) + "\n")


def figure(value: float) -> str:
    """As people read it."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _row(row: Row) -> dict[str, Any]:
    return {
        "key": row.key,
        "what": row.what,
        "unit": row.unit,
        "value": _short(row.value),
        "rounds": [_short(value) for value in row.rounds],
        "spread": round(row.spread, 3),
        "must": row.must,
        "reached": row.reached,
        **row.more,
    }


def _short(value: float) -> float:
    """Four digits are more than these figures are good for."""
    return float(f"{value:.4g}")

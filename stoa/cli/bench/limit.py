"""The limit to compare with: what PostgreSQL itself does when nobody stands in front of it.

pgbench as the server role, row security and every constraint on, prepared, one order a transaction, and in it one
statement that writes the same rows as `place_orders` does (`sql/limit_order.sql`): nothing is looked up, judged or
answered.
"""

import os
import re
import subprocess

import stoa.db.embedded  # noqa: F401  (before the binaries, which import from it)
from stoa.cli.bench.statements import FOLDER
from stoa.cli.bench.world import PreparedCarts, World
from stoa.db.binaries import bin_path, environment
from stoa.kernel.refusals import Unavailable

CONNECTIONS = (1, 8, 16)

_FAILED = re.compile(r"number of failed transactions: (\d+)")
_DONE = re.compile(r"number of transactions actually processed: (\d+)")
_RATE = re.compile(r"tps = ([\d.]+)")


class LimitNotMeasured(Unavailable):
    """pgbench did not run through."""

    code = "bench.limit_not_measured"
    says = "pgbench did not run through: {words}"

    words: str


def measure(
    url: str, world: World, prepared: PreparedCarts, *, first: int, connections: int, seconds: int
) -> tuple[float, int]:
    """Orders a second, and how many; uses the prepared carts from number `first` on.

    Raises LimitNotMeasured.
    """
    known = {
        "n": 0,
        "first": first,
        "clients": connections,
        "store": world.store_id,
        "base": world.base,
        "variants": world.variants,
        "carts": prepared.carts,
        "quotes": prepared.quotes,
        "contacts": prepared.contacts,
        "seed": prepared.seed,
        "hot": int(prepared.hot),
        # Each set of carts has its own range of numbers, far above those that the server leases.
        "numbers": prepared.carts.int % 10**9 * 10**9 + 10**9,
    }
    ran = subprocess.run(
        [
            bin_path() / "pgbench",
            *("-n", "-M", "prepared", "-c", str(connections), "-j", str(min(connections, 2)), "-T", str(seconds)),
            *(word for name, value in known.items() for word in ("-D", f"{name}={value}")),
            *("-f", FOLDER / "limit_order.sql", url),
        ],
        env=environment() | {"PGOPTIONS": f"-c stoa.store_id={world.store_id} -c jit=off", "HOME": os.environ.get("HOME", "/")},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    rate, done, failed = (pattern.search(ran.stdout) for pattern in (_RATE, _DONE, _FAILED))
    if ran.returncode or not rate or not done or (failed and int(failed.group(1))):
        raise LimitNotMeasured(words=(ran.stderr or ran.stdout).strip()[-300:])
    return float(rate.group(1)), int(done.group(1))

"""The limit to compare with: what PostgreSQL itself does when nobody stands in front of it.

pgbench as the server role, row security and every constraint on, prepared, one order a transaction, and in it one
statement that writes the same rows as `place_orders` does: nothing is looked up, judged or answered.
"""

import os
import re
import subprocess
from pathlib import Path
from uuid import UUID

from stoa.cli.bench.world import VARIANTS, PreparedCarts, World
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
    url: str,
    world: World,
    prepared: PreparedCarts,
    *,
    first: int,
    connections: int,
    seconds: int,
    hot: bool,
    script: Path,
) -> tuple[float, int]:
    """Orders a second, and how many; uses the prepared carts from number `first` on."""
    script.write_text(_script(world, prepared, first=first, connections=connections, hot=hot))
    words = subprocess.run(
        [
            bin_path() / "pgbench",
            *("-n", "-M", "prepared", "-c", str(connections), "-j", str(min(connections, 2)), "-T", str(seconds)),
            *("-D", "n=0", "-f", script, url),
        ],
        env=environment() | {"PGOPTIONS": f"-c stoa.store_id={world.store_id} -c jit=off", "HOME": os.environ.get("HOME", "/")},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    rate, done, failed = (pattern.search(words.stdout) for pattern in (_RATE, _DONE, _FAILED))
    if words.returncode or not rate or not done or (failed and int(failed.group(1))):
        raise LimitNotMeasured(words=(words.stderr or words.stdout).strip()[-300:])
    return float(rate.group(1)), int(done.group(1))


def _script(world: World, prepared: PreparedCarts, *, first: int, connections: int, hot: bool) -> str:
    second = "\\set v2 1\n" if hot else f"\\set v2 random(1, {VARIANTS})\n"
    return (
        "\\set n :n + 1\n"
        f"\\set i {first} + (:n - 1) * {connections} + :client_id\n"
        + ("\\set v1 1\n" if hot else f"\\set v1 random(1, {VARIANTS})\n")
        + second
        + _ORDER.format(
            store=_quoted(world.store_id),
            # Each set of carts has its own range of numbers, far above those that the server leases.
            numbers=prepared.carts.int % 10**9 * 10**9 + 10**9,
            carts=_quoted(prepared.carts),
            quotes=_quoted(prepared.quotes),
            contacts=_quoted(prepared.contacts),
            variants=_quoted(world.variants),
            # Two lines of one variant change one level once.
            level_ids="l1" if hot else "l1, l2",
        ).replace("\n", " ")
        + "\n"
    )


def _quoted(value: UUID) -> str:
    return f"'{value}'::uuid"


# The ids of what is written are children of a fresh order id, as in `place_orders`.
_ORDER = """
WITH k AS MATERIALIZED (
    SELECT uuidv7() AS o, stoa.child_id({carts}, :i) AS cart, stoa.child_id({quotes}, :i) AS quote,
           stoa.child_id({contacts}, :i) AS contact, stoa.child_id({variants}, :v1) AS l1,
           stoa.child_id({variants}, :v2) AS l2, now() AS at),
c AS (UPDATE carts SET state = 'completed' FROM k WHERE store_id = {store} AND id = cart),
s AS (UPDATE stock_levels SET committed = committed + 1 FROM k WHERE store_id = {store} AND stock_levels.id IN ({level_ids})),
o AS (INSERT INTO orders (store_id, id, number, cart_id, quote_id, contact_id, token_hash, state, payment_state, currency,
        tax_included, subtotal, discount, shipping, shipping_tax, tax, total, paid, shipping_title, source, placed_at)
      SELECT {store}, o, {numbers} + :i, cart, quote, contact, sha256(uuid_send(o)), 'confirmed', 'paid', 'GBP', true, 2000, 0,
        395, 66, 399, 2395, 2395, 'Standard delivery', 'shop', at FROM k),
l AS (INSERT INTO order_lines (store_id, id, order_id, position, variant_id, sku, title, variant_title, quantity, unit_price,
        amount, discount, tax, tax_rate_ppm, total)
      SELECT {store}, stoa.child_id(o, n), o, n, v, 'sku-12345', 'Product 1234', 'Size 12345', 1, 1000, 1000, 0, 167, 200000, 1000
        FROM k, LATERAL (VALUES (1, l1), (2, l2)) AS x(n, v)),
m AS (INSERT INTO stock_movements (store_id, id, level_id, kind, on_hand, committed, reserved, reason, order_id, order_line_id, actor)
      SELECT {store}, stoa.child_id(o, n), v, 'commit', 0, 1, 0, '', o, stoa.child_id(o, n), 'guest'
        FROM k, LATERAL (VALUES (1, l1), (2, l2)) AS x(n, v)),
p AS (INSERT INTO payments (store_id, id, order_id, method, status, amount, currency, created_at, captured_at)
      SELECT {store}, stoa.child_id(o, 1), o, 'test', 'captured', 2395, 'GBP', at, at FROM k),
h AS (INSERT INTO order_history (store_id, id, order_id, kind, state, payment_state, actor, note, happened_at)
      SELECT {store}, stoa.child_id(o, 1), o, 'placed', 'confirmed', 'paid', 'guest', '', at FROM k),
e AS (INSERT INTO events (store_id, id, kind, subject_id, data, happened_at)
      SELECT {store}, stoa.child_id(o, 1), 'order.placed', o, '{{}}', at FROM k),
i AS (INSERT INTO idempotency_keys (store_id, id, owner, route, key, request_hash, status, answer)
      SELECT {store}, stoa.child_id(o, 1), 'token:' || cart, 'POST /carts/{{cart_id}}/complete', cart::text, sha256(uuid_send(o)),
        201, jsonb_build_object('order_id', o) FROM k)
SELECT 1;"""

"""What stands in the database of the orders sold from the file. Everything is read back, nothing remembered."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from stoa.db.transaction import SYSTEM, Database
from stoa.transfers.online_retail import ids


@dataclass(frozen=True, slots=True)
class BookedOrder:
    """One order. Amounts in pence; `month` is that of the store's time zone; `goods` is the sum of its lines."""

    month: str
    total: int
    subtotal: int
    shipping: int
    paid: int
    lines: int
    units: int
    goods: int


@dataclass(frozen=True, slots=True)
class BookedStock:
    """Units of the whole store. `wrong` levels are those that differ from the sum of their movements."""

    received: int
    corrected: int
    committed: int
    on_hand: int
    free: int
    wrong: int


@dataclass(frozen=True)
class Books:
    """The orders by invoice, units sold by stock code, and the stock."""

    orders: Mapping[str, BookedOrder]
    units: Mapping[str, int]
    stock: BookedStock


async def read_books(database: Database, store_id: UUID, invoices: Collection[str]) -> Books:
    """Read the orders of these invoices, and the store's stock."""
    async with database.store(store_id, actor=SYSTEM) as tx:
        which = {"store": store_id, "source": ids.SOURCE, "zone": ids.TIME_ZONE}
        booked = {row[0]: BookedOrder(row[1], *map(int, row[2:])) for row in await tx.execute(_ORDERS, which)}
        orders = {number: booked[number] for number in invoices if number in booked}
        some = {"store": store_id, "source": ids.SOURCE, "invoices": [*orders]}
        units = {row.sku: int(row.units) for row in await tx.execute(_UNITS, some)}
        stock = (await tx.execute(_STOCK, {"store": store_id})).one()
    return Books(orders, units, BookedStock(*map(int, stock)))


_ORDERS = text("""
SELECT orders.reference, to_char(orders.placed_at AT TIME ZONE CAST(:zone AS text), 'YYYY-MM'),
    orders.total, orders.subtotal, orders.shipping, orders.paid, bought.lines, bought.units, bought.goods
FROM orders
JOIN (
    SELECT order_id, count(*) AS lines, sum(quantity) AS units, sum(total) AS goods
    FROM order_lines WHERE store_id = :store GROUP BY order_id
) bought ON bought.order_id = orders.id
WHERE orders.store_id = :store AND orders.source = CAST(:source AS text) AND orders.reference IS NOT NULL
""")

_UNITS = text("""
SELECT line.sku, sum(line.quantity) AS units
FROM order_lines line
JOIN orders ON orders.store_id = :store AND orders.id = line.order_id
WHERE line.store_id = :store AND orders.source = CAST(:source AS text)
    AND orders.reference = ANY(CAST(:invoices AS text[]))
GROUP BY line.sku
""")

_STOCK = text("""
SELECT coalesce(sum(moved.received), 0), coalesce(sum(moved.corrected), 0), coalesce(sum(level.committed), 0),
    coalesce(sum(level.on_hand), 0), coalesce(sum(level.on_hand - level.committed - level.reserved - level.safety), 0),
    count(*) FILTER (WHERE level.on_hand <> coalesce(moved.on_hand, 0)
        OR level.committed <> coalesce(moved.committed, 0))
FROM stock_levels level
LEFT JOIN (
    SELECT level_id, sum(on_hand) AS on_hand, sum(committed) AS committed,
        sum(on_hand) FILTER (WHERE kind = 'receive') AS received,
        sum(on_hand) FILTER (WHERE kind = 'adjust') AS corrected
    FROM stock_movements WHERE store_id = :store GROUP BY level_id
) moved ON moved.level_id = level.id
WHERE level.store_id = :store
""")

"""Money outside is money inside: the test provider's own books beside ours; and at the end of a day, who paid has an
order or the money back.
"""

from collections.abc import Collection
from uuid import UUID

from stoa.simulator.inspecting import Broken, Connection


async def compare_books(reader: Connection) -> None:
    """What the provider took and gave back is what our payments say, where nothing is being asked. Raises Broken."""
    rows = await reader.fetch(_DIFFERENT)
    if rows:
        raise Broken("money outside is money inside", [str(dict(row)) for row in rows])


async def nothing_left_over(reader: Connection, *, kept: Collection[UUID]) -> None:
    """After closing time: nobody is being asked, nothing is held, everything was told, and of cancelled orders only
    those `kept` still have money, or those whose provider refused to give it back. Raises Broken."""
    for promise, query in _LEFT_OVER.items():
        rows = [row for row in await reader.fetch(query) if row["id"] not in kept]
        if rows:
            raise Broken(promise, [str(dict(row)) for row in rows[:20]])


_DIFFERENT = """
    SELECT p.store_id, p.id, p.order_id, p.status, p.authorized, p.captured, p.refunded, c.status AS outside,
        c.captured AS captured_outside, c.refunded AS refunded_outside
    FROM test_charges c
    JOIN payment_attempts a ON a.store_id = c.store_id AND a.id = c.id
    JOIN payments p ON p.store_id = a.store_id AND p.id = a.payment_id
    WHERE NOT EXISTS (
            SELECT FROM payment_attempts u
            WHERE u.store_id = p.store_id AND u.payment_id = p.id AND u.settled_at IS NULL)
        AND (p.captured, p.refunded, p.authorized > 0)
            IS DISTINCT FROM (c.captured, c.refunded, c.status = 'authorized')
    LIMIT 20
"""

_LEFT_OVER = {
    "every question to a provider has its answer": """
        SELECT store_id, order_id AS id, kind, state, opened_at FROM payment_attempts WHERE settled_at IS NULL
    """,
    "nothing is held past its time": "SELECT store_id, id, order_id FROM reservations WHERE state = 'held'",
    "everything that happened was relayed": "SELECT store_id, id, kind FROM events WHERE relayed_at IS NULL",
    "who paid has an order or the money back": """
        SELECT o.store_id, o.id, o.number, o.paid, o.cancelled, o.total
        FROM orders o
        WHERE o.state = 'cancelled' AND o.paid > o.total - o.cancelled AND NOT EXISTS (
            SELECT FROM payment_attempts a
            WHERE a.store_id = o.store_id AND a.order_id = o.id AND a.kind = 'refund'
                AND a.state = 'failed')
    """,
    "nobody's card stays blocked for an order that is over": """
        SELECT o.store_id, o.id, p.id AS payment_id, p.authorized
        FROM orders o
        JOIN payments p ON p.store_id = o.store_id AND p.order_id = o.id
        WHERE o.state = 'cancelled' AND p.authorized > 0 AND NOT EXISTS (
            SELECT FROM payment_attempts a
            WHERE a.store_id = p.store_id AND a.payment_id = p.id AND a.kind = 'void' AND a.state = 'failed')
    """,
}

"""What was promised to whom, kept beside the database and compared with it.

The laws say that the database agrees with itself; this says that it agrees with what people were told.
"""

from dataclasses import dataclass, field
from uuid import UUID

import asyncpg

from stoa.checkout import Placed


@dataclass
class Promise:
    """An order that somebody was told of; amounts are minor units."""

    store_id: UUID
    cart_id: UUID
    order_id: UUID
    number: int
    total: int
    currency: str


@dataclass
class Ledger:
    """Every order ever answered as placed, by its id and by its cart."""

    orders: dict[UUID, Promise] = field(default_factory=dict)
    of_cart: dict[UUID, UUID] = field(default_factory=dict)
    # Carts that were handed in and of which nobody could say what became: the database did not answer.
    unanswered: set[UUID] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    # Orders that were taken back without giving money back.
    kept: set[UUID] = field(default_factory=set)

    def told(self, store_id: UUID, cart_id: UUID, placed: Placed, *, seen: int | None) -> None:
        """Somebody was answered that this cart is this order. `seen` is what their quote said it would cost."""
        known = self.of_cart.setdefault(cart_id, placed.order_id)
        if known != placed.order_id:
            self.wrong.append(f"cart {cart_id} was answered with orders {known} and {placed.order_id}")
        promise = Promise(store_id, cart_id, placed.order_id, placed.number, placed.total, placed.currency)
        before = self.orders.setdefault(placed.order_id, promise)
        if before != promise:
            self.wrong.append(f"order {placed.order_id} was told as {before} and as {promise}")
        if seen is not None and placed.anew and placed.total != seen:
            self.wrong.append(f"order {placed.order_id} costs {placed.total}, and its quote said {seen}")

    async def compare(self, connection: "asyncpg.Connection[asyncpg.Record]", store_id: UUID) -> list[str]:
        """What the store's orders are and were not told, or were told and are not."""
        rows = await connection.fetch(_ORDERS, store_id)
        stored = {row["id"]: _of_row(store_id, row) for row in rows}
        for row in rows:
            if row["cart_id"] in self.unanswered:
                self.orders.setdefault(row["id"], _of_row(store_id, row))
        promised = {order_id: one for order_id, one in self.orders.items() if one.store_id == store_id}
        return self.wrong + [
            f"order {order_id}: told {promised.get(order_id)}, stored {stored.get(order_id)}"
            for order_id in sorted(promised.keys() | stored.keys())
            if promised.get(order_id) != stored.get(order_id)
        ]


def _of_row(store_id: UUID, row: asyncpg.Record) -> Promise:
    return Promise(store_id, row["cart_id"], row["id"], row["number"], row["total"], row["currency"])


_ORDERS = "SELECT id, cart_id, number, total, currency FROM orders WHERE store_id = $1"

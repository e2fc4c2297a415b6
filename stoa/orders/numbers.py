"""Order numbers: leased in blocks, so that no counter is locked while orders commit. They may have gaps."""

from collections import deque
from uuid import UUID

import asyncpg

from stoa.kernel.clock import utc_now
from stoa.kernel.ids import uuid7

FIRST_NUMBER = 1001
BLOCK = 500


class NumberLeases:
    """The blocks of order numbers that this process has leased, per store."""

    def __init__(self) -> None:
        self._left: dict[UUID, deque[int]] = {}

    async def take(self, connection: "asyncpg.Connection[asyncpg.Record]", store_id: UUID, count: int) -> list[int]:
        """The next `count` numbers of the store; leases another block, in a transaction of its own, when short."""
        left = self._left.setdefault(store_id, deque())
        while len(left) < count:
            size = max(BLOCK, count)
            first = await _lease(connection, store_id, size)
            left.extend(range(first, first + size))
        return [left.popleft() for _ in range(count)]

    def give_back(self, store_id: UUID, numbers: list[int]) -> None:
        """Numbers that were not used after all come next again."""
        self._left.setdefault(store_id, deque()).extendleft(reversed(numbers))


async def _lease(connection: "asyncpg.Connection[asyncpg.Record]", store_id: UUID, size: int) -> int:
    async with connection.transaction():
        await connection.execute("SELECT stoa.enter_store($1)", store_id)
        after = await connection.fetchval(
            "INSERT INTO order_numbers (store_id, id, next) VALUES ($1, $2, $3::bigint + $4::bigint)"
            " ON CONFLICT (store_id) DO UPDATE SET next = order_numbers.next + $4::bigint RETURNING next",
            store_id,
            uuid7(utc_now()),
            FIRST_NUMBER,
            size,
        )
    return int(after) - size

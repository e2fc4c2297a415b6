"""A world that stands in a store of its own, to sell from with as many connections as a test likes."""

from typing import Any
from uuid import uuid4

import asyncpg

from stoa.checkout.placing import Outcome, Submission, place_orders
from stoa.db.engine import connect
from stoa.db.transaction import Database
from stoa.kernel.refusals import Refusal
from tests.checkout.world_rows import build, everything, submission
from tests.checkout.worlds import Article, Asked, Basket, Depot, Level, Line, World


def mugs(*, stock: int, baskets: int, each: int = 1, articles: int = 1, codes: tuple[int, ...] = ()) -> World:
    """A shop with so many of each mug; every basket holds `each` of all of them, every second one in reverse order."""
    lines = [Line(article, each) for article in range(articles)]
    return World(
        warehouses=(Depot(0),),
        articles=(Article(price=1250, price_now=1250, levels=(Level(on_hand=stock),)),) * articles,
        codes=codes,
        baskets=tuple(Basket(tuple(lines[:: 1 if n % 2 else -1]), code=0 if codes else None) for n in range(baskets)),
        tax_rate_ppm=0,
        tax_included=True,
    )


class Shop:
    """One store, one world."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.store_id = uuid4()
        self.world: World
        self.connections: list[asyncpg.Connection[asyncpg.Record]] = []
        self._number = 1000

    async def opens(self, world: World) -> None:
        """Build the world."""
        self.world = world
        await build(self.database, self.store_id, world)

    async def tills(self, count: int) -> None:
        """Have so many connections to sell over."""
        self.connections += [await connect(self.database.server_url) for _ in range(count - len(self.connections))]

    async def close(self) -> None:
        """Close the connections."""
        for connection in self.connections:
            await connection.close()

    async def rows(self) -> dict[str, list[Any]]:
        """Everything that stands in the store."""
        return await everything(self.database, self.store_id)

    def submission(self, asked: Asked) -> Submission:
        """A submission with an order id of its own."""
        self._number += 1
        return submission(self.world, self._number, asked)

    async def places(self, *asked: Asked | Submission, till: int = 0) -> list[Outcome]:
        """Place a batch over one of the connections."""
        await self.tills(till + 1)
        batch = [one if isinstance(one, Submission) else self.submission(one) for one in asked]
        first, self._number = self._number + 1, self._number + len(batch)
        numbers = range(first, first + len(batch))
        return await place_orders(self.connections[till], self.store_id, batch, numbers)

    async def refuses(self, asked: Asked | Submission) -> Any:
        """The refusal, after a look that nothing has changed."""
        before = await self.rows()
        (outcome,) = await self.places(asked)
        assert isinstance(outcome, Refusal)
        assert await self.rows() == before
        return outcome

    async def committed(self) -> list[int]:
        """Units promised to orders, per level."""
        return [level["committed"] for level in (await self.rows())["stock_levels"]]

"""The benchmark's own installation: one store in a new data directory, served, filled, counted and looked over."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.engine import make_url

from stoa.cli import serving
from stoa.cli.bench.past import write_past
from stoa.cli.bench.statements import script
from stoa.cli.bench.world import (
    VARIANTS,
    Connection,
    PreparedCarts,
    World,
    check_likeness,
    loader,
    open_world,
    prepare_carts,
)
from stoa.cli.installation import using_installation
from stoa.cli.ports import choose_port
from stoa.cli.processes import Crew
from stoa.config import Config
from stoa.db import embedded
from stoa.db.engine import connect
from stoa.db.transaction import Database
from stoa.db.urls import DATABASE
from stoa.kernel.clock import utc_now
from stoa.kernel.ids import child_id, uuid7
from stoa.kernel.refusals import Conflict
from stoa.laws import check

T = TypeVar("T")
Say = Callable[[str], None]


class NotEmpty(Conflict):
    """The benchmark would sell somebody's stock."""

    code = "bench.not_empty"
    says = "There are stores in this database already; give the benchmark an empty data directory with --data."


class NotAgreed(Conflict):
    """The client and the database do not tell the same number."""

    code = "bench.not_agreed"
    says = "{answered} orders were answered, and {stored} are in the database: something is wrong."

    answered: int
    stored: int


@dataclass(frozen=True)
class LawsSeen:
    """Which laws did not hold (with how many rows), how many there are, and how long looking at each took, in seconds."""

    broken: list[str]
    took: dict[str, float]


class Shop:
    """A store to be measured, with its own PostgreSQL."""

    def __init__(self, config: Config, scratch: Path, say: Say, *, variants: int) -> None:
        assert config.data_dir is not None, "the benchmark runs on a data directory, never on somebody's database"
        urls = embedded.connect(config.data_dir).urls
        assert urls.admin is not None, "an embedded server tells its superuser's URL"
        self.config = config
        self.scratch = scratch
        self.say = say
        self._admin_url = make_url(urls.admin).set(database=DATABASE).render_as_string(hide_password=False)
        if self._ask(lambda _, connection: connection.fetchval("SELECT count(*) FROM stores")):
            raise NotEmpty()
        say(f"Making a store with {variants:,} variants ...")
        self.world: World = self._ask(lambda database, load: open_world(database, load, variants=variants))

    def prepare(self, count: int, *, hot: bool) -> PreparedCarts:
        """So many carts with quotes, looked at."""

        async def prepare(database: Database, connection: Connection) -> PreparedCarts:
            key = self.config.secret_key
            made = await prepare_carts(connection, self.world, count=count, hot=hot, secret_key=key)
            await check_likeness(database, self.world, made, key)
            return made

        return self._ask(prepare)

    def orders(self) -> int:
        """How many orders are in the database."""
        return int(self._ask(lambda _, connection: connection.fetchval("SELECT count(*) FROM orders")))

    def agree(self, before: int, told: int) -> None:
        """Just so many orders more than `before` are in the database as were told of.

        Raises NotAgreed.
        """
        stored = self.orders() - before
        if stored != told:
            raise NotAgreed(answered=told, stored=stored)

    def fill(self, count: int) -> float:
        """Have at least so many orders of the past two years in the database; seconds that took."""
        began, written = time.perf_counter(), 0
        missing = count - self.orders()

        def report(more: int) -> None:
            nonlocal written
            written += more
            if written * 10 // missing != (written - more) * 10 // missing:
                self.say(f"  {written:,} of {missing:,} past orders, {time.perf_counter() - began:,.0f} s")

        if missing > 0:
            asyncio.run(write_past(self._admin_url, self.world, count=missing, report=report))
        return time.perf_counter() - began

    def leave(self, units: int) -> None:
        """Have so many units of the first variant left to sell."""
        movement = uuid7(utc_now())
        statements = script("few_left", store=self.world.store_id, base=self.world.base, units=units, movement=movement)
        self._ask(lambda _, connection: connection.execute(statements))

    def left(self) -> int:
        """How many units of the first variant may still be promised."""
        level = child_id(self.world.base, 1)
        free = "SELECT on_hand - safety - committed - reserved FROM stock_levels WHERE id = $1"
        return int(self._ask(lambda _, connection: connection.fetchval(free, level)))

    def gigabytes(self) -> float:
        """How large the database is."""
        (row,) = self.ask_database("SELECT pg_database_size(current_database()) AS bytes")
        return int(row["bytes"]) / 1e9

    def checkpoint(self) -> None:
        """Everything is on disk, so that each round begins alike."""
        self._ask(lambda _, connection: connection.execute("CHECKPOINT"))

    def check_laws(self) -> LawsSeen:
        """Look at every law over everything that was sold."""
        return asyncio.run(self._look())

    async def _look(self) -> LawsSeen:
        assert self.config.reader_url is not None, "an embedded server tells its reader's URL"
        connection = await connect(self.config.reader_url)
        broken, took = [], dict[str, float]()
        try:
            last = time.perf_counter()
            async for finding in check(connection):
                now = time.perf_counter()
                took[finding.law.name], last = now - last, now
                if not finding.holds:
                    broken.append(f"{finding.law.name} ({finding.rows} rows)")
        finally:
            await connection.close()
        return LawsSeen(broken, took)

    def ask_database(self, query: str) -> list[dict[str, Any]]:
        """The rows of a query over no store, asked as the web server would."""

        async def fetch() -> list[dict[str, Any]]:
            connection = await connect(self.config.server_url)
            try:
                return [dict(row) for row in await connection.fetch(query)]
            finally:
                await connection.close()

        return asyncio.run(fetch())

    @contextmanager
    def served(self, workers: int) -> Iterator[int]:
        """The port of the web server; it alone runs, since the worker of the jobs would sell nothing."""
        port = choose_port("127.0.0.1", None)
        with Crew([serving.web(self.config, "127.0.0.1", port, workers)], self.say) as crew:
            crew.tend_until(lambda: serving.answers("127.0.0.1", port), every_seconds=0.1)
            yield port

    def _ask(self, what: Callable[[Database, Connection], Awaitable[T]]) -> T:
        """Run one piece of asynchronous work, with engines as a server has them and a loader's connection."""

        async def ask() -> T:
            database = Database(self.config.server_url)
            try:
                async with loader(self._admin_url) as connection:
                    return await what(database, connection)
            finally:
                await database.close()

        return asyncio.run(ask())


@contextmanager
def new_shop(data: Path, scratch: Path, say: Say, *, variants: int = VARIANTS) -> Iterator[Shop]:
    """A shop in an empty data directory; its PostgreSQL runs until the block ends.

    Raises NotEmpty.
    """
    with using_installation(data) as config:
        yield Shop(config, scratch, say, variants=variants)

"""An installation to be broken: a PostgreSQL of its own, and servers over it."""

import itertools
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from ipaddress import ip_network
from pathlib import Path
from uuid import UUID

import psycopg
from sqlalchemy.engine import make_url

from stoa.config import Config, MailSettings
from stoa.db.embedded import EmbeddedPostgres
from stoa.db.migrate import migrate
from stoa.db.transaction import Database
from stoa.db.urls import DATABASE, Urls
from tests.conftest import open_a_store
from tests.faults.shoppers import Crowd
from tests.make import Make
from tests.make.ready_carts import ready_carts

SECRET_KEY = b"a secret of those who break things"
STOCK = 1_000_000

_RUN_NOW = """
    SELECT procrastinate_defer_jobs_v1(ARRAY[
        ROW('default', %s, 0, NULL, NULL, '{"timestamp": 0}', NULL)::procrastinate_job_to_defer_v1])
"""


@dataclass(frozen=True)
class Installation:
    """A migrated PostgreSQL that is started again whenever it ends, as `stoa serve` does it."""

    postgres: EmbeddedPostgres
    urls: Urls
    said: list[str]

    @classmethod
    @contextmanager
    def on(cls, data_dir: Path) -> Iterator["Installation"]:
        """Make one in that folder, and stop it at the end."""
        said: list[str] = []
        with EmbeddedPostgres(data_dir, small=True) as postgres:
            migrate(postgres.urls.owner)
            postgres.watch(said.append)
            assert postgres.urls.admin is not None, "an embedded server tells its superuser's URL"
            admin = make_url(postgres.urls.admin).set(database=DATABASE).render_as_string(False)
            yield cls(postgres, replace(postgres.urls, admin=admin), said)

    def config(self, server_url: str | None = None) -> Config:
        """What its servers are told; another `server_url` leads over a wire."""
        folder = self.postgres.data_dir
        return Config(
            server_url=server_url or self.urls.server,
            owner_url=self.urls.owner,
            reader_url=self.urls.reader,
            secret_key=SECRET_KEY,
            data_dir=folder,
            mail=MailSettings(folder=folder / "mail"),
            trusted_proxies=(ip_network("127.0.0.1"),),
        )

    def run_now(self, job: str) -> None:
        """Have the worker run a periodic job now, rather than when the minute is over."""
        assert self.urls.admin is not None
        with psycopg.connect(self.urls.admin, autocommit=True) as admin:
            admin.execute("SET search_path = jobs, public")
            admin.execute(_RUN_NOW, [job])

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """Connections of the test's own, made anew: those of before a fault may be dead."""
        database = Database(self.urls.server, self.urls.reader)
        try:
            yield database
        finally:
            await database.close()

    async def crowd(self, url: str, *, ready: int = 1200, **settings: object) -> tuple[UUID, Crowd]:
        """A new store with five variants in stock, and shoppers for it; so many carts are ready to be bought."""
        async with self.database() as database:
            store = await open_a_store(database, **settings)
            async with database.store(store.id) as tx:
                variants = [(await Make(tx).variant(stock=STOCK)).id for _ in range(5)]
            carts = []
            for pair in itertools.permutations(variants[:3], 2):
                wanted = [(variant_id, 1) for variant_id in pair]
                carts += await ready_carts(database, store.id, *wanted, count=ready // 6, secret_key=SECRET_KEY)
        random.shuffle(carts)
        return store.id, Crowd(url, store.host, variants, carts)

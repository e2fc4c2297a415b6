"""What the benchmark sells: one store, its variants, and carts quoted before the clock starts.

Rows are written by sets (`sql/`), since a hundred thousand carts through the API would take longer than the
measurement. One of them is made through the real operations, and the others must look like it; the laws look at all.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

import asyncpg

from stoa import carts, stores
from stoa.carts.models import Quote
from stoa.cli.bench.statements import script
from stoa.customers.postal import PostalAddress
from stoa.db.engine import connect
from stoa.db.transaction import Database
from stoa.kernel.clock import utc_now
from stoa.kernel.ids import child_id, hash_token, uuid7

HOST = "bench.localhost"
VARIANTS = 100_000
UNITS_IN_STOCK = 900_000_000
EMAIL = "shopper@example.com"
ADDRESS = PostalAddress(name="A Shopper", line1="1 High Street", city="London", postal_code="N1 1AA", country="GB")
_SET = 20_000

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@dataclass(frozen=True)
class World:
    """The store, how many variants it has, and the id whose children they are (`stoa.child_id`)."""

    store_id: UUID
    base: UUID
    variants: int


@dataclass(frozen=True)
class PreparedCarts:
    """`count` carts with quotes: cart n is child n of `carts`, its quote child n of `quotes`."""

    carts: UUID
    quotes: UUID
    contacts: UUID
    count: int
    hot: bool

    @property
    def seed(self) -> int:
        """From which, with its number, follows what a cart holds."""
        return self.carts.int % 2_147_483_647


@asynccontextmanager
async def loader(admin_url: str) -> AsyncIterator[Connection]:
    """A connection for filling the benchmark's database: the superuser's, past policies and foreign keys, CHECKs on.

    Nothing that is measured goes through it.
    """
    connection = await connect(admin_url)
    try:
        await connection.execute(
            "SET session_replication_role = replica; SET synchronous_commit = off; SET lock_timeout = 0"
        )
        yield connection
    finally:
        await connection.close()


async def open_world(database: Database, connection: Connection, *, variants: int = VARIANTS) -> World:
    """An empty data directory becomes a store with variants that are all in stock; `connection` is a loader."""
    async with database.platform() as tx:
        store = await stores.open_store(
            tx,
            slug="bench",
            name="Bench",
            currency="GBP",
            hosts=[HOST],
            shipping_amount=395,
            tax_rate_ppm=200_000,
            payment_methods=["test"],
            mails_enabled=False,
        )
    now = utc_now()
    world = World(store.id, uuid7(now), variants)
    async with connection.transaction():
        await connection.execute(
            script("catalog", store=store.id, base=world.base, variants=variants, units=UNITS_IN_STOCK, now=now)
        )
    # What was filled, and nothing else: of a table that was never vacuumed the planner supposes that it will fill, but an
    # empty one that was is planned for as empty.
    await connection.execute(
        "VACUUM (ANALYZE) products, variants, product_options, option_values, variant_options, prices,"
        " stock_levels, stock_movements"
    )
    return world


async def prepare_carts(
    connection: Connection, world: World, *, count: int, hot: bool, secret_key: bytes
) -> PreparedCarts:
    """Carts of two lines, ready to be bought: of two variants at random, or with `hot` all of the first variant."""
    now = utc_now()
    made = PreparedCarts(uuid7(now), uuid7(now), uuid7(now), count, hot)
    statements = script(
        "new_carts", carts=made.carts, quotes=made.quotes, contacts=made.contacts, now=now
    ) + carts_script(world, seed=made.seed, hot=hot)
    await connection.execute("CREATE TEMP TABLE numbered (n bigint, token_hash bytea)")
    for first in range(1, count + 1, _SET):
        numbered = [
            (n, hash_token(carts.cart_token(secret_key, child_id(made.carts, n))))
            for n in range(first, min(first + _SET, count + 1))
        ]
        async with connection.transaction():
            await connection.execute("TRUNCATE numbered")
            await connection.copy_records_to_table("numbered", records=numbered)
            await connection.execute(statements)
    await connection.execute("DROP TABLE numbered")
    # Autovacuum would do it while the clock runs, for carts that nobody filled before it.
    await connection.execute("VACUUM (ANALYZE) carts, cart_lines, quotes, order_contacts")
    return made


def carts_script(world: World, *, seed: int, hot: bool) -> str:
    """The statements that write carts for the temporary table `wanted`, and leave their prices in `priced`."""
    return script(
        "carts",
        store=world.store_id,
        base=world.base,
        variants=world.variants,
        seed=seed,
        hot=hot,
        email=EMAIL,
        name=ADDRESS.name,
        line1=ADDRESS.line1,
        city=ADDRESS.city,
        postal_code=ADDRESS.postal_code,
        country=ADDRESS.country,
    )


async def check_likeness(database: Database, world: World, prepared: PreparedCarts, secret_key: bytes) -> None:
    """The last prepared cart, quoted anew by the real operation, costs and says just what the prepared quote does."""
    cart_id = child_id(prepared.carts, prepared.count)
    holder = carts.Holder.of_token(carts.cart_token(secret_key, cart_id))
    with suppress(_OnlyALook):
        async with database.store(world.store_id) as tx:
            bulk = await tx.get(Quote, child_id(prepared.quotes, prepared.count))
            assert bulk is not None, "the cart was prepared with a quote"
            told = {column: getattr(bulk, column) for column in Quote.__table__.columns.keys()}  # noqa: SIM118
            await carts.set_contact(tx, cart_id=cart_id, holder=holder, email=EMAIL, shipping=ADDRESS)
            real = await carts.quote(tx, cart_id=cart_id, holder=holder)
            for column in told.keys() - {"id", "created_at", "expires_at", "explanation"}:
                assert getattr(real, column) == told[column], f"prepared quotes differ in {column}"
            raise _OnlyALook


class _OnlyALook(Exception):
    """Ends a transaction without keeping anything: the new quote would have taken the prepared one's place."""

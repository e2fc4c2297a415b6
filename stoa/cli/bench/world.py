"""What the benchmark sells: one store, its variants, and carts quoted before the clock starts.

Rows are written by sets, since a hundred thousand carts through the API would take longer than the measurement.
One of them is made through the real operations, and the others must look like it.
"""

from dataclasses import dataclass
from random import Random
from uuid import UUID

import asyncpg

from stoa import carts, stores
from stoa.customers.postal import PostalAddress
from stoa.db.transaction import Database
from stoa.kernel.clock import utc_now
from stoa.kernel.ids import child_id, hash_token, uuid7

HOST = "bench.localhost"
VARIANTS = 100_000
_UNITS_IN_STOCK = 900_000_000
_PER_PRODUCT = 10
_SET = 20_000


@dataclass(frozen=True)
class World:
    """The store, and the ids from which those of its rows are derived (`stoa.child_id`)."""

    store_id: UUID
    variants: UUID


@dataclass(frozen=True)
class PreparedCarts:
    """`count` carts with quotes: cart n is child n of `carts`, its quote child n of `quotes`."""

    carts: UUID
    quotes: UUID
    contacts: UUID
    count: int


async def open_world(database: Database, connection: "asyncpg.Connection[asyncpg.Record]") -> World:
    """An empty data directory becomes a store with 100,000 variants, all in stock."""
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
    base = uuid7(now)
    async with connection.transaction():
        await connection.execute("SELECT stoa.enter_store($1)", store.id)
        for statement in _CATALOG:
            await connection.execute(statement, store.id, base, now, VARIANTS, _PER_PRODUCT, _UNITS_IN_STOCK)
    return World(store.id, base)


async def prepare_carts(
    connection: "asyncpg.Connection[asyncpg.Record]",
    world: World,
    *,
    count: int,
    hot: bool,
    secret_key: bytes,
    seed: int,
) -> PreparedCarts:
    """Carts of two lines, ready to be bought: of two variants at random, or with `hot` all of the first variant."""
    now = utc_now()
    made = PreparedCarts(uuid7(now), uuid7(now), uuid7(now), count)
    random = Random(seed)
    for first in range(1, count + 1, _SET):
        numbers = range(first, min(first + _SET, count + 1))
        pairs = [(1, 1) if hot else random.sample(range(1, VARIANTS + 1), 2) for _ in numbers]
        tokens = [hash_token(carts.cart_token(secret_key, child_id(made.carts, n))) for n in numbers]
        async with connection.transaction():
            await connection.execute("SELECT stoa.enter_store($1)", world.store_id)
            for statement in _CARTS:
                await connection.execute(
                    statement,
                    world.store_id,
                    made.carts,
                    made.quotes,
                    made.contacts,
                    world.variants,
                    list(numbers),
                    [pair[0] for pair in pairs],
                    [pair[1] for pair in pairs],
                    tokens,
                    now,
                )
    return made


async def check_likeness(database: Database, world: World, prepared: PreparedCarts, secret_key: bytes) -> None:
    """The last prepared cart, quoted anew by the real operation, costs and says just what the prepared quote does."""
    cart_id = child_id(prepared.carts, prepared.count)
    quote_id = child_id(prepared.quotes, prepared.count)
    holder = carts.Holder.of_token(carts.cart_token(secret_key, cart_id))
    async with database.store(world.store_id) as tx:
        await carts.set_contact(tx, cart_id=cart_id, holder=holder, email=_EMAIL, shipping=_ADDRESS)
        real = await carts.quote(tx, cart_id=cart_id, holder=holder)
        bulk = await tx.get(type(real), quote_id)
        assert bulk is not None, "the cart was prepared with a quote"
        for column in type(real).__table__.columns.keys():  # noqa: SIM118
            if column not in {"id", "created_at", "expires_at", "explanation"}:
                assert getattr(real, column) == getattr(bulk, column), f"prepared quotes differ in {column}"
        (await carts.find_cart(tx, cart_id=cart_id, holder=holder)).quote_id = quote_id


_EMAIL = "shopper@example.com"
_ADDRESS = PostalAddress(name="A Shopper", line1="1 High Street", city="London", postal_code="N1 1AA", country="GB")

# $1 store, $2 base, $3 now, $4 variants, $5 variants a product, $6 units of each
_CATALOG = (
    """INSERT INTO warehouses (store_id, id, code, name, country, priority, is_active)
       SELECT $1, $2, 'main', 'Main', 'GB', 0, true FROM (SELECT $3::timestamptz, $4::int, $5::int, $6::bigint) x
       ON CONFLICT (store_id, id) DO NOTHING""",
    """INSERT INTO products (store_id, id, slug, title, title_folded, description, state, revision, created_at, updated_at)
       SELECT $1, stoa.child_id($2, n), 'product-' || n, 'Product ' || n, 'product ' || n, '', 'active', 1, $3, $3
         FROM generate_series(1, $4::int / $5::int) n, (SELECT $6::bigint) x
       ON CONFLICT (store_id, id) DO NOTHING""",
    """INSERT INTO variants (store_id, id, product_id, sku, title, weight_grams, requires_shipping, tracks_stock, is_active,
                             position, created_at)
       SELECT $1, stoa.child_id($2, n), stoa.child_id($2, (n - 1) / $5::int + 1), 'sku-' || n, 'Size ' || n, 100, true, true,
              true, n % $5::int, $3
         FROM generate_series(1, $4::int) n, (SELECT $6::bigint) x
       ON CONFLICT (store_id, id) DO NOTHING""",
    """INSERT INTO prices (store_id, id, variant_id, currency, amount)
       SELECT $1, stoa.child_id($2, n), stoa.child_id($2, n), 'GBP', 500 + n % 4500
         FROM generate_series(1, $4::int) n, (SELECT $3::timestamptz, $5::int, $6::bigint) x
       ON CONFLICT (store_id, id) DO NOTHING""",
    """INSERT INTO stock_levels (store_id, id, variant_id, warehouse_id, on_hand, committed, reserved, safety, short)
       SELECT $1, stoa.child_id($2, n), stoa.child_id($2, n), $2, $6::bigint, 0, 0, 0, 0
         FROM generate_series(1, $4::int) n, (SELECT $3::timestamptz, $5::int) x
       ON CONFLICT (store_id, id) DO NOTHING""",
    """INSERT INTO stock_movements (store_id, id, level_id, kind, on_hand, committed, reserved, reason, actor)
       SELECT $1, stoa.child_id($2, n), stoa.child_id($2, n), 'receive', $6::bigint, 0, 0, 'bench', 'system'
         FROM generate_series(1, $4::int) n, (SELECT $3::timestamptz, $5::int) x
       ON CONFLICT (store_id, id) DO NOTHING""",
)

# $1 store, $2 carts, $3 quotes, $4 contacts, $5 variants, $6 numbers, $7 and $8 variants' numbers, $9 tokens, $10 now
_UNUSED = "(SELECT $2::uuid, $3::uuid, $4::uuid, $5::uuid, $7::int[], $8::int[], $9::bytea[], $10::timestamptz) x"
_CARTS = (
    f"""INSERT INTO order_contacts (store_id, id, email, email_folded, phone, name, company, line1, line2, city, region,
                                    postal_code, country, note)
        SELECT $1, stoa.child_id($4, n), '{_EMAIL}', '{_EMAIL}', '', '{_ADDRESS.name}', '', '{_ADDRESS.line1}', '',
               '{_ADDRESS.city}', '', '{_ADDRESS.postal_code}', '{_ADDRESS.country}', ''
          FROM unnest($6::int[]) n, {_UNUSED}
        ON CONFLICT (store_id, id) DO NOTHING""",
    f"""INSERT INTO carts (store_id, id, token_hash, contact_id, currency, state, quote_id, source, created_at, expires_at)
        SELECT $1, stoa.child_id($2, n), token, stoa.child_id($4, n), 'GBP', 'open', stoa.child_id($3, n), 'shop', $10,
               $10 + interval '30 days'
          FROM unnest($6::int[], $9::bytea[]) AS c(n, token), {_UNUSED}
        ON CONFLICT (store_id, id) DO NOTHING""",
    f"""INSERT INTO cart_lines (store_id, id, cart_id, position, variant_id, quantity, seen_unit_price)
        SELECT $1, stoa.child_id(stoa.child_id($2, n), 2 * n + line), stoa.child_id($2, n), line,
               stoa.child_id($5, variant), 1, 500 + variant % 4500
          FROM unnest($6::int[], $7::int[], $8::int[]) AS c(n, first, second),
               LATERAL (VALUES (1, first), (2, second)) AS l(line, variant), {_UNUSED}
        ON CONFLICT (store_id, id) DO NOTHING""",
    f"""INSERT INTO quotes (store_id, id, cart_id, currency, tax_included, subtotal, discount, shipping, shipping_tax, tax,
                            total, shipping_title, lines, explanation, budget_ids, budget_amounts, missing, created_at,
                            expires_at)
        SELECT $1, stoa.child_id($3, n), stoa.child_id($2, n), 'GBP', true, p1 + p2, 0, 395, shipping_tax, tax, p1 + p2 + 395,
               'Standard delivery',
               jsonb_build_array(
                   jsonb_build_object('line', 1, 'variant_id', stoa.child_id($5, v1), 'sku', 'sku-' || v1,
                       'title', 'Product ' || (v1 - 1) / 10 + 1, 'variant_title', 'Size ' || v1, 'quantity', 1,
                       'unit_price', p1, 'amount', p1, 'override_reason', NULL, 'discount', 0, 'tax', tax1,
                       'tax_rate_ppm', 200000, 'total', p1),
                   jsonb_build_object('line', 2, 'variant_id', stoa.child_id($5, v2), 'sku', 'sku-' || v2,
                       'title', 'Product ' || (v2 - 1) / 10 + 1, 'variant_title', 'Size ' || v2, 'quantity', 1,
                       'unit_price', p2, 'amount', p2, 'override_reason', NULL, 'discount', 0,
                       'tax', tax - shipping_tax - tax1, 'tax_rate_ppm', 200000, 'total', p2)),
               '[]', '{{}}', '{{}}', '{{}}', $10, $10 + interval '1 day'
          FROM (SELECT n, v1, v2, 500 + v1 % 4500 AS p1, 500 + v2 % 4500 AS p2
                  FROM unnest($6::int[], $7::int[], $8::int[]) AS c(n, v1, v2)) c,
               LATERAL (SELECT p1 + p2 + 395 - round((p1 + p2 + 395) / 1.2)::bigint AS tax) t,
               LATERAL (SELECT round(tax * 395.0 / (p1 + p2 + 395))::bigint AS shipping_tax) s,
               LATERAL (SELECT (tax - shipping_tax) * p1 / (p1 + p2) AS low1, (tax - shipping_tax) * p1 % (p1 + p2) AS rest1,
                               (tax - shipping_tax) * p2 % (p1 + p2) AS rest2) r,
               LATERAL (SELECT low1 + CASE WHEN rest1 > 0 AND rest1 >= rest2 THEN 1 ELSE 0 END AS tax1) f, {_UNUSED}
        ON CONFLICT (store_id, id) DO NOTHING""",
)

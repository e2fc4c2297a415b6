"""Plans of `place_orders` are made once for a connection: they must serve when the tables have filled, too."""

from stoa.checkout.placing import place_orders
from stoa.db.transaction import Database
from tests.checkout.shop import Shop, mugs
from tests.checkout.worlds import Asked

ORDERS, BATCH = 200, 10


async def test_what_was_planned_while_nothing_was_ordered_still_looks_up_by_key_when_much_is(
    fresh_database: Database,
) -> None:
    shop = Shop(fresh_database)
    await shop.opens(mugs(stock=1000, baskets=ORDERS + BATCH))
    await shop.tills(2)
    await shop.places(Asked(0), till=0)
    for first in range(1, ORDERS, BATCH):
        await shop.places(*map(Asked, range(first, first + BATCH)), till=1)

    early = shop.connections[0]
    batch = [shop.submission(Asked(ORDERS + n)) for n in range(1, BATCH)]
    async with early.transaction():
        await place_orders(early, shop.store_id, batch, range(10_001, 10_001 + len(batch)))
        rows = await early.fetch(
            "SELECT relname, seq_tup_read + idx_tup_fetch AS read FROM pg_stat_xact_user_tables"
            " WHERE schemaname = 'public' AND seq_tup_read + idx_tup_fetch > 0"
        )
    await shop.close()

    read = {row["relname"]: row["read"] for row in rows}
    assert {"orders", "quotes", "carts"} <= set(read)
    assert not {name: count for name, count in read.items() if count > 8 * BATCH}, read

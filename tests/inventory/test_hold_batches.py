"""Holding for many carts at once gives exactly what holding for one after another gives, and what it should give."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import given
from sqlalchemy import insert, text

from stoa import inventory
from stoa.carts.models import CartLine
from stoa.catalog.models import BeyondStock
from stoa.checkout.laws import LAWS as CHECKOUT_LAWS
from stoa.checkout.placing import Placed
from stoa.db.engine import connect
from stoa.db.transaction import Database
from stoa.inventory.laws import LAWS
from stoa.kernel.ids import child_id
from stoa.orders.laws import LAWS as ORDER_LAWS
from tests.checkout.expected import ExpectedShop
from tests.checkout.world_rows import build, everything
from tests.checkout.worlds import NOW, Basket, Case, World, cases, world_id
from tests.examples import examples
from tests.make import MadeStore
from tests.make.selling import ready_cart, sellable, submit

HOLD = "SELECT * FROM stoa.hold_stock($1, $2, $3, $4, $5, $6)"


@pytest.fixture(scope="module")
async def holding(database: Database) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection as the server has; nothing here needs to survive a crash."""
    connection = await connect(database.server_url)
    await connection.execute("SET synchronous_commit = off")
    yield connection
    await connection.close()


@examples(60)
@given(case=cases())
async def test_a_batch_of_holds_is_what_they_would_have_been_one_after_another(
    database: Database, holding: "asyncpg.Connection[asyncpg.Record]", case: Case
) -> None:
    world, turns = case.world, list(dict.fromkeys(asked.basket for asked in case.asked))

    together = await _held(database, holding, world, [turns])
    one_by_one = await _held(database, holding, world, [[turn] for turn in turns])

    assert one_by_one == together
    assert [kind for kind, _ in together[0]] == _expected(world, turns)


async def _held(
    database: Database,
    connection: "asyncpg.Connection[asyncpg.Record]",
    world: World,
    batches: Sequence[Sequence[int]],
) -> tuple[list[tuple[str, Any]], dict[str, list[Any]]]:
    """The answers, and everything that stands in the store afterwards."""
    store_id = uuid4()
    await build(database, store_id, world)
    async with database.store(store_id) as tx:
        await tx.execute(insert(CartLine), [{"store_id": store_id, **line} for line in _lines(world)])
    answers: list[tuple[str, Any]] = []
    for batch in batches:
        async with connection.transaction():
            await connection.execute(f"SELECT stoa.enter_store('{store_id}')")
            count = len(batch)
            until = NOW + timedelta(minutes=15)
            arrays = (
                [world_id("cart", n) for n in batch], [world_id("new hold", n) for n in batch], [NOW] * count,
                [until] * count, ["test"] * count,
            )  # fmt: skip
            answers += [(row["answer"], row["detail"]) for row in await connection.fetch(HOLD, store_id, *arrays)]
    return answers, await everything(database, store_id)


def _lines(world: World) -> list[dict[str, Any]]:
    """Each basket's lines, those of one article in one."""
    return [
        {
            "id": child_id(world_id("cart", n), article + 1), "cart_id": world_id("cart", n), "position": article + 1,
            "variant_id": world_id("variant", article), "quantity": quantity, "seen_unit_price": 1,
        }
        for n, basket in enumerate(world.baskets)
        for article, quantity in _content(basket).items()
    ]  # fmt: skip


def _content(basket: Basket) -> dict[int, int]:
    wanted: dict[int, int] = {}
    for line in basket.lines:
        wanted[line.article] = wanted.get(line.article, 0) + line.quantity
    return wanted


def _expected(world: World, turns: Sequence[int]) -> list[str]:
    """One after another and as plainly as possible."""
    shop = ExpectedShop(world)
    # What is free, below zero where a count found less than is promised: what is given back pays that first.
    free = {
        (n, w): level.on_hand - level.safety - level.committed - level.reserved
        for n, article in enumerate(world.articles)
        for w, level in enumerate(article.levels)
        if level is not None
    }
    return [_turn(world, shop, free, n) for n in turns]


def _turn(world: World, shop: ExpectedShop, free: dict[tuple[int, int], int], n: int) -> str:
    if n >= len(world.baskets) or world.baskets[n].expired:
        return "cart_not_found"
    basket = world.baskets[n]
    wanted = {article: units for article, units in _content(basket).items() if world.articles[article].tracked}
    with_own = dict(free)
    for article, warehouse, units in basket.holds:
        with_own[article, warehouse] += units
    if not wanted:
        free.update(with_own)
        return "nothing_counted"
    shop.free = {place: max(units, 0) for place, units in with_own.items() if world.warehouses[place[1]].is_active}
    picked = shop.picked(basket, wanted)
    if picked is None:
        there = {article: sum(units for (a, _), units in shop.free.items() if a == article) for article in wanted}
        return "out_of_stock" if any(there[a] < units for a, units in wanted.items()) else "not_together"
    free.update(with_own)
    for place, units in picked.items():
        free[place] -= units
    return "held"


async def test_orders_and_deliveries_race_and_nobody_waits_while_there_is_some(
    database: Database, store: MadeStore
) -> None:
    async with database.store(store.id) as tx:
        mugs = [await sellable(tx, stock=1) for _ in range(2)]
        for mug in mugs:
            await inventory.promise_beyond_stock(tx, variant_id=mug, kind=BeyondStock.BACKORDER, limit=50)
        (warehouse,) = await inventory.list_warehouses(tx)
    ready = [await ready_cart(database, store, wanted=dict.fromkeys(mugs[:: 1 if n % 2 else -1], 2)) for n in range(8)]

    async def deliver() -> None:
        for _ in range(3):
            async with database.store(store.id) as tx:
                receipts = [inventory.Receipt(mug, warehouse.id, 2) for mug in mugs]
                await inventory.receive_many(tx, receipts=receipts)

    async def order(n: int) -> bool:
        [(_, outcome)] = await submit(database, store, ready[n])
        return isinstance(outcome, Placed)

    *_, placed = await asyncio.gather(deliver(), deliver(), asyncio.gather(*map(order, range(8))))

    assert placed == [True] * 8
    async with database.store(store.id) as tx:
        for mug in mugs:
            # 13 units came, 16 were ordered.
            assert await _figures(tx, mug) == {"shipping": (13, 13), "backorder": (50, 3)}
        laws = LAWS | CHECKOUT_LAWS | ORDER_LAWS
        assert [name for name, sql in laws.items() if (await tx.execute(text(sql))).all()] == []


async def _figures(tx: Any, variant_id: UUID) -> dict[str, tuple[int, int]]:
    found = await tx.execute(
        text(
            "SELECT w.kind, s.on_hand, s.committed FROM stock_levels s"
            " JOIN warehouses w ON w.store_id = s.store_id AND w.id = s.warehouse_id"
            " WHERE s.store_id = :store AND s.variant_id = :variant"
        ),
        {"store": tx.store_id, "variant": variant_id},
    )
    return {row.kind: (row.on_hand, row.committed) for row in found}

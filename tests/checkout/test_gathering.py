"""Whatever happens to a batch, everybody in it gets the right answer, and nothing is ordered twice."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import psycopg
import pytest
from sqlalchemy import update

from stoa.carts.models import Cart
from stoa.checkout import gathering, placing
from stoa.checkout.errors import CheckoutUnavailable, KeyReused, OutOfStock
from stoa.checkout.gathering import Gatherer
from stoa.checkout.placing import Placed
from stoa.db.engine import connect
from stoa.db.urls import Urls
from stoa.orders.numbers import FIRST_NUMBER
from tests.checkout.shop import Shop, mugs
from tests.checkout.wire import Wire
from tests.checkout.worlds import Asked, Basket, Key, Line, world_id


@pytest.fixture
async def gatherer(urls: Urls) -> AsyncIterator[Gatherer]:
    gatherer = Gatherer(urls.server)
    yield gatherer
    await gatherer.close()


async def hand_in(gatherer: Gatherer, shop: Shop, *asked: Asked) -> list[Any]:
    """Submit them all at once; each one's order, or what was raised."""
    waiting = (gatherer.submit(shop.store_id, shop.submission(one)) for one in asked)
    return await asyncio.gather(*waiting, return_exceptions=True)


def are_new(answers: Sequence[Any]) -> bool:
    return all(isinstance(one, Placed) and one.anew for one in answers)


async def test_what_waits_while_a_batch_is_written_goes_together(
    shop: Shop, gatherer: Gatherer, urls: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.opens(mugs(stock=100, baskets=12))
    sizes: list[int] = []
    place_orders = placing.place_orders

    async def counting(*arguments: Any) -> Any:
        sizes.append(len(arguments[2]))
        return await place_orders(*arguments)

    monkeypatch.setattr(gathering, "place_orders", counting)
    async with _holding_the_stock(urls, shop) as let_go:
        answers = asyncio.create_task(hand_in(gatherer, shop, *map(Asked, range(12))))
        await _until(lambda: sizes == [1] and len(gatherer._waiting[shop.store_id]) == 11)
        await let_go()
        assert are_new(await answers)

    assert sizes == [1, 11]
    assert await shop.committed() == [12]


async def test_where_somebody_keeps_a_row_locked_most_are_sent_away_before_they_have_waited_for_it(
    shop: Shop, gatherer: Gatherer, urls: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.opens(mugs(stock=100, baskets=12))
    monkeypatch.setattr(gathering, "LOCK_TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(gathering, "_MOST_IN_VAIN", 2)
    sizes: list[int] = []
    place_orders = placing.place_orders

    async def counting(*arguments: Any) -> Any:
        sizes.append(len(arguments[2]))
        return await place_orders(*arguments)

    monkeypatch.setattr(gathering, "place_orders", counting)
    async with _holding_the_stock(urls, shop) as let_go:
        answers = await hand_in(gatherer, shop, *map(Asked, range(12)))
        await let_go()

    assert [type(one) for one in answers] == [CheckoutUnavailable] * 12
    # The first alone, and once more; the others together; two of them alone.
    assert sizes == [1, 1, 11, 1, 1]
    assert await shop.committed() == [0]


async def test_who_does_not_want_the_row_that_somebody_keeps_locked_is_served_from_the_same_batch(
    shop: Shop, gatherer: Gatherer, urls: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "LOCK_TIMEOUT_SECONDS", 0.2)
    baskets = tuple(Basket((Line(n % 2, 1),)) for n in range(12))
    await shop.opens(replace(mugs(stock=100, baskets=0, articles=2), baskets=baskets))

    async with _holding_the_stock(urls, shop, world_id("level 0", 0)) as let_go:
        answers = await hand_in(gatherer, shop, *map(Asked, range(12)))
        await let_go()

    assert [type(one) for one in answers[0::2]] == [CheckoutUnavailable] * 6
    assert are_new(answers[1::2])
    assert are_new(await hand_in(gatherer, shop, *map(Asked, range(0, 12, 2))))
    assert await shop.committed() == [6, 6]


async def test_each_gets_the_answer_to_its_own_submission(shop: Shop, gatherer: Gatherer) -> None:
    await shop.opens(mugs(stock=3, baskets=5))

    answers = await hand_in(gatherer, shop, *map(Asked, range(5)))

    assert sum(isinstance(one, Placed) for one in answers) == 3
    assert sum(isinstance(one, OutOfStock) for one in answers) == 2
    orders = {row["id"]: row["cart_id"] for row in (await shop.rows())["orders"]}
    assert {str(one.order_id) for one in answers if isinstance(one, Placed)} == set(orders)


async def test_an_order_number_that_is_taken_costs_nobody_the_order(shop: Shop, gatherer: Gatherer) -> None:
    await shop.opens(mugs(stock=100, baskets=7))
    # Numbered by hand, in the middle of what will be leased.
    while shop._number < FIRST_NUMBER + 3:
        shop.submission(Asked(0))
    (by_hand,) = await shop.places(Asked(6))

    answers = await hand_in(gatherer, shop, *map(Asked, range(6)))

    assert are_new(answers)
    assert isinstance(by_hand, Placed)
    assert len({by_hand.number, *(one.number for one in answers)}) == 7
    assert await shop.committed() == [7]


async def test_one_that_the_database_refuses_takes_nobody_along(shop: Shop, gatherer: Gatherer) -> None:
    await shop.opens(mugs(stock=100, baskets=6))
    # Two carts with one and the same number in the system they come from: only one can become an order.
    async with shop.database.store(shop.store_id) as tx:
        same = [world_id("cart", n) for n in (3, 4)]
        await tx.execute(update(Cart).where(Cart.id.in_(same)).values(reference="A1"))

    answers = await hand_in(gatherer, shop, *map(Asked, range(6)))

    assert are_new([answers[n] for n in (0, 1, 2, 5)])
    assert sorted(type(answers[n]).__name__ for n in (3, 4)) == ["CheckoutUnavailable", "Placed"]
    assert await shop.committed() == [5]


async def test_two_servers_that_get_one_key_for_two_carts_at_once_place_one(
    shop: Shop, urls: Urls, gatherer: Gatherer
) -> None:
    await shop.opens(mugs(stock=100, baskets=2))
    other = Gatherer(urls.server)
    asked = [Asked(0, key=Key("customer", "k", request=1)), Asked(1, key=Key("customer", "k", request=2))]

    answers = await asyncio.gather(
        hand_in(gatherer, shop, asked[0]), hand_in(other, shop, asked[1]), return_exceptions=True
    )
    await other.close()

    ((one,), (two,)) = answers  # type: ignore[misc]
    assert {type(one), type(two)} == {Placed, KeyReused}
    assert await shop.committed() == [1]


async def test_connections_killed_under_load_cost_nobody_the_order(
    shop: Shop, gatherer: Gatherer, urls: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.opens(mugs(stock=1000, baskets=60))
    opened: list[asyncpg.Connection[asyncpg.Record]] = []

    async def remembered(url: str, **options: Any) -> "asyncpg.Connection[asyncpg.Record]":
        opened.append(await connect(url, **options))
        return opened[-1]

    monkeypatch.setattr(gathering, "connect", remembered)

    async def kill_now_and_then() -> None:
        async with await psycopg.AsyncConnection.connect(_admin(urls), autocommit=True) as admin:
            for _ in range(4):
                await _until(lambda: any(not connection.is_closed() for connection in opened))
                pids = [connection.get_server_pid() for connection in opened if not connection.is_closed()]
                await admin.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) pid", [pids])

    async def buy() -> list[Any]:
        answers: list[Any] = []
        for start in range(0, 60, 6):
            answers += await hand_in(gatherer, shop, *map(Asked, range(start, start + 6)))
        return answers

    answers, _ = await asyncio.gather(buy(), kill_now_and_then())

    assert are_new(answers)
    rows = await shop.rows()
    assert [len(rows[table]) for table in ("orders", "order_lines", "payments", "order_history")] == [60] * 4
    assert await shop.committed() == [60]


@pytest.mark.parametrize("where", ["before", "after"])
async def test_a_connection_lost_at_commit_is_settled_by_looking(shop: Shop, urls: Urls, where: Any) -> None:
    await shop.opens(mugs(stock=100, baskets=3))
    async with Wire.to(urls.server) as wire:
        gatherer = Gatherer(wire.url)
        wire.cut_at_commit = where

        answers = await hand_in(gatherer, shop, *(Asked(n, key=Key(f"cart {n}", "k", n)) for n in range(3)))
        await gatherer.close()

        assert wire.cuts == 1
    assert are_new(answers)
    rows = await shop.rows()
    assert [len(rows[table]) for table in ("orders", "order_lines", "payments", "idempotency_keys")] == [3] * 4
    assert await shop.committed() == [3]


async def test_a_database_that_is_gone_is_said_and_needs_no_restart_when_it_is_back(shop: Shop, urls: Urls) -> None:
    await shop.opens(mugs(stock=100, baskets=2))
    async with Wire.to(urls.server) as wire:
        gatherer = Gatherer(wire.url)
        assert are_new(await hand_in(gatherer, shop, Asked(0)))

        wire.is_down = True
        wire.cut()
        (gone,) = await hand_in(gatherer, shop, Asked(1))
        wire.is_down = False
        (back,) = await hand_in(gatherer, shop, Asked(1))
        await gatherer.close()

    assert isinstance(gone, CheckoutUnavailable)
    assert gone.retry_after_seconds == 2
    assert are_new([back])


async def test_a_database_that_has_no_room_is_tried_again_and_the_batch_stays_together(
    shop: Shop, gatherer: Gatherer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.opens(mugs(stock=100, baskets=13))
    assert are_new(await hand_in(gatherer, shop, Asked(12)))
    refused: list[str] = []
    sizes: list[int] = []
    place_orders = placing.place_orders

    async def refuse(url: str, **_options: Any) -> None:
        refused.append(url)
        raise asyncpg.TooManyConnectionsError("sorry, too many clients already")

    async def counting(*arguments: Any) -> Any:
        sizes.append(len(arguments[2]))
        return await place_orders(*arguments)

    monkeypatch.setattr(gathering, "WORTH_ANOTHER_WRITER", 3)
    monkeypatch.setattr(gathering, "connect", refuse)
    monkeypatch.setattr(gathering, "place_orders", counting)
    together = await hand_in(gatherer, shop, *map(Asked, range(6)))
    monkeypatch.setattr(gatherer, "_idle", [])
    sizes_before = len(sizes)
    gone = await hand_in(gatherer, shop, *map(Asked, range(6, 12)))
    monkeypatch.setattr(gathering, "connect", connect)

    assert are_new(together)
    assert refused
    assert sum(sizes[:sizes_before]) == 6
    assert [type(one) for one in gone] == [CheckoutUnavailable] * 6
    assert sizes[sizes_before:] == []
    assert are_new(await hand_in(gatherer, shop, *map(Asked, range(6, 12))))
    assert await shop.committed() == [13]


async def test_a_shopper_who_goes_away_takes_nobody_along_and_is_still_served(
    shop: Shop, gatherer: Gatherer, urls: Urls
) -> None:
    await shop.opens(mugs(stock=100, baskets=5))
    async with _holding_the_stock(urls, shop) as let_go:
        waiting = [
            asyncio.create_task(gatherer.submit(shop.store_id, shop.submission(Asked(basket)))) for basket in range(5)
        ]
        # One whose order is being written, and one who waits for the next batch.
        await _until(lambda: len(gatherer._writers) == 1)
        waiting[0].cancel()
        waiting[4].cancel()
        await let_go()
        answers = await asyncio.gather(*waiting, return_exceptions=True)
        await gatherer.close()

    assert are_new(answers[1:4])
    assert all(isinstance(answers[n], asyncio.CancelledError) for n in (0, 4))
    assert await shop.committed() == [5]


async def test_a_row_that_somebody_holds_does_not_stop_the_shop(
    shop: Shop, urls: Urls, monkeypatch: pytest.MonkeyPatch, gatherer: Gatherer
) -> None:
    monkeypatch.setattr(gathering, "LOCK_TIMEOUT_SECONDS", 0.1)
    await shop.opens(mugs(stock=100, baskets=2))

    async with _holding_the_stock(urls, shop) as let_go:
        (held,) = await hand_in(gatherer, shop, Asked(0))
        await let_go()
    (after,) = await hand_in(gatherer, shop, Asked(0))

    assert isinstance(held, CheckoutUnavailable)
    assert are_new([after])


async def test_a_second_batch_is_written_beside_the_first_once_it_is_worth_it(
    shop: Shop, gatherer: Gatherer, urls: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "WORTH_ANOTHER_WRITER", 3)
    await shop.opens(mugs(stock=100, baskets=6))

    async with _holding_the_stock(urls, shop) as let_go:
        answers = asyncio.create_task(hand_in(gatherer, shop, *map(Asked, range(6))))
        await _until(lambda: len(gatherer._writers) == 2 and len(gatherer._waiting[shop.store_id]) == 2)
        await let_go()
        placed = await answers

    assert are_new(placed)
    assert await shop.committed() == [6]


async def test_too_long_a_queue_is_refused_at_once(
    shop: Shop, gatherer: Gatherer, urls: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "LONGEST_QUEUE", 1)
    await shop.opens(mugs(stock=100, baskets=4))

    async with _holding_the_stock(urls, shop) as let_go:
        answers = asyncio.create_task(hand_in(gatherer, shop, *map(Asked, range(4))))
        await _until(lambda: len(gatherer._writers) == 1)
        await let_go()
        placed = await answers

    # One is being written, one waits for the next batch.
    assert are_new(placed[:2])
    assert [type(one) for one in placed[2:]] == [CheckoutUnavailable] * 2


@asynccontextmanager
async def _holding_the_stock(
    urls: Urls, shop: Shop, level: UUID | None = None
) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Lock the shop's stock (or one level), as somebody in another transaction does; gives what lets go of it."""
    async with await psycopg.AsyncConnection.connect(_admin(urls)) as other:
        which = "SELECT FROM stock_levels WHERE store_id = %s AND id = coalesce(%s, id) FOR UPDATE"
        await other.execute(which, [shop.store_id, level])
        yield other.rollback


async def _until(is_so: Callable[[], bool]) -> None:
    """Wait until it is so; a test that waits in vain says so."""
    for _ in range(2000):
        if is_so():
            return
        await asyncio.sleep(0.005)
    pytest.fail("waited ten seconds in vain")


def _admin(urls: Urls) -> str:
    assert urls.admin is not None, "tests run on a server of which we are the superuser"
    return urls.admin

"""Units come in, are counted and corrected; every change has its movement, and nothing is promised twice."""

import asyncio

import pytest
from sqlalchemy import select, text

from stoa import catalog, inventory
from stoa.catalog.errors import UnknownVariant
from stoa.db.outbox import Event
from stoa.inventory.errors import BadQuantity, BelowZero, SafetyTooHigh, TooManyReceipts, UnknownWarehouse
from stoa.inventory.laws import LAWS
from stoa.inventory.receipts import LARGEST_QUANTITY, MOST_RECEIPTS, Receipt
from stoa.kernel.text import TextMissing
from tests.make import Make
from tests.promises import refused, statements


async def place_of(make, **variant):
    """Where a variant can stand: the arguments of every operation here."""
    made = await make.variant(**variant)
    return {"variant_id": made.id, "warehouse_id": (await make.warehouse()).id}


async def promise(tx, place, units):
    """What a placed order does to a level, and its movement."""
    await tx.execute(
        text("UPDATE stock_levels SET committed = committed + :units WHERE variant_id = :variant_id"),
        {"units": units, "variant_id": place["variant_id"]},
    )
    await tx.execute(
        text(
            "INSERT INTO stock_movements (store_id, id, level_id, kind, on_hand, committed, reserved, reason, actor)"
            " SELECT store_id, :id, id, 'commit', 0, :units, 0, '', 'system' FROM stock_levels"
            " WHERE variant_id = :variant_id"
        ),
        {"id": tx.new_id(), "units": units, "variant_id": place["variant_id"]},
    )


async def broken_laws(tx):
    return [name for name, sql in LAWS.items() if (await tx.execute(text(sql))).all()]


async def test_units_come_in_and_can_be_sold(tx, make):
    place = await place_of(make)

    await inventory.receive(tx, **place, quantity=7, reason="first delivery")
    level = await inventory.receive(tx, **place, quantity=LARGEST_QUANTITY)

    assert level.on_hand == 10_000_007
    assert await inventory.available_units(tx, [place["variant_id"]]) == {place["variant_id"]: 10_000_007}
    moves = (await inventory.list_movements(tx, level_id=level.id)).items
    assert sorted((move.kind, move.on_hand, move.reason) for move in moves) == [
        ("receive", 7, "first delivery"),
        ("receive", LARGEST_QUANTITY, ""),
    ]
    assert {move.actor for move in moves} == {"system"}
    assert await broken_laws(tx) == []


@pytest.mark.parametrize("quantity", [0, -1, 10_000_001])
async def test_an_impossible_number_of_units_is_refused(tx, make, quantity):
    place = await place_of(make, stock=3)

    with refused(BadQuantity):
        await inventory.receive(tx, **place, quantity=quantity)
    if quantity in (-1, 10_000_001):
        with refused(BadQuantity):
            await inventory.count(tx, **place, found=quantity, reason="stocktaking")
        with refused(BadQuantity):
            await inventory.set_safety(tx, **place, units=quantity)
    if quantity != -1:
        with refused(BadQuantity):
            await inventory.adjust(tx, **place, by=quantity, reason="found")

    assert (await make.in_stock(place["variant_id"]))["on_hand"] == 3


async def test_many_receipts_cost_as_many_statements_as_one(database, tx, make):
    warehouse = await make.warehouse()
    counts = []
    for many in (1, 60):
        variants = [catalog.NewVariant(f"{many}-{n}", 1, choice={"No": str(n)}) for n in range(many)]
        options = [catalog.NewOption("No", [str(n) for n in range(many)])]
        made = await make.product(options=options, variants=variants)
        receipts = [Receipt(variant.id, warehouse.id, 2) for variant in made.variants.values()]
        with statements(database) as seen:
            await inventory.receive_many(tx, receipts=receipts + receipts)
        counts.append(len(seen))
        free = await inventory.available_units(tx, [variant.id for variant in made.variants.values()])
        assert set(free.values()) == {4}

    assert counts[0] == counts[1] <= 8
    assert await broken_laws(tx) == []


async def test_receipts_are_taken_all_or_none(tx, make, other_store, database):
    async with database.store(other_store.id) as elsewhere:
        theirs = await place_of(Make(elsewhere))
    ours = await place_of(make)
    good = Receipt(**ours, quantity=1)

    with refused(UnknownVariant):
        await inventory.receive_many(tx, receipts=[good, Receipt(theirs["variant_id"], ours["warehouse_id"], 1)])
    with refused(UnknownWarehouse):
        await inventory.receive_many(tx, receipts=[good, Receipt(ours["variant_id"], theirs["warehouse_id"], 1)])
    with refused(TooManyReceipts):
        await inventory.receive_many(tx, receipts=[good] * (MOST_RECEIPTS + 1))
    assert await inventory.receive_many(tx, receipts=[]) == {}

    assert await inventory.available_units(tx, [ours["variant_id"]]) == {ours["variant_id"]: 0}


async def test_a_correction_adds_or_takes_away(tx, make):
    place = await place_of(make, stock=5)

    await inventory.adjust(tx, **place, by=2, reason="found behind the shelf")
    level = await inventory.adjust(tx, **place, by=-6, reason="broken")
    with refused(BelowZero) as refusal:
        await inventory.adjust(tx, **place, by=-2, reason="broken")
    with refused(TextMissing):
        await inventory.adjust(tx, **place, by=-1, reason=" ")

    assert (refusal.value.on_hand, refusal.value.taken) == (1, 2)
    assert (level.on_hand, level.short) == (1, 0)
    assert await broken_laws(tx) == []


async def test_a_count_sets_what_is_on_hand(tx, make):
    place = await place_of(make, stock=5)

    for found in (9, 9, 0):
        level = await inventory.count(tx, **place, found=found, reason="stocktaking")
        assert level.on_hand == found

    moves = (await inventory.list_movements(tx, level_id=level.id)).items
    assert sorted(move.on_hand for move in moves) == [-9, 0, 4, 5]


async def test_a_count_that_finds_less_than_is_promised_is_recorded_as_short(tx, make):
    place = await place_of(make, stock=10)
    await inventory.set_safety(tx, **place, units=1)
    await promise(tx, place, 6)

    counted = await inventory.count(tx, **place, found=4, reason="stocktaking")
    assert (counted.on_hand, counted.committed, counted.short) == (4, 6, 3)
    told = await tx.scalars(select(Event).where(Event.kind == "stock.short"))
    assert [(event.subject_id, event.data["short"]) for event in told] == [(place["variant_id"], 3)]
    assert await inventory.available_units(tx, [place["variant_id"]]) == {place["variant_id"]: 0}
    assert await broken_laws(tx) == []

    paid_back = await inventory.receive(tx, **place, quantity=5)
    assert (paid_back.on_hand, paid_back.short) == (9, 0)
    assert await inventory.available_units(tx, [place["variant_id"]]) == {place["variant_id"]: 2}
    assert await broken_laws(tx) == []


async def test_no_more_is_kept_back_than_is_free(tx, make):
    place = await place_of(make, stock=10)
    await promise(tx, place, 6)

    with refused(SafetyTooHigh) as refusal:
        await inventory.set_safety(tx, **place, units=5)
    kept = await inventory.set_safety(tx, **place, units=4)

    assert (refusal.value.asked, refusal.value.free, kept.safety) == (5, 4, 4)
    assert await inventory.available_units(tx, [place["variant_id"]]) == {place["variant_id"]: 0}


async def test_keeping_back_less_helps_a_level_that_is_short(tx, make):
    place = await place_of(make, stock=10)
    await promise(tx, place, 6)
    await inventory.set_safety(tx, **place, units=4)
    await inventory.count(tx, **place, found=7, reason="stocktaking")

    level = await inventory.set_safety(tx, **place, units=2)

    assert (level.safety, level.short) == (2, 1)
    assert await broken_laws(tx) == []


async def test_receipts_and_corrections_at_once_are_all_counted(database, store):
    async with database.store(store.id) as tx:
        make = Make(tx)
        warehouse = await make.warehouse()
        variants = [await make.variant() for _ in range(3)]

    async def receive(order):
        async with database.store(store.id) as tx:
            receipts = [Receipt(variants[n].id, warehouse.id, 5) for n in order]
            await inventory.receive_many(tx, receipts=receipts)

    async def adjust():
        async with database.store(store.id) as tx:
            place = {"variant_id": variants[0].id, "warehouse_id": warehouse.id}
            await inventory.adjust(tx, **place, by=1, reason="found")

    await asyncio.gather(*[receive(order) for order in ((0, 1, 2), (2, 1, 0)) * 3], *[adjust() for _ in range(4)])

    async with database.store(store.id) as tx:
        free = await inventory.available_units(tx, [variant.id for variant in variants])
        assert list(free.values()) == [34, 30, 30]
        assert await broken_laws(tx) == []


async def test_the_last_units_are_taken_away_once(database, store):
    async with database.store(store.id) as tx:
        place = await place_of(Make(tx), stock=1)

    async def take():
        async with database.store(store.id) as tx:
            await inventory.adjust(tx, **place, by=-1, reason="broken")

    outcomes = await asyncio.gather(*[take() for _ in range(4)], return_exceptions=True)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["BelowZero"] * 3 + ["NoneType"]


@pytest.mark.parametrize(
    ("law", "change"),
    [
        ("a level is the sum of its movements", "on_hand = on_hand + 1"),
        ("what is promised is on hand, or recorded as short", "short = 1"),
    ],
)
async def test_a_law_finds_what_breaks_it(tx, make, law, change):
    await make.variant(stock=5)
    assert await broken_laws(tx) == []

    await tx.execute(text("UPDATE stock_levels SET " + change))

    assert await broken_laws(tx) == [law]

"""Corrections in bulk are made once each, and all or none."""

from stoa import inventory
from stoa.db.transaction import Tx
from stoa.inventory.bulk import Correction, correct_many
from stoa.inventory.errors import BelowZero
from tests.make import Make
from tests.promises import refused


async def test_many_corrections_are_made_once(tx: Tx, make: Make):
    mug, pen = await make.variant(stock=10), await make.variant(stock=5)
    main = (await make.warehouse()).id
    corrections = [
        Correction(tx.new_id(), mug.id, main, -3, "broken"),
        Correction(tx.new_id(), mug.id, main, -4, "broken"),
        Correction(tx.new_id(), pen.id, main, 2, "found"),
    ]

    made = [await correct_many(tx, corrections=corrections[:2]), await correct_many(tx, corrections=corrections)]

    assert made == [2, 1]
    tx.session.expunge_all()
    assert (await make.in_stock(mug.id))["on_hand"] == 3
    assert (await make.in_stock(pen.id))["on_hand"] == 7
    (level,) = await inventory.levels_of_variants(tx, variant_ids=[mug.id])
    movements = await inventory.list_movements(tx, level_id=level.id)
    assert sum(movement.on_hand for movement in movements.items) == 3


async def test_more_than_there_is_cannot_be_lost(tx: Tx, make: Make):
    mug = await make.variant(stock=10)
    main = (await make.warehouse()).id

    async with tx.session.begin_nested() as attempt:
        with refused(BelowZero) as refusal:
            await correct_many(tx, corrections=[Correction(tx.new_id(), mug.id, main, by, "stolen") for by in (-6, -6)])
        await attempt.rollback()

    assert (refusal.value.on_hand, refusal.value.taken) == (10, 12)
    assert (await make.in_stock(mug.id))["on_hand"] == 10

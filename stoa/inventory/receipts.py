"""Units come in, are counted, are corrected, are kept back."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from stoa.db.transaction import Tx
from stoa.inventory.assigning import assign_waiting
from stoa.inventory.beyond import places_beyond
from stoa.inventory.errors import BadQuantity, BelowZero, SafetyTooHigh, TooManyReceipts
from stoa.inventory.giving_up import NewestHold, lock_with_holds, to_give_up
from stoa.inventory.locks import Place, lock_levels
from stoa.inventory.models import MovementKind, StockLevel
from stoa.inventory.movements import move, short_of
from stoa.inventory.reservations import release_stock
from stoa.kernel.text import LINE, clean

LARGEST_QUANTITY = 10_000_000
MOST_RECEIPTS = 5_000


@dataclass(frozen=True)
class Receipt:
    """So many units of one variant came into one warehouse."""

    variant_id: UUID
    warehouse_id: UUID
    quantity: int


async def receive(tx: Tx, *, variant_id: UUID, warehouse_id: UUID, quantity: int, reason: str = "") -> StockLevel:
    """Units came in. They pay what the level was short of first, then go to orders that wait for them, the oldest
    first, and the rest can be sold.

    Raises BadQuantity unless `quantity` is 1 to 10 million, UnknownVariant, UnknownWarehouse.
    """
    levels = await receive_many(tx, receipts=[Receipt(variant_id, warehouse_id, quantity)], reason=reason)
    level = levels[variant_id, warehouse_id]
    await tx.session.refresh(level)
    return level


async def receive_many(tx: Tx, *, receipts: Sequence[Receipt], reason: str = "") -> dict[Place, StockLevel]:
    """Units of many variants came in, all or none; two receipts for one place are added up. Gives the levels, whose
    figures are to be read anew.

    The number of statements does not grow with that of receipts, of which there are at most 5,000.

    Raises BadQuantity, UnknownVariant, UnknownWarehouse, TooManyReceipts.
    """
    if len(receipts) > MOST_RECEIPTS:
        raise TooManyReceipts(given=len(receipts), most=MOST_RECEIPTS)
    why = clean("reason", reason, LINE)
    by_place: Counter[Place] = Counter()
    for receipt in receipts:
        _check(receipt.quantity, smallest=1)
        by_place[receipt.variant_id, receipt.warehouse_id] += receipt.quantity
    if not by_place:
        return {}
    beyond = await places_beyond(tx, {variant_id for variant_id, _ in by_place})
    levels = await lock_levels(tx, by_place, beside=beyond)
    changes = {levels[place].id: quantity for place, quantity in by_place.items()}
    await move(tx, kind=MovementKind.RECEIVE, changes=changes, reason=why)
    for (variant_id, warehouse_id), quantity in by_place.items():
        tx.emit("stock.received", variant_id, warehouse_id=str(warehouse_id), units=quantity)
    await _serve_waiting(tx, by_place, beyond)
    await tx.flush()
    return {place: levels[place] for place in by_place}


async def adjust(tx: Tx, *, variant_id: UUID, warehouse_id: UUID, by: int, reason: str) -> StockLevel:
    """Correct what is on hand by so many units: found ones (`by` above 0), or broken and lost ones (below).

    Where fewer remain than are promised, that is recorded: carts give back what they hold, the newest first, and what
    orders were promised beyond it makes the level `short`.

    Raises BadQuantity unless `by` is 1 to 10 million units either way, BelowZero, UnknownVariant, UnknownWarehouse,
    TextMissing without a reason.
    """
    _check(abs(by), smallest=1)
    why = clean("reason", reason, LINE, required=True)
    place = (variant_id, warehouse_id)
    beyond = await places_beyond(tx, {variant_id})
    level, holds = await lock_with_holds(tx, place, by=by, beside=beyond)
    if level.on_hand + by < 0:
        raise BelowZero(on_hand=level.on_hand, taken=-by)
    return await _correct(tx, level, by, why, holds, beyond)


async def count(tx: Tx, *, variant_id: UUID, warehouse_id: UUID, found: int, reason: str) -> StockLevel:
    """Somebody counted and found so many units on hand; a count that finds what was expected is recorded as well.

    Where fewer were found than are promised, that is recorded: carts give back what they hold, the newest first, and
    what orders were promised beyond it makes the level `short`.

    Raises BadQuantity unless `found` is 0 to 10 million, UnknownVariant, UnknownWarehouse, TextMissing without a
    reason.
    """
    _check(found, smallest=0)
    why = clean("reason", reason, LINE, required=True)
    beyond = await places_beyond(tx, {variant_id})
    level, holds = await lock_with_holds(tx, (variant_id, warehouse_id), found=found, beside=beyond)
    return await _correct(tx, level, found - level.on_hand, why, holds, beyond)


async def set_safety(tx: Tx, *, variant_id: UUID, warehouse_id: UUID, units: int) -> StockLevel:
    """Keep so many units back from sale. Keeping back fewer than before is always possible.

    Raises BadQuantity unless `units` is 0 to 10 million, SafetyTooHigh above what is not promised to anybody,
    UnknownVariant, UnknownWarehouse.
    """
    _check(units, smallest=0)
    level = await _lock(tx, variant_id, warehouse_id)
    free = max(0, level.on_hand - level.committed - level.reserved)
    if units > level.safety and units > free:
        raise SafetyTooHigh(asked=units, free=free)
    level.safety = units
    level.short = short_of(level)
    await tx.flush()
    return level


async def _correct(
    tx: Tx, level: StockLevel, by: int, why: str, holds: Sequence[NewestHold], beyond: Mapping[Place, bool]
) -> StockLevel:
    await move(tx, kind=MovementKind.ADJUST, changes={level.id: by}, reason=why)
    was_short = level.short
    await tx.session.refresh(level)
    if given_up := to_give_up(holds, level.committed + level.reserved - level.on_hand):
        await release_stock(tx, reservation_ids=given_up)
        await tx.session.refresh(level)
    tx.emit("stock.adjusted", level.variant_id, by=by)
    if by > 0 and beyond:
        await _serve_waiting(tx, [(level.variant_id, level.warehouse_id)], beyond)
        await tx.session.refresh(level)
    if level.short > was_short:
        tx.emit("stock.short", level.variant_id, level_id=str(level.id), short=level.short)
    await tx.flush()
    return level


async def _serve_waiting(tx: Tx, places: Collection[Place], beyond: Mapping[Place, bool]) -> None:
    """What is free now in these places, whose levels are locked with those of what is promised beyond stock."""
    if beyond:
        levels = await lock_levels(tx, (), beside={*places, *beyond})
        await assign_waiting(tx, places=places, levels=levels, beyond=beyond)


async def _lock(tx: Tx, variant_id: UUID, warehouse_id: UUID) -> StockLevel:
    levels = await lock_levels(tx, [(variant_id, warehouse_id)])
    return levels[variant_id, warehouse_id]


def _check(quantity: int, *, smallest: int) -> None:
    if isinstance(quantity, bool) or not smallest <= quantity <= LARGEST_QUANTITY:
        raise BadQuantity(quantity=quantity, smallest=smallest, largest=LARGEST_QUANTITY)

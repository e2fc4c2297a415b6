"""What the tests of taking back look at: an order's rows, its units in stock, what is left of a code."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from stoa import orders
from stoa.budgets.models import Budget
from stoa.db.children import is_child
from stoa.db.outbox import Event
from stoa.db.transaction import Actor, Database
from stoa.inventory.models import Reservation, StockLevel, StockMovement, Warehouse
from stoa.kernel.ids import child_id
from stoa.orders.models import Cancellation, CancellationLine, CancellationReason
from tests.make import MadeStore
from tests.make.selling import MadeOrder

CLERK = Actor("staff")
BECAUSE = CancellationReason.CUSTOMER


@dataclass(frozen=True)
class Counted:
    """The units of one level."""

    on_hand: int
    committed: int
    reserved: int


async def cancel(database: Database, store: MadeStore, order: MadeOrder, units: dict[int, int] | None = None) -> None:
    """Take back an order, or so many units of its lines by position, in a transaction of its own."""
    async with database.store(store.id, actor=CLERK) as tx:
        if units is None:
            await orders.cancel_order(tx, order_id=order.id, reason=BECAUSE)
        else:
            await orders.cancel_units(tx, order_id=order.id, units=of_lines(order, units), reason=BECAUSE)


def of_lines(order: MadeOrder, units: dict[int, int]) -> dict[UUID, int]:
    """Units by line, the lines named by their positions."""
    return {child_id(order.id, position): count for position, count in units.items()}


async def read(database: Database, store: MadeStore, order: MadeOrder) -> orders.OrderView:
    """The order as it stands."""
    async with database.store(store.id) as tx:
        return await orders.order_by_id(tx, order_id=order.id)


async def stock(database: Database, store: MadeStore, variant_id: UUID) -> dict[str, Counted]:
    """The levels of one variant by the code of the warehouse."""
    async with database.store(store.id) as tx:
        rows = await tx.execute(
            select(Warehouse.code, StockLevel)
            .join(StockLevel, (StockLevel.store_id == Warehouse.store_id) & (StockLevel.warehouse_id == Warehouse.id))
            .where(StockLevel.variant_id == variant_id)
        )
        return {code: Counted(level.on_hand, level.committed, level.reserved) for code, level in rows}


async def movements(database: Database, store: MadeStore, order: MadeOrder) -> list[tuple[str, int, int]]:
    """What the order did to stock, in turn: the kind, committed, reserved."""
    async with database.store(store.id) as tx:
        rows = await tx.scalars(
            select(StockMovement).where(is_child(StockMovement, order.id)).order_by(StockMovement.id)
        )
        return [(row.kind, row.committed, row.reserved) for row in rows]


async def cancellations(
    database: Database, store: MadeStore, order: MadeOrder
) -> list[tuple[Cancellation, list[tuple[int, int]]]]:
    """The order's cancellations, each with the units and amounts of its lines."""
    async with database.store(store.id) as tx:
        heads = await tx.scalars(select(Cancellation).where(is_child(Cancellation, order.id)).order_by(Cancellation.id))
        lines = await tx.scalars(
            select(CancellationLine).where(is_child(CancellationLine, order.id)).order_by(CancellationLine.id)
        )
        return [
            (head, [(line.quantity, line.amount) for line in lines if line.cancellation_id == head.id])
            for head in heads
        ]


async def uses_left(database: Database, store: MadeStore) -> int:
    """Of the store's one code."""
    async with database.store(store.id) as tx:
        return (await tx.scalars(select(Budget.balance)))[0]


async def hold_of(database: Database, store: MadeStore, order: MadeOrder) -> str | None:
    """The state of the order's reservation."""
    async with database.store(store.id) as tx:
        return await tx.one_or_none(select(Reservation.state).where(Reservation.order_id == order.id))


async def told(database: Database, store: MadeStore, order: MadeOrder) -> list[str]:
    """Kinds of the order's events, sorted."""
    async with database.store(store.id) as tx:
        return sorted(await tx.scalars(select(Event.kind).where(Event.subject_id == order.id)))

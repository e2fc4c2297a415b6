"""What is left of an order's lines, and what units of them cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from stoa.db.children import is_child
from stoa.db.transaction import Tx
from stoa.kernel.money import divide
from stoa.orders.models import CancellationLine, Order, OrderLine


@dataclass(frozen=True)
class Remaining:
    """One line of an order, and how many of its units were taken back."""

    line: OrderLine
    cancelled: int

    @property
    def left(self) -> int:
        """How many units of it are left."""
        return self.line.quantity - self.cancelled

    def price_of(self, units: int) -> int:
        """What the next so many units cost, in minor units: in whatever steps, all of a line sum to its total."""
        return self._first(self.cancelled + units) - self._first(self.cancelled)

    def _first(self, units: int) -> int:
        """What the first so many units of the line cost, rounded once."""
        return divide(self.line.total * units, self.line.quantity)


async def remaining_of(tx: Tx, order_id: UUID) -> list[Remaining]:
    """Every line of an order, in the order of their positions."""
    lines = await tx.scalars(select(OrderLine).where(is_child(OrderLine, order_id)).order_by(OrderLine.id))
    taken = await cancelled_units(tx, order_id)
    return [Remaining(line, taken.get(line.id, 0)) for line in lines]


async def cancelled_units(tx: Tx, order_id: UUID) -> dict[UUID, int]:
    """How many units of each line of an order were taken back, by the line's id; only lines of which some were."""
    rows = await tx.execute(
        select(CancellationLine.order_line_id, func.sum(CancellationLine.quantity))
        .where(is_child(CancellationLine, order_id))
        .group_by(CancellationLine.order_line_id)
    )
    return {line_id: int(units) for line_id, units in rows}


def delivery_of(order: Order) -> int:
    """What the order's delivery cost, its tax included, in minor units."""
    return order.shipping + (0 if order.tax_included else order.shipping_tax)


def price_of(taken: Sequence[tuple[Remaining, int]]) -> int:
    """What these units cost together, without delivery."""
    return sum(each.price_of(units) for each, units in taken)

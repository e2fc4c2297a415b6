"""An order with everything that belongs to it, in seven statements at most, however long it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from sqlalchemy import ColumnElement, select

from stoa.carts.models import OrderContact
from stoa.db.children import is_child
from stoa.db.transaction import Tx
from stoa.kernel.ids import hash_token
from stoa.orders.balance import owed
from stoa.orders.cancellations import MoneyBack, TakenBack, cancellations_of, refunds_of, units_of
from stoa.orders.errors import OrderNotFound
from stoa.orders.models import HistoryKind, Order, OrderHistory, OrderLine
from stoa.payments.models import Payment


@dataclass(frozen=True)
class OrderView:
    """One order. Amounts are minor units of `order.currency`; the rows are to be read, not changed.

    `contact` is None where the order was taken over without one; its fields are empty once the person was erased.
    """

    order: Order
    lines: tuple[OrderLine, ...]
    contact: OrderContact | None
    payments: tuple[Payment, ...]
    history: tuple[OrderHistory, ...]
    cancellations: tuple[TakenBack, ...]
    refunds: tuple[MoneyBack, ...]

    @property
    def id(self) -> UUID:
        """The order's id."""
        return self.order.id

    @property
    def placed_at(self) -> datetime:
        """When it was placed."""
        return self.order.placed_at

    @property
    def due(self) -> int:
        """What is still to be paid: nothing of what was taken back."""
        return owed(self.order)

    @property
    def units(self) -> int:
        """How many pieces were bought, all lines together."""
        return sum(line.quantity for line in self.lines)

    @property
    def revision(self) -> int:
        """Grows with everything that happens to the order (`check_unchanged`)."""
        return len(self.history) + len(self.refunds)

    @cached_property
    def cancelled_units(self) -> Mapping[UUID, int]:
        """How many units of each line were taken back, by the line's id; only lines of which some were."""
        return units_of(self.cancellations)


async def order_by_id(tx: Tx, *, order_id: UUID) -> OrderView:
    """The order, for staff.

    Raises OrderNotFound.
    """
    return await _read(tx, Order.id == order_id)


async def order_by_token(tx: Tx, *, order_id: UUID, token: str) -> OrderView:
    """The order, for whoever holds its token.

    Raises OrderNotFound, also where the token is another's.
    """
    return await _read(tx, Order.id == order_id, Order.token_hash == hash_token(token))


async def order_of_customer(tx: Tx, *, order_id: UUID, customer_id: UUID) -> OrderView:
    """The order, for the customer who bought it.

    Raises OrderNotFound, also where it is somebody else's.
    """
    return await _read(tx, Order.id == order_id, Order.customer_id == customer_id)


async def find_order(tx: Tx, *, order_id: UUID, token: str | None, customer_id: UUID | None) -> Order:
    """The order alone, for whoever holds its token, or else for the customer who bought it.

    Raises OrderNotFound, also where it is somebody else's, and where neither is given.
    """
    if token:
        whose = Order.token_hash == hash_token(token)
    elif customer_id is not None:
        whose = Order.customer_id == customer_id
    else:
        raise OrderNotFound()
    order = await tx.one_or_none(select(Order).where(Order.id == order_id, whose))
    if order is None:
        raise OrderNotFound()
    return order


async def _read(tx: Tx, *whose: ColumnElement[bool]) -> OrderView:
    order = await tx.one_or_none(select(Order).where(*whose))
    if order is None:
        raise OrderNotFound()
    lines = await tx.scalars(select(OrderLine).where(is_child(OrderLine, order.id)).order_by(OrderLine.id))
    payments = await tx.scalars(select(Payment).where(is_child(Payment, order.id)).order_by(Payment.id))
    history = await tx.scalars(select(OrderHistory).where(is_child(OrderHistory, order.id)).order_by(OrderHistory.id))
    contact = await tx.get(OrderContact, order.contact_id) if order.contact_id else None
    was_cancelled = any(row.kind in (HistoryKind.UNITS_CANCELLED, HistoryKind.CANCELLED) for row in history)
    return OrderView(
        order,
        tuple(lines),
        contact,
        tuple(payments),
        tuple(history),
        await cancellations_of(tx, order.id) if was_cancelled else (),
        await refunds_of(tx, order.id, payments) if payments else (),
    )

"""Lists of orders, newest first, a page at a time: one walk along an index, then what its rows need, looked up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, literal, select, text

from stoa.carts.models import OrderContact
from stoa.db.transaction import Tx
from stoa.kernel import cursors
from stoa.kernel.pages import Page, check_page_size
from stoa.orders.models import Order
from stoa.orders.states import OrderState, PaymentState


@dataclass(frozen=True)
class OrderSummary:
    """One order in a list. `total` is minor units of `currency`; `name` and `email` are empty where erased."""

    id: UUID
    number: int
    state: str
    payment_state: str
    total: int
    currency: str
    units: int
    name: str
    email: str
    placed_at: datetime


async def list_orders(
    tx: Tx,
    *,
    state: OrderState | None = None,
    payment_state: PaymentState | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[OrderSummary]:
    """The store's orders, for staff; of one state, where asked.

    Raises BadCursor, BadPageSize.
    """
    conditions = []
    # Written into the statement, so that the planner sees that the small indexes of what is pending will do.
    if state is not None:
        conditions.append(Order.state == literal(str(state), literal_execute=True))
    if payment_state is not None:
        conditions.append(Order.payment_state == literal(str(payment_state), literal_execute=True))
    return await _page(tx, conditions, cursor, limit)


async def list_orders_of(
    tx: Tx, *, customer_id: UUID, cursor: str | None = None, limit: int = 20
) -> Page[OrderSummary]:
    """A customer's own orders.

    Raises BadCursor, BadPageSize.
    """
    return await _page(tx, [Order.customer_id == customer_id], cursor, limit)


async def _page(
    tx: Tx, conditions: Sequence[ColumnElement[bool]], cursor: str | None, limit: int
) -> Page[OrderSummary]:
    check_page_size(limit)
    after = [] if cursor is None else [Order.id < id_in(cursor)]
    orders = await tx.scalars(select(Order).where(*conditions, *after).order_by(Order.id.desc()).limit(limit + 1))
    shown = orders[:limit]
    units = await _units(tx, shown)
    contacts = await _contacts(tx, shown)
    return Page(
        items=tuple(
            OrderSummary(
                id=order.id,
                number=order.number,
                state=order.state,
                payment_state=order.payment_state,
                total=order.total,
                currency=order.currency,
                units=units.get(order.id, 0),
                name=contact.name if (contact := contacts.get(order.contact_id)) else "",
                email=contact.email if contact else "",
                placed_at=order.placed_at,
            )
            for order in shown
        ),
        next=cursors.encode([str(shown[-1].id)]) if len(orders) > limit else None,
    )


async def _units(tx: Tx, orders: Sequence[Order]) -> dict[UUID, int]:
    rows = await tx.execute(_UNITS, {"store": tx.store_id, "orders": [order.id for order in orders]})
    return {order_id: int(units) for order_id, units in rows}


async def _contacts(tx: Tx, orders: Sequence[Order]) -> dict[UUID | None, OrderContact]:
    wanted = [order.contact_id for order in orders if order.contact_id is not None]
    return {
        contact.id: contact for contact in await tx.scalars(select(OrderContact).where(OrderContact.id.in_(wanted)))
    }


# A walk along the key for each order: its lines are its children.
_UNITS = text("""
SELECT given.id, line.units FROM unnest(CAST(:orders AS uuid[])) AS given (id)
CROSS JOIN LATERAL (
    SELECT sum(line.quantity) AS units FROM order_lines line
    WHERE line.store_id = :store AND line.id BETWEEN stoa.child_id(given.id, 0) AND stoa.child_id(given.id, 4294967295)
) line
WHERE line.units IS NOT NULL
""")


def id_in(cursor: str) -> UUID:
    """The id at which the page before ended. Raises BadCursor."""
    [text] = cursors.decode(cursor, (str,))
    try:
        return UUID(text)
    except ValueError:
        raise cursors.BadCursor() from None

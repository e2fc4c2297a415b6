"""Units are taken back before they are sent: some, or all that is left of an order.

One transaction gives back the stock, and with the last units the budgets and the delivery; of the money, it lets go of
what is no longer needed. Two who cancel at once wait for each other at the order's lock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from stoa import budgets
from stoa.db.children import is_child
from stoa.db.transaction import Tx
from stoa.inventory import promised
from stoa.inventory.models import Reservation, ReservationState
from stoa.kernel.ids import child_id
from stoa.kernel.text import LINE, clean
from stoa.orders.balance import name_payment_state, unneeded
from stoa.orders.errors import (
    HeldUntilPaid,
    MoreThanLeft,
    NoUnits,
    OrderIsCancelled,
    TooLateToCancel,
    TooManyParts,
    UnknownOrderLine,
)
from stoa.orders.history import record
from stoa.orders.models import Cancellation, CancellationLine, CancellationReason, HistoryKind, Order
from stoa.orders.moving import check_unchanged, lock_order, move
from stoa.orders.refunding import give_back, surplus
from stoa.orders.remaining import Remaining, delivery_of, price_of, remaining_of
from stoa.orders.settling import go_ahead_if_paid, let_go
from stoa.orders.states import OrderState
from stoa.payments.attempts import all_unsettled, payments_of
from stoa.payments.models import Payment

# An order's rows share its numbers: the n-th movement of its second cancellation is its child number (4 << 20) + n.
# Below lie what placing and confirming wrote.
_BLOCK = 20
_FIRST_BLOCK = 2

# What comes after has numbers of its own (`inventory.assigning`), far above.
MOST_PARTS = 1_000

Taken = Sequence[tuple[Remaining, int]]


@dataclass(frozen=True)
class Why:
    """Why units are taken back, and what is to become of their price: with `refund`, it goes back to who paid."""

    reason: CancellationReason
    note: str = ""
    refund: bool = True


async def cancel_order(
    tx: Tx,
    *,
    order_id: UUID,
    reason: CancellationReason,
    note: str = "",
    refund: bool = True,
    seen: int | None = None,
) -> Order:
    """Take back all that is left of an order: nothing more is owed or sent.

    `seen` is the revision of the order that whoever asks has read; without it, any will do. With `refund`, what was
    paid above what is then owed goes back, the newest tender first. What was promised and not taken is let go anyway.

    Raises OrderNotFound, OrderIsCancelled, OrderHasChanged, and what `clean` raises about the note.
    """
    return await _cancel(tx, order_id, None, Why(reason, clean("note", note, LINE), refund), seen)


async def cancel_units(
    tx: Tx,
    *,
    order_id: UUID,
    units: Mapping[UUID, int],
    reason: CancellationReason,
    note: str = "",
    refund: bool = True,
    seen: int | None = None,
) -> Order:
    """Take back so many units of these lines (by their ids); the rest is sent. Who takes back all that is left cancels
    the order.

    Of an order whose stock is held until it is paid, only the whole is cancelled. `seen` and `refund` as above.

    Raises OrderNotFound, OrderIsCancelled, OrderHasChanged, NoUnits, UnknownOrderLine, MoreThanLeft, HeldUntilPaid,
    TooManyParts, and what `clean` raises about the note.
    """
    return await _cancel(tx, order_id, units, Why(reason, clean("note", note, LINE), refund), seen)


async def _cancel(tx: Tx, order_id: UUID, units: Mapping[UUID, int] | None, why: Why, seen: int | None) -> Order:
    order = await lock_order(tx, order_id)
    await check_unchanged(tx, order, seen)
    if order.state == OrderState.CANCELLED:
        raise OrderIsCancelled(number=order.number)
    payments = await payments_of(tx, order.id)
    hold = await promised.lock_hold(tx, order.id)
    remaining = await remaining_of(tx, order.id)
    taken = _asked(order, remaining, units)
    is_whole = sum(count for _, count in taken) == sum(each.left for each in remaining)
    if not is_whole and hold is not None and hold.state == ReservationState.HELD:
        raise HeldUntilPaid(number=order.number)

    cancellation = await _write(tx, order, payments, taken, why, is_whole=is_whole)
    await _give_stock_back(tx, order, taken, cancellation)
    if is_whole:
        _end_hold(tx, hold, why.reason)
        await budgets.give_back(tx, order_id=order.id, reason=why.reason)
    order.cancelled += cancellation.amount
    name_payment_state(order, payments)
    if is_whole:
        move(tx, order, OrderState.CANCELLED, note=why.note, cancellation_id=str(cancellation.id))
    else:
        record(tx, order, HistoryKind.UNITS_CANCELLED, note=why.note, cancellation_id=str(cancellation.id))
    await _square_up(tx, order, payments, cancellation, why)
    await tx.flush()
    return order


async def cancel_pending_order(tx: Tx, *, order_id: UUID, note: str = "", seen: int | None = None) -> Order:
    """The shopper takes back a whole order that the shop has not begun with. Whose it is, the caller has seen to.

    Raises TooLateToCancel, and what `cancel_order` raises.
    """
    order = await lock_order(tx, order_id)
    if order.state == OrderState.CONFIRMED:
        raise TooLateToCancel(number=order.number)
    return await cancel_order(tx, order_id=order_id, reason=CancellationReason.CUSTOMER, note=note, seen=seen)


def _asked(order: Order, remaining: Sequence[Remaining], units: Mapping[UUID, int] | None) -> Taken:
    """The lines of which some is taken back, each with how many units."""
    if units is None:
        return [(each, each.left) for each in remaining if each.left]
    by_id = {each.line.id: each for each in remaining}
    for line_id, count in units.items():
        if line_id not in by_id:
            raise UnknownOrderLine(number=order.number, line=line_id)
        if isinstance(count, bool) or count < 1:
            raise NoUnits()
        if count > (left := by_id[line_id].left):
            raise MoreThanLeft(number=order.number, line=line_id, asked=count, left=left)
    if not units:
        raise NoUnits()
    return [(each, units[each.line.id]) for each in remaining if each.line.id in units]


async def _write(
    tx: Tx, order: Order, payments: Sequence[Payment], taken: Taken, why: Why, *, is_whole: bool
) -> Cancellation:
    """Write down what is taken back, and what it cost: with the last units goes the delivery."""
    former = await tx.one_or_none(select(func.count(Cancellation.id)).where(is_child(Cancellation, order.id)))
    position = (former or 0) + 1
    if position > MOST_PARTS and not is_whole:
        raise TooManyParts(number=order.number, most=MOST_PARTS)
    shipping = delivery_of(order) if is_whole else 0
    amount = price_of(taken) + shipping
    cancellation = tx.add(
        Cancellation(
            id=child_id(order.id, position),
            order_id=order.id,
            position=position,
            reason=why.reason,
            note=why.note,
            is_whole=is_whole,
            amount=amount,
            shipping=shipping,
            kept=0 if why.refund else surplus(order, payments, cancelled=order.cancelled + amount),
            actor=str(tx.actor),
            happened_at=tx.now,
        )
    )
    await tx.flush()
    for each, count in taken:
        tx.add(
            CancellationLine(
                id=child_id(order.id, (position << _BLOCK) + each.line.position),
                cancellation_id=cancellation.id,
                order_line_id=each.line.id,
                quantity=count,
                amount=each.price_of(count),
            )
        )
    await tx.flush()
    return cancellation


async def _give_stock_back(tx: Tx, order: Order, taken: Taken, cancellation: Cancellation) -> None:
    counted = {each.line.id: count for each, count in taken if each.line.counted}
    if not counted:
        return
    stands = await promised.lock_promised(
        tx, order_id=order.id, variant_ids=[each.line.variant_id for each, _ in taken if each.line.counted]
    )
    chosen = promised.choose(stands, counted)
    assert sum(each.units for each in chosen) == sum(counted.values()), "an order's units are promised somewhere"
    first = (_FIRST_BLOCK + cancellation.position) << _BLOCK
    await promised.release(tx, order_id=order.id, promised=chosen, first=first, reason=cancellation.reason)


async def _square_up(tx: Tx, order: Order, payments: Sequence[Payment], cancellation: Cancellation, why: Why) -> None:
    """Let go of the tenders that are not needed any more, and give back what was taken above what is now owed."""
    await tx.flush()
    for payment in unneeded(order, payments, await all_unsettled(tx, payments)):
        await let_go(tx, payment)
    if why.refund and (amount := surplus(order, payments, cancelled=order.cancelled)):
        await give_back(tx, order, [*reversed(payments)], amount, note=why.note, cancellation_id=cancellation.id)
    if order.state == OrderState.PENDING:
        await go_ahead_if_paid(tx, order, payments)


def _end_hold(tx: Tx, hold: Reservation | None, reason: CancellationReason) -> None:
    if hold is not None and hold.state == ReservationState.HELD:
        expired = reason == CancellationReason.HOLD_EXPIRED
        promised.close_hold(tx, hold, ReservationState.EXPIRED if expired else ReservationState.RELEASED)

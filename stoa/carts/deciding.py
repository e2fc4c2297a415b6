"""Changing the lines of a cart: look, decide, write what was decided.

Nothing is locked while it is decided. A change counts the cart's revision on, and is made only to the revision that was
looked at; where somebody was faster, the cart is looked at and decided about again.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from stoa.carts.errors import CartBusy
from stoa.carts.filled import Line
from stoa.carts.holding import Holder
from stoa.carts.holds import keep_in_step
from stoa.carts.standing import StandingCart, refuse_completed, standing_cart
from stoa.db.calls import Calls
from stoa.db.transaction import Tx
from stoa.inventory.reservations import Hold

# Lets what a cart holds follow its lines: what it holds then.
InStep = Callable[[Tx, StandingCart], Awaitable[Hold | None]]

# So many others may be faster before somebody who changes a cart is told to come again.
TRIES = 30


async def decide(
    tx: Calls,
    *,
    cart_id: UUID,
    holder: Holder,
    lines: Callable[[StandingCart], Sequence[Line]],
    also: Collection[UUID] = (),
    in_step: InStep = keep_in_step,
) -> StandingCart:
    """Let the cart have the lines that are decided on; the cart as it is then. Where it has them, nothing is written.

    `lines` gets the cart with the facts of its variants and of `also`; `in_step` lets what a cart holds follow.
    Raises what these two refuse, CartNotFound, CartCompleted, CartBusy.
    """
    for _ in range(TRIES):
        cart = await standing_cart(tx, cart_id=cart_id, holder=holder, also=also)
        refuse_completed(cart)
        decided = tuple(lines(cart))
        if decided == cart.lines:
            return cart
        if cart.reservation_id is None:
            changed = await _write(tx, cart, decided)
        else:
            changed = await _write_held(tx, cart, decided, in_step)
        if changed is not None:
            return changed
    raise CartBusy()


async def _write_held(tx: Calls, cart: StandingCart, lines: tuple[Line, ...], in_step: InStep) -> StandingCart | None:
    """Both together: a hold that cannot follow the lines takes the change of them back."""
    async with tx.together() as whole:
        changed = await _write(whole, cart, lines)
        if changed is None:
            return None
        hold = await in_step(whole, cart)
        lasts = hold is not None and hold.expires_at > tx.now
        return replace(changed, hold=hold if lasts else None, reservation_id=hold.id if hold else None)


async def _write(tx: Calls, cart: StandingCart, lines: tuple[Line, ...]) -> StandingCart | None:
    """Write what is other than it was, unless somebody was faster; then None."""
    before = {line.id: line for line in cart.lines}
    other = [line for line in lines if before.pop(line.id, None) != line]
    columns = zip(*map(_values, other), strict=True) if other else [()] * 8
    looked_at = (cart.id, cart.revision, cart.reservation_id)
    [answer] = await tx.call("change_cart", *looked_at, [*before], *map(list, columns))
    return replace(cart, lines=lines, quote_id=None, revision=cart.revision + 1) if answer["changed"] else None


def _values(line: Line) -> tuple[Any, ...]:
    """In the order of the arguments of `stoa.change_cart`."""
    return (
        line.id,
        line.position,
        line.variant_id,
        line.quantity,
        line.seen_unit_price,
        line.override_amount,
        line.override_reason,
        line.override_by,
    )

"""A discount code on a cart."""

from uuid import UUID

from stoa.budgets.codes import usable_code
from stoa.carts.holding import Holder, lock_open_cart
from stoa.carts.models import Cart
from stoa.db.transaction import Tx


async def apply_code(tx: Tx, *, cart_id: UUID, holder: Holder, code: str) -> Cart:
    """Put a discount code on the cart, in place of one that was on it. It is spent when the order is placed.

    Raises CartNotFound, CartCompleted, and what `budgets.usable_code` refuses.
    """
    cart = await lock_open_cart(tx, cart_id=cart_id, holder=holder)
    cart.discount_code_id = (await usable_code(tx, code=code, currency=cart.currency)).id
    await tx.flush()
    return cart


async def remove_code(tx: Tx, *, cart_id: UUID, holder: Holder) -> Cart:
    """Take the discount code off.

    Raises CartNotFound, CartCompleted.
    """
    cart = await lock_open_cart(tx, cart_id=cart_id, holder=holder)
    cart.discount_code_id = None
    await tx.flush()
    return cart

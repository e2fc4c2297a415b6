"""A guest's cart becomes the customer's who signs in with it in hand."""

from uuid import UUID

from stoa.carts.errors import CartNotFound
from stoa.carts.holding import Holder, lock_open_cart
from stoa.carts.models import Cart
from stoa.db.transaction import Tx


async def claim_cart(tx: Tx, *, cart_id: UUID, holder: Holder, customer_id: UUID) -> Cart:
    """Make the cart that `holder` opens the customer's; one that is theirs already stays so.

    The quote it had is to be asked for again, since prices may come to depend on who buys.

    Raises CartNotFound, also where it is another customer's; CartCompleted.
    """
    cart = await lock_open_cart(tx, cart_id=cart_id, holder=holder)
    if cart.customer_id not in (None, customer_id):
        raise CartNotFound()
    cart.customer_id = customer_id
    await tx.flush()
    return cart

"""Carts that were left standing are cleared away, and with them what their shoppers typed in."""

from sqlalchemy import delete, select

from stoa.carts.models import Cart, CartState, OrderContact
from stoa.db.transaction import Tx
from stoa.inventory.reservations import release_stock


async def clear_expired(tx: Tx, limit: int) -> int:
    """Delete open carts past their time, at most `limit`, with their lines, quotes and contacts; how many those were.

    What they held is given back. A cart that somebody is at work on is passed over.
    """
    expired = await tx.scalars(
        select(Cart)
        .where(Cart.state == CartState.OPEN, Cart.expires_at <= tx.now)
        .order_by(Cart.expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    holds = [cart.reservation_id for cart in expired if cart.reservation_id is not None]
    await release_stock(tx, reservation_ids=holds)
    contacts = [cart.contact_id for cart in expired if cart.contact_id is not None]
    if expired:
        await tx.execute(delete(Cart).where(Cart.id.in_([cart.id for cart in expired])))
    if contacts:
        await tx.execute(delete(OrderContact).where(OrderContact.id.in_(contacts)))
    return len(expired)

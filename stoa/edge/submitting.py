"""Handing a cart in to become an order: the one step that the API and the pages share, outside any transaction."""

from uuid import UUID

from stoa.carts.holding import Holder
from stoa.checkout import Key, Placed, Submission
from stoa.checkout.errors import UnknownPaymentMethod
from stoa.db.transaction import Actor
from stoa.edge.directory import StoreEntry
from stoa.edge.house import House
from stoa.kernel.text import shown
from stoa.stores.models import PaymentMethod


async def submit(
    house: House,
    store: StoreEntry,
    *,
    cart_id: UUID,
    quote_id: UUID,
    holder: Holder,
    method: str,
    actor: Actor,
    key: Key | None,
) -> Placed:
    """Place the order together with whatever else is waiting; a cart that is an order already gives that order.

    Raises UnknownPaymentMethod, and the refusals of `place_orders`.
    """
    if method not in store.settings.payment_methods:
        raise UnknownPaymentMethod(method=shown(method), offered=", ".join(store.settings.payment_methods))
    placed = await house.gatherer.submit(
        store.id,
        Submission.new(
            cart_id=cart_id,
            quote_id=quote_id,
            holder=holder,
            method=PaymentMethod(method),
            at=house.clock(),
            secret_key=house.secret_key,
            actor=str(actor),
            key=key,
        ),
    )
    if placed.anew:
        house.bell.ring(store.id)
    return placed

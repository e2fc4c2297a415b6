"""Handing a cart in to become an order: the one step that the API and the pages share, outside any transaction."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from stoa.carts.holding import Holder
from stoa.checkout import Key, Placed, Submission
from stoa.checkout.errors import UnknownPaymentMethod
from stoa.db.transaction import Actor
from stoa.edge.directory import StoreEntry
from stoa.edge.house import House
from stoa.kernel.text import shown
from stoa.payments.methods import Tender, tender_by

# A way of paying as it was asked for: the method's name, and how much of the price it pays (None: the rest).
Way = tuple[str, int | None]


async def submit(
    house: House,
    store: StoreEntry,
    *,
    cart_id: UUID,
    quote_id: UUID,
    holder: Holder,
    ways: Sequence[Way],
    actor: Actor,
    key: Key | None,
) -> Placed:
    """Place the order together with whatever else is waiting; a cart that is an order already gives that order.

    Where a provider has to be asked for the money, the order's stock is held for the store's `hold_minutes`.

    Raises UnknownPaymentMethod, and the refusals of `place_orders`.
    """
    now = house.clock()
    tenders = [tender_of(store, method, amount) for method, amount in ways]
    waits = any(tender.terms.asks for tender in tenders)
    placed = await house.gatherer.submit(
        store.id,
        Submission.new(
            cart_id=cart_id,
            quote_id=quote_id,
            holder=holder,
            tenders=tenders,
            at=now,
            secret_key=house.secret_key,
            actor=str(actor),
            hold_until=now + timedelta(minutes=store.settings.hold_minutes) if waits else None,
            key=key,
        ),
    )
    if placed.anew:
        house.bell.ring(store.id)
    return placed


def tender_of(store: StoreEntry, method: str, amount: int | None) -> Tender:
    """A part of the price by a method that the store takes. Raises UnknownPaymentMethod."""
    if method not in store.settings.payment_methods:
        raise UnknownPaymentMethod(method=shown(method), offered=", ".join(store.settings.payment_methods))
    return tender_by(method, amount=amount, card_provider=store.settings.card_provider)

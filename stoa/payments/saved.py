"""Cards that a customer keeps with a store: the provider's token, and what may be shown of it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from stoa.db.transaction import Tx
from stoa.payments.errors import SavedMethodNotFound
from stoa.payments.models import SavedPaymentMethod
from stoa.payments.provider import Card


async def keep_card(tx: Tx, *, customer_id: UUID, provider: str, card: Card) -> None:
    """Keep a card that has just been paid with; one that is kept already stays as it is."""
    await tx.execute(
        insert(SavedPaymentMethod)
        .values(
            store_id=tx.store_id,
            id=tx.new_id(),
            customer_id=customer_id,
            provider=provider,
            token=card.token,
            brand=card.brand,
            last4=card.last4,
            expires_month=card.expires_month,
            expires_year=card.expires_year,
            created_at=tx.now,
        )
        .on_conflict_do_nothing(index_elements=["store_id", "provider", "token"])
    )


async def cards_of(tx: Tx, *, customer_id: UUID) -> Sequence[SavedPaymentMethod]:
    """What the customer kept, the newest first."""
    return await tx.scalars(
        select(SavedPaymentMethod)
        .where(SavedPaymentMethod.customer_id == customer_id)
        .order_by(SavedPaymentMethod.id.desc())
    )


async def card_of(tx: Tx, *, customer_id: UUID | None, saved_id: UUID) -> SavedPaymentMethod:
    """One of the customer's own.

    Raises SavedMethodNotFound, also where it is somebody else's.
    """
    found = await tx.get(SavedPaymentMethod, saved_id)
    if found is None or customer_id is None or found.customer_id != customer_id:
        raise SavedMethodNotFound()
    return found


async def forget_card(tx: Tx, *, customer_id: UUID, saved_id: UUID) -> None:
    """The customer does not want it kept any more.

    Raises SavedMethodNotFound.
    """
    await card_of(tx, customer_id=customer_id, saved_id=saved_id)
    await tx.execute(delete(SavedPaymentMethod).where(SavedPaymentMethod.id == saved_id))

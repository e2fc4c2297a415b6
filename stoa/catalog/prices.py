"""What variants cost: one price each, in the store's currency, in minor units."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from stoa.catalog.errors import UnknownVariant
from stoa.catalog.models import Price, Variant
from stoa.catalog.variant_rows import check_price
from stoa.db.transaction import Tx
from stoa.stores import settings_of


async def set_price(tx: Tx, *, variant_id: UUID, amount: int, compare_at: int | None = None) -> None:
    """Let a variant cost `amount` from now on; `compare_at` is what it cost before, shown struck through.

    A quote made before at another price can no longer be bought.

    Raises UnknownVariant, BadFigure, BadCompareAt.
    """
    check_price(amount, compare_at)
    known = select(Variant.id).where(Variant.id == variant_id, Variant.deleted_at.is_(None))
    if await tx.one_or_none(known) is None:
        raise UnknownVariant(variant=variant_id)
    currency = (await settings_of(tx)).currency
    price = insert(Price).values(
        store_id=tx.store_id,
        id=tx.new_id(),
        variant_id=variant_id,
        currency=currency,
        amount=amount,
        compare_at_amount=compare_at,
    )
    await tx.execute(
        price.on_conflict_do_update(
            constraint="prices_variant_key",
            set_={"amount": price.excluded.amount, "compare_at_amount": price.excluded.compare_at_amount},
        )
    )
    tx.emit("price.changed", variant_id, amount=amount, currency=currency)
    await tx.flush()

"""Discount codes: finding one that may be used now."""

from sqlalchemy import select

from stoa.budgets.errors import CodeUnknown
from stoa.budgets.models import DiscountCode
from stoa.db.transaction import Tx


async def usable_code(tx: Tx, *, code: str, currency: str) -> DiscountCode:
    """The code (as the shopper wrote it), if it may be put on a cart in that currency now."""
    found = await tx.one_or_none(
        select(DiscountCode).where(DiscountCode.code == code.strip().upper(), DiscountCode.currency == currency)
    )
    if found is None:
        raise CodeUnknown(given=code)
    return found

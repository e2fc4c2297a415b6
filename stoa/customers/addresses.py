"""The addresses a customer keeps for the next order. An order has its own copy; changing one here changes no order."""

from dataclasses import asdict
from uuid import UUID

from sqlalchemy import func, select

from stoa.customers.errors import TooManyAddresses, UnknownAddress, UnknownCustomer
from stoa.customers.models import Address, Customer
from stoa.customers.postal import PostalAddress, check_address
from stoa.db.transaction import Tx

MOST_ADDRESSES = 50


async def addresses_of(tx: Tx, *, customer_id: UUID) -> list[Address]:
    """The customer's addresses, newest first: 50 at most, so there are no pages."""
    return list(await tx.scalars(select(Address).where(Address.customer_id == customer_id).order_by(Address.id.desc())))


async def add_address(tx: Tx, *, customer_id: UUID, address: PostalAddress) -> Address:
    """Keep one more address.

    Raises what `check_address` raises, UnknownCustomer, TooManyAddresses.
    """
    checked = check_address(address)
    # The customer's row is locked while counting, so that two at once cannot both be the fiftieth.
    customer = select(Customer.id).where(Customer.id == customer_id, Customer.deleted_at.is_(None))
    if await tx.one_or_none(customer.with_for_update(key_share=True)) is None:
        raise UnknownCustomer()
    kept = select(func.count(Address.id)).where(Address.customer_id == customer_id)
    if (await tx.one_or_none(kept) or 0) >= MOST_ADDRESSES:
        raise TooManyAddresses(most=MOST_ADDRESSES)
    row = tx.add(Address(customer_id=customer_id, created_at=tx.now, **asdict(checked)))
    await tx.flush()
    return row


async def change_address(tx: Tx, *, customer_id: UUID, address_id: UUID, address: PostalAddress) -> Address:
    """Put another address in the place of one that is kept.

    Raises what `check_address` raises, UnknownAddress.
    """
    checked = check_address(address)
    row = await _own(tx, customer_id, address_id)
    for field, value in asdict(checked).items():
        setattr(row, field, value)
    await tx.flush()
    return row


async def remove_address(tx: Tx, *, customer_id: UUID, address_id: UUID) -> None:
    """Keep the address no longer.

    Raises UnknownAddress.
    """
    await tx.session.delete(await _own(tx, customer_id, address_id))
    await tx.flush()


async def _own(tx: Tx, customer_id: UUID, address_id: UUID) -> Address:
    """The customer's address, locked: of a change and a removal at once, the second finds what the first left."""
    locked = select(Address).where(Address.id == address_id, Address.customer_id == customer_id).with_for_update()
    row = await tx.one_or_none(locked.execution_options(populate_existing=True))
    if row is None:
        raise UnknownAddress()
    return row

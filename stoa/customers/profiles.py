"""What a customer tells about themselves, and the list of them that staff see.

The e-mail is not changed here: it is who the customer is, and a new one has to be proved first.
"""

from uuid import UUID

from sqlalchemy import select, update

from stoa.customers.errors import UnknownCustomer
from stoa.customers.models import Customer
from stoa.customers.postal import clean_phone
from stoa.customers.sessions import end_sessions
from stoa.db.transaction import Database, Tx
from stoa.kernel.clock import Clock, utc_now
from stoa.kernel.text import clean
from stoa.people.errors import WrongPassword
from stoa.people.passwords import check_password, hash_password, password_matches
from stoa.people.rate_limits import Limit, count_attempt


async def profile(tx: Tx, *, customer_id: UUID) -> Customer:
    """The customer of the store entered.

    Raises UnknownCustomer.
    """
    customer = await tx.get(Customer, customer_id)
    if customer is None or customer.deleted_at is not None:
        raise UnknownCustomer()
    return customer


async def change_profile(tx: Tx, *, customer_id: UUID, name: str | None = None, phone: str | None = None) -> Customer:
    """Change the name, the telephone number or both; what is None stays, and "" empties it.

    Raises UnknownCustomer, and what `clean` raises.
    """
    customer = await profile(tx, customer_id=customer_id)
    # Both are read before either is written: a refusal leaves the row as it was.
    name = customer.name if name is None else clean("name", name)
    phone = customer.phone if phone is None else clean_phone(phone)
    customer.name, customer.phone = name, phone
    await tx.flush()
    return customer


async def change_password(
    database: Database,
    *,
    store_id: UUID,
    customer_id: UUID,
    present: str,
    new: str,
    keep: str | None = None,
    clock: Clock = utc_now,
) -> None:
    """Give the customer another password and end their sessions, but for the one with the token `keep`.

    Opens its own transactions, since none is held while hashing. Five attempts in 15 minutes: a stolen session is no
    leave to guess. Raises WrongPassword, TooManyAttempts, UnknownCustomer, and what `check_password` raises.
    """
    check_password(new)
    await count_attempt(database, Limit("password.change", f"{store_id}\n{customer_id}", 5, 900), clock=clock)
    async with database.store(store_id, clock=clock) as tx:
        proved = (await profile(tx, customer_id=customer_id)).password_hash
    if not await password_matches(present, proved):
        raise WrongPassword()
    new_hash = await hash_password(new)
    async with database.store(store_id, clock=clock) as tx:
        changed = await tx.execute(
            update(Customer)
            # Only over the password that was proved: of two changes at once, the second is refused.
            .where(Customer.id == customer_id, Customer.password_hash == proved)
            .values(password_hash=new_hash)
            .returning(Customer.id)
        )
        if not changed.all():
            raise WrongPassword()
        await end_sessions(tx, customer_id=customer_id, keep=keep)


async def customers_of_store(tx: Tx, *, limit: int = 50, before: UUID | None = None) -> list[Customer]:
    """Customers of the store entered, newest first; `before` is the last id of the page before."""
    page = select(Customer).where(Customer.deleted_at.is_(None)).order_by(Customer.id.desc()).limit(limit)
    return list(await tx.scalars(page if before is None else page.where(Customer.id < before)))

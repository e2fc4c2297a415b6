"""How a store comes to know a customer: they register, or the store adds whom it knows already.

Registering answers the same whether the e-mail was free or not. A customer whom the store added has no password, and
registering gives them none: to type an e-mail is no proof that it is one's own, and orders may hang on it.
"""

from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from stoa.customers.errors import EmailTaken
from stoa.customers.models import Customer
from stoa.customers.postal import clean_phone
from stoa.db.transaction import Database, Tx
from stoa.kernel.clock import Clock, utc_now
from stoa.kernel.emails import clean_email, email_key, fold_email
from stoa.kernel.text import clean
from stoa.people.passwords import check_password, hash_password
from stoa.people.rate_limits import Limit, count_attempt, network_of


async def register(
    database: Database,
    *,
    store_id: UUID,
    email: str,
    password: str,
    name: str = "",
    address: str,
    clock: Clock = utc_now,
) -> None:
    """Give a shopper an account; where the e-mail has one, change nothing and let its owner know by an event.

    Nothing is returned, so that nothing tells the two apart; the shopper signs in next. `address` is the client's:
    20 registrations an hour. Opens its own transactions, since none is held while hashing.

    Raises BadEmail, TooManyAttempts, what `check_password` raises, and what `clean` raises of the name.
    """
    email, name = clean_email(email), clean("name", name)
    check_password(password)
    limit = Limit("register.address", f"{store_id}\n{network_of(address)}", 20, 3600)
    await count_attempt(database, limit, clock=clock)
    password_hash = await hash_password(password)
    async with database.store(store_id, clock=clock) as tx:
        registered = await _insert(tx, email=email, name=name, password_hash=password_hash)
        if registered is not None:
            tx.emit("customer.registered", registered.id)
        elif (known := await customer_of_email(tx, email)) is not None:
            tx.emit("customer.registration_repeated", known.id)


async def add_known_customer(
    tx: Tx, *, email: str, name: str = "", phone: str = "", customer_id: UUID | None = None
) -> Customer:
    """Add somebody whom the store knows from elsewhere. They have no password, and cannot sign in.

    `customer_id` lets an import choose the id (`ids.named_id`), so that it can be run again.

    Raises EmailTaken, BadEmail, and what `clean` raises of name and phone.
    """
    email, name, phone = clean_email(email), clean("name", name), clean_phone(phone)
    added = await _insert(tx, email=email, name=name, phone=phone, customer_id=customer_id)
    if added is None:
        known = await customer_of_email(tx, email)
        assert known is not None, "the e-mail of a customer is taken by a customer"
        raise EmailTaken(customer_id=known.id)
    tx.emit("customer.added", added.id)
    return added


async def customer_of_email(tx: Tx, email: str) -> Customer | None:
    """The store's customer with this e-mail, however it is written."""
    key = email_key(email)
    if key is None:
        return None
    return await tx.one_or_none(select(Customer).where(Customer.email_folded == key, Customer.deleted_at.is_(None)))


async def _insert(
    tx: Tx,
    *,
    email: str,
    name: str,
    phone: str = "",
    password_hash: str | None = None,
    customer_id: UUID | None = None,
) -> Customer | None:
    """The new customer, or None where the e-mail is taken: of two at once, the index decides."""
    insertion = insert(Customer).values(
        store_id=tx.store_id,
        id=customer_id or tx.new_id(),
        email=email,
        email_folded=fold_email(email),
        name=name,
        phone=phone,
        password_hash=password_hash,
        created_at=tx.now,
    )
    insertion = insertion.on_conflict_do_nothing(
        index_elements=["store_id", "email_folded"], index_where=text("deleted_at IS NULL")
    )
    added: Customer | None = (await tx.execute(insertion.returning(Customer))).scalar_one_or_none()
    return added

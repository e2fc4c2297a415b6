"""Customers for tests, with the password all of them share."""

from uuid import UUID

from stoa import customers
from stoa.customers.models import Customer
from stoa.customers.postal import PostalAddress
from stoa.db.transaction import Database, Tx
from tests.make.people import PASSWORD, SECRET_KEY

HOME = PostalAddress(
    name="Ben Ode", line1="1 Mill Lane", city="Leeds", postal_code="LS1 4AP", country="GB", phone="+44 113 496 0000"
)


async def known_customer(tx: Tx, email: str = "ben@example.com") -> Customer:
    """A customer whom the store knows, without a password."""
    return await customers.add_known_customer(tx, email=email, name="Ben Ode")


async def signed_in_customer(database: Database, store_id: UUID, email: str = "ben@example.com") -> customers.SignedIn:
    """A committed customer who registered and signed in just now."""
    client = f"client of {store_id}"
    await customers.register(
        database, store_id=store_id, email=email, password=PASSWORD, name="Ben Ode", address=client
    )
    return await customers.sign_in(
        database, store_id=store_id, email=email, password=PASSWORD, address=client, secret_key=SECRET_KEY
    )

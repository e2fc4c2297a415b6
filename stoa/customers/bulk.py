"""Many customers at once, as imports need them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from stoa.customers.models import Customer
from stoa.db.sets import insert_set
from stoa.db.transaction import Tx
from stoa.kernel.emails import clean_email, fold_email
from stoa.kernel.text import clean


@dataclass(frozen=True)
class KnownCustomer:
    """Somebody whom the store knows from elsewhere since `since`. The caller chose the id, so that they come once."""

    id: UUID
    email: str
    name: str
    since: datetime


async def add_known_customers(tx: Tx, *, known: Sequence[KnownCustomer]) -> int:
    """Add customers without passwords, in one statement, and say how many were new; those whose id is there stay.

    Raises BadEmail, and what `clean` raises of names. An e-mail that another customer has breaks a constraint.
    """
    emails = [clean_email(one.email) for one in known]
    added = await insert_set(
        tx,
        Customer,
        {
            "id": [one.id for one in known],
            "email": emails,
            "email_folded": [fold_email(email) for email in emails],
            "name": [clean("name", one.name) for one in known],
            "phone": [""] * len(known),
            "created_at": [one.since for one in known],
        },
    )
    for customer_id in sorted(added):
        tx.emit("customer.added", customer_id)
    await tx.flush()
    return len(added)

"""Who the cart is for: e-mail and addresses, checked as they are given."""

from dataclasses import asdict
from uuid import UUID

from stoa.carts.errors import CountryNotServed
from stoa.carts.holding import Holder, lock_open_cart
from stoa.carts.models import Cart, OrderContact
from stoa.customers.postal import PostalAddress, check_address, clean_phone
from stoa.db.transaction import Tx
from stoa.kernel.emails import clean_email, fold_email
from stoa.kernel.text import LINE, clean
from stoa.stores.settings import settings_of


async def set_contact(
    tx: Tx,
    *,
    cart_id: UUID,
    holder: Holder,
    email: str,
    shipping: PostalAddress | None = None,
    billing: PostalAddress | None = None,
    phone: str = "",
    note: str = "",
) -> Cart:
    """Say who the order is for and where it goes; replaces what was said before.

    Raises CartNotFound, CartCompleted, BadEmail, UnknownCountry, CountryNotServed, TextMissing, TextTooLong,
    TextUnprintable.
    """
    cart = await lock_open_cart(tx, cart_id=cart_id, holder=holder)
    kept = clean_email(email)
    values: dict[str, str | None] = {
        "email": kept,
        "email_folded": fold_email(kept),
        "phone": clean_phone(phone),
        "note": clean("note", note, LINE, lines=True),
    }
    if shipping is not None:
        address = check_address(shipping)
        await _served(tx, address.country)
        values |= {name: value for name, value in asdict(address).items() if name != "phone" or value}
    if billing is not None:
        address = check_address(billing)
        values |= {f"billing_{name}": value for name, value in asdict(address).items() if name != "phone"}
    contact = OrderContact(**_blank() | values)
    await _replace(tx, cart, contact)
    return cart


async def contact_of(tx: Tx, cart: Cart) -> OrderContact | None:
    """What was said so far."""
    return await tx.get(OrderContact, cart.contact_id) if cart.contact_id else None


async def _replace(tx: Tx, cart: Cart, contact: OrderContact) -> None:
    """An open cart's contact is nobody's but its own, so the row is kept and filled anew."""
    if cart.contact_id is not None:
        contact.id = cart.contact_id
        contact.store_id = tx.store_id
        await tx.session.merge(contact)
    else:
        tx.add(contact)
        await tx.flush()
        cart.contact_id = contact.id
    await tx.flush()


async def _served(tx: Tx, country: str) -> None:
    served = (await settings_of(tx)).ships_to
    if served and country not in served:
        raise CountryNotServed(country=country, served=", ".join(served))


def _blank() -> dict[str, str | None]:
    """Every field as it is before anything is said, so that what is left out now does not stay from before."""
    columns = (
        column for column in OrderContact.__table__.columns if column.name not in {"store_id", "id", "erased_at"}
    )
    return {column.name: None if column.nullable else "" for column in columns}

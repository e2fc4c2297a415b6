"""Who the cart is for: e-mail and addresses, checked as they are given."""

from dataclasses import asdict
from uuid import UUID

from stoa.carts.errors import CountryNotServed
from stoa.carts.holding import Holder, lock_open_cart
from stoa.carts.holds import hold_nearer
from stoa.carts.models import Cart, OrderContact
from stoa.customers.postal import PostalAddress, check_address, clean_phone
from stoa.db.transaction import Tx
from stoa.kernel.emails import clean_email, fold_email
from stoa.kernel.spots import Spot
from stoa.kernel.text import LINE, clean
from stoa.stores.models import StoreSettings
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
    spot: Spot | None = None,
) -> Cart:
    """Say who the order is for and where it goes; replaces what was said before. `spot` is where that is.

    What the cart holds comes from the warehouses that then are the nearest, where the store asks so.

    Raises CartNotFound, CartCompleted, BadEmail, UnknownCountry, CountryNotServed, TextMissing, TextTooLong,
    TextUnprintable.
    """
    cart = await lock_open_cart(tx, cart_id=cart_id, holder=holder)
    values = checked_contact(email=email, shipping=shipping, billing=billing, phone=phone, note=note, spot=spot)
    if values["country"]:
        refuse_unserved(str(values["country"]), await settings_of(tx))
    await _replace(tx, cart, OrderContact(**values))
    await hold_nearer(tx, cart)
    return cart


def checked_contact(
    *,
    email: str,
    shipping: PostalAddress | None = None,
    billing: PostalAddress | None = None,
    phone: str = "",
    note: str = "",
    spot: Spot | None = None,
) -> dict[str, str | int | None]:
    """Every column of a contact but its key, each as it is kept; what was not said is blank.

    Raises BadEmail, UnknownCountry, TextMissing, TextTooLong, TextUnprintable.
    """
    kept = clean_email(email)
    values: dict[str, str | int | None] = {
        "email": kept,
        "email_folded": fold_email(kept),
        "phone": clean_phone(phone),
        "note": clean("note", note, LINE, lines=True),
        "latitude_microdegrees": spot.latitude_microdegrees if spot else None,
        "longitude_microdegrees": spot.longitude_microdegrees if spot else None,
    }
    if shipping is not None:
        address = check_address(shipping)
        values |= {name: value for name, value in asdict(address).items() if name != "phone" or value}
    if billing is not None:
        address = check_address(billing)
        values |= {f"billing_{name}": value for name, value in asdict(address).items() if name != "phone"}
    return _BLANK | values


def refuse_unserved(country: str, settings: StoreSettings) -> None:
    """Refuse a country the store does not send to. Raises CountryNotServed."""
    if settings.ships_to and country not in settings.ships_to:
        raise CountryNotServed(country=country, served=", ".join(settings.ships_to))


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


# Every field as it is before anything is said, so that what is left out now does not stay from before.
_BLANK: dict[str, str | int | None] = {
    column.name: None if column.nullable else ""
    for column in OrderContact.__table__.columns
    if column.name not in {"store_id", "id", "erased_at"}
}

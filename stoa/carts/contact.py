"""Who the cart is for: e-mail and addresses, checked as they are given."""

from contextlib import suppress
from dataclasses import asdict
from uuid import UUID

import orjson

from stoa.carts.errors import CartCompleted, CartNotFound, CountryNotServed
from stoa.carts.holding import Holder, lock_as_quoted
from stoa.carts.holds import hold_nearer
from stoa.carts.models import Cart, OrderContact
from stoa.carts.standing import StandingCart
from stoa.customers.postal import PostalAddress, check_address, clean_phone
from stoa.db.calls import Calls
from stoa.db.transaction import Tx
from stoa.kernel.emails import clean_email, fold_email
from stoa.kernel.spots import Spot
from stoa.kernel.text import LINE, clean
from stoa.stores.models import StoreSettings


async def set_contact(
    tx: Calls,
    *,
    cart_id: UUID,
    holder: Holder,
    email: str,
    shipping: PostalAddress | None = None,
    billing: PostalAddress | None = None,
    phone: str = "",
    note: str = "",
    spot: Spot | None = None,
) -> None:
    """Say who the order is for and where it goes; replaces what was said before. `spot` is where that is.

    What the cart holds comes from the warehouses that then are the nearest, where the store asks so.

    Raises CartNotFound, CartCompleted, BadEmail, UnknownCountry, CountryNotServed, TextMissing, TextTooLong,
    TextUnprintable.
    """
    values = checked_contact(email=email, shipping=shipping, billing=billing, phone=phone, note=note, spot=spot)
    row = orjson.dumps({"store_id": tx.store_id, "id": tx.new_id()} | values, default=str).decode()
    whose = (holder.token_hash, holder.customer_id, holder.staff)
    [answer] = await tx.call("set_cart_contact", cart_id, *whose, tx.now, row)
    match answer["answer"]:
        case "cart_not_found":
            raise CartNotFound()
        case "completed":
            raise CartCompleted()
        case "not_served":
            raise CountryNotServed(country=str(values["country"]), served=", ".join(answer["served"]))
    if answer["reservation_id"] is not None:
        # The contact is kept whatever becomes of this; an order that the cart became meanwhile has what it needs.
        with suppress(CartCompleted):
            async with tx.together() as whole:
                await hold_nearer(whole, await lock_as_quoted(whole, cart_id=cart_id, holder=holder))


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


async def contact_of(tx: Tx, cart: Cart | StandingCart) -> OrderContact | None:
    """What was said so far."""
    return await tx.get(OrderContact, cart.contact_id) if cart.contact_id else None


# Every field as it is before anything is said, so that what is left out now does not stay from before.
_BLANK: dict[str, str | int | None] = {
    column.name: None if column.nullable else ""
    for column in OrderContact.__table__.columns
    if column.name not in {"store_id", "id", "erased_at"}
}

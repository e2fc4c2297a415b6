"""The mail that tells a shopper that their order has come in: what they bought, what it costs, how to pay.

It says what the order says, so it may be written at any time after, and it is written to the address of the order's
contact alone. A person who was erased meanwhile gets none.
"""

from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_date
from sqlalchemy import select

from stoa.checkout.placing import order_token
from stoa.customers.postal import envelope
from stoa.db.transaction import Database, Tx
from stoa.kernel.clock import Clock, utc_now
from stoa.kernel.money import format_money
from stoa.notices.handing_over import hand_over
from stoa.notices.letters import letter
from stoa.notices.mailer import Mailer
from stoa.notices.once import claim
from stoa.orders.errors import OrderNotFound
from stoa.orders.reading import OrderView, order_by_id
from stoa.orders.states import OrderState, PaymentState
from stoa.payments.attempts import is_outside
from stoa.stores.models import Store, StoreHost, StoreSettings
from stoa.stores.settings import settings_of

KIND = "order_confirmation"


@dataclass(frozen=True)
class Letterhead:
    """What the installation gives to every letter. `address` is the URL of a store's host, such as https://{host}."""

    secret_key: bytes
    sender: str
    address: str = "http://{host}"


async def send_order_confirmation(
    database: Database,
    mailer: Mailer,
    letterhead: Letterhead,
    *,
    store_id: UUID,
    order_id: UUID,
    clock: Clock = utc_now,
) -> bool:
    """Send the confirmation of this order, unless it has been sent; whether it was handed over now.

    Nothing is sent where the store sends no mails, the order has no address, or the address is refused for good.
    Raises BeingSent, and what the mailer raises; trying again later is right then.
    """
    async with database.store(store_id, clock=clock) as tx:
        written = await _write(tx, letterhead, order_id)
    if written is None:
        return False
    notice_id, message = written
    return await hand_over(database, mailer, message, store_id=store_id, notice_id=notice_id, clock=clock)


async def _write(tx: Tx, letterhead: Letterhead, order_id: UUID) -> tuple[UUID, EmailMessage] | None:
    """Claim the notice and write the message; None where there is nothing to send."""
    settings = await settings_of(tx)
    if not settings.mails_enabled:
        return None
    try:
        view = await order_by_id(tx, order_id=order_id)
    except OrderNotFound:
        return None
    contact = view.contact
    if contact is None or not contact.email or _may_come_to_nothing(view):
        return None
    notice = await claim(tx, kind=KIND, subject_id=order_id)
    if notice is None:
        return None
    store = await tx.get(Store, tx.store_id)
    assert store is not None, "a store that was entered exists"
    message = letter(
        tx,
        template=KIND,
        subject=f"Your order {view.order.number} at {store.name}",
        sender=settings.mail_from or letterhead.sender,
        sender_name=store.name,
        to=contact.email,
        to_name=contact.name,
        notice_id=notice.id,
        values=_values(view, settings, store.name, await _page_of(tx, letterhead, view)),
    )
    return notice.id, message


def _may_come_to_nothing(view: OrderView) -> bool:
    """Whether a provider is still to promise its money: then the mail goes when the order is confirmed."""
    return view.order.state != OrderState.CONFIRMED and any(is_outside(each) for each in view.payments)


async def _page_of(tx: Tx, letterhead: Letterhead, view: OrderView) -> str | None:
    """The address of the order's page at the store's first host, with the token that opens it."""
    hosts = await tx.scalars(
        select(StoreHost.host).where(StoreHost.store_id == tx.store_id).order_by(StoreHost.id).limit(1)
    )
    if not hosts:
        return None
    base = letterhead.address.format(host=hosts[0])
    return f"{base}/orders/{view.id}?token={order_token(letterhead.secret_key, view.id)}"


def _values(view: OrderView, settings: StoreSettings, shop: str, page: str | None) -> dict[str, Any]:
    """What the templates show, everything that is money or a date already in the store's own way of writing it."""
    order = view.order
    method = view.payments[0].method if view.payments else None
    return {
        "shop": shop,
        "order": order,
        "lines": view.lines,
        "address": _address_lines(view, settings.locale),
        "money": partial(format_money, currency=order.currency, locale=settings.locale),
        "placed_on": format_date(
            order.placed_at.astimezone(ZoneInfo(settings.time_zone)),
            format="long",
            locale=settings.locale.replace("-", "_"),
        ),
        "page": page,
        "paid": view.due == 0,
        "due": view.due,
        "promised": order.payment_state == PaymentState.AUTHORIZED,
        "method": method,
        "bank_details": settings.bank_details.strip(),
    }


def _address_lines(view: OrderView, locale: str) -> list[str]:
    """Where it goes, as it is written on a parcel; empty where nothing is sent."""
    contact = view.contact
    if contact is None:
        return []
    return envelope(
        name=contact.name,
        company=contact.company,
        line1=contact.line1,
        line2=contact.line2,
        city=contact.city,
        region=contact.region,
        postal_code=contact.postal_code,
        country=contact.country,
        locale=locale,
    )

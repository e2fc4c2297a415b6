"""Many carts at once: opened, filled, addressed and quoted by sets, as imports need it.

What is checked, what is written and what a quote holds are those of one cart's steps (`open_cart`, `add_lines`,
`set_contact`, `quote`); only the number of statements differs, which does not grow with that of carts.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from stoa.carts.contact import checked_contact, refuse_unserved
from stoa.carts.errors import BadOverride, CartEmpty
from stoa.carts.facts import VariantFacts, variant_facts
from stoa.carts.filled import FilledCart, Line, Terms, quote_of
from stoa.carts.holding import CART_DAYS, cart_token
from stoa.carts.lines import Wanted, with_wanted
from stoa.carts.models import Cart, CartLine, CartState, OrderContact, Quote
from stoa.carts.quotes import keep_quotes
from stoa.customers.postal import PostalAddress
from stoa.db.sets import insert_quietly, insert_set
from stoa.db.transaction import Tx
from stoa.kernel.ids import child_id, hash_token
from stoa.kernel.money import LARGEST_AMOUNT
from stoa.kernel.refusals import Refusal
from stoa.stores.models import StoreSettings
from stoa.stores.settings import settings_of


@dataclass(frozen=True, kw_only=True)
class NewCart:
    """A cart to be made, whole. `at` is when it is opened and quoted; the caller chose `id` at that instant.

    `shipping_override` is what staff ask for sending it, in minor units.
    """

    id: UUID
    at: datetime
    wanted: Sequence[Wanted]
    email: str
    shipping: PostalAddress | None = None
    customer_id: UUID | None = None
    source: str = "shop"
    reference: str | None = None
    shipping_override: int | None = None


async def fill_carts(tx: Tx, *, secret_key: bytes, carts: Sequence[NewCart]) -> dict[UUID, Quote | Refusal | None]:
    """Make carts with their lines, contacts and quotes. For each id: its quote; the refusal for which it was not made;
    or None where a cart of that id was there before, which is left as it is.
    """
    settings = await settings_of(tx)
    wanted = {one.variant_id for cart in carts for one in cart.wanted}
    facts = await variant_facts(tx, variant_ids=wanted, currency=settings.currency)
    outcomes: dict[UUID, Quote | Refusal | None] = {}
    made: list[_Made] = []
    for cart in carts:
        await asyncio.sleep(0)  # a thousand carts take a quarter of a second, and others may hold locks meanwhile
        try:
            made.append(_made(tx, cart, facts, settings))
        except Refusal as refusal:
            outcomes[cart.id] = refusal
    new = await _insert_carts(tx, made, secret_key, settings)
    made = [each for each in made if each.cart.id in new]
    await _insert_lines(tx, made)
    await keep_quotes(tx, [each.quote for each in made])
    return dict.fromkeys((cart.id for cart in carts), None) | outcomes | {each.cart.id: each.quote for each in made}


async def standing_quotes(tx: Tx, *, cart_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The quote that may be bought now of each of these carts, in one statement; carts without one are absent."""
    found = await tx.execute(
        select(Cart.id, Cart.quote_id).where(
            Cart.id.in_(cart_ids), Cart.state == CartState.OPEN, Cart.quote_id.is_not(None)
        )
    )
    return {row.id: row.quote_id for row in found}


@dataclass(frozen=True, slots=True)
class _Made:
    cart: NewCart
    lines: Sequence[Line]
    contact: Mapping[str, str | int | None]
    quote: Quote


def _made(tx: Tx, cart: NewCart, facts: Mapping[UUID, VariantFacts], settings: StoreSettings) -> _Made:
    """One cart thought through. Raises what the single steps raise."""
    if not cart.wanted:
        raise CartEmpty()
    lines = with_wanted((), cart.wanted, facts, by=tx.actor, new_id=lambda position: child_id(cart.id, position))
    contact = checked_contact(email=cart.email, shipping=cart.shipping)
    if cart.shipping is not None:
        refuse_unserved(str(contact["country"]), settings)
    asks = cart.shipping_override
    if asks is not None and not 0 <= asks <= LARGEST_AMOUNT:
        raise BadOverride(amount=asks, reason="shipping")
    filled = FilledCart(
        cart_id=cart.id,
        currency=settings.currency,
        at=cart.at,
        lines=lines,
        shipping_override=cart.shipping_override,
        code=None,
        terms=Terms.of(settings),
        email=str(contact["email"]),
        country=str(contact["country"]),
    )
    return _Made(cart, lines, contact, quote_of(filled, facts))


async def _insert_carts(tx: Tx, made: Sequence[_Made], secret_key: bytes, settings: StoreSettings) -> set[UUID]:
    """Insert contacts, then carts that have them and their quotes; the ids of the carts that were not there."""
    contacts = [each.contact for each in made]
    ids = [child_id(each.cart.id, 0) for each in made]
    names = contacts[0].keys() if contacts else ()
    await insert_quietly(tx, OrderContact, {"id": ids} | {name: [one[name] for one in contacts] for name in names})
    carts = [each.cart for each in made]
    return await insert_set(
        tx,
        Cart,
        {
            "id": [cart.id for cart in carts],
            "token_hash": [hash_token(cart_token(secret_key, cart.id)) for cart in carts],
            "customer_id": [cart.customer_id for cart in carts],
            "contact_id": ids,
            "currency": [settings.currency] * len(carts),
            "state": [str(CartState.OPEN)] * len(carts),
            "quote_id": [each.quote.id for each in made],
            "source": [cart.source for cart in carts],
            "reference": [cart.reference for cart in carts],
            "shipping_override": [cart.shipping_override for cart in carts],
            "created_at": [cart.at for cart in carts],
            "expires_at": [cart.at + timedelta(days=CART_DAYS) for cart in carts],
        },
    )


async def _insert_lines(tx: Tx, made: Sequence[_Made]) -> None:
    lines = [line for each in made for line in each.lines]
    names = [column.name for column in CartLine.__table__.columns if column.name not in ("store_id", "cart_id")]
    columns: dict[str, Sequence[Any]] = {name: [getattr(line, name) for line in lines] for name in names}
    await insert_quietly(tx, CartLine, columns | {"cart_id": [each.cart.id for each in made for _ in each.lines]})

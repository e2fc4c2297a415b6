"""What a cart costs now, thought through before the sale and kept with every reason."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Literal, cast
from uuid import UUID

from stoa.budgets.models import DiscountCode
from stoa.carts.contact import contact_of
from stoa.carts.errors import CartEmpty, NotEnoughStock, NotForSale
from stoa.carts.facts import VariantFacts, lines_of, variant_facts
from stoa.carts.holding import Holder, lock_open_cart
from stoa.carts.models import Cart, CartLine, OrderContact, Quote
from stoa.db.transaction import Tx
from stoa.pricing import Basket, BasketLine, FixedDiscount, ShippingRate, Totals, total
from stoa.stores.models import StoreSettings, TaxDisplay
from stoa.stores.settings import settings_of

QUOTE_MINUTES = 30


async def quote(tx: Tx, *, cart_id: UUID, holder: Holder) -> Quote:
    """Price the cart and keep the result; it can be bought for 30 minutes, unless the cart or a price changes before.

    What is still missing for buying stands in `missing`. Raises CartNotFound, CartCompleted, CartEmpty, NotForSale,
    NotEnoughStock.
    """
    cart = await lock_open_cart(tx, cart_id=cart_id, holder=holder)
    settings = await settings_of(tx)
    lines = await lines_of(tx, cart)
    if not lines:
        raise CartEmpty()
    facts = await variant_facts(tx, variant_ids={line.variant_id for line in lines}, currency=cart.currency)
    _refuse_what_cannot_be_sold(lines, facts)
    code = await _code(tx, cart)
    is_sent = any(facts[line.variant_id].requires_shipping for line in lines)
    totals = total(_basket(cart, lines, facts, settings, code, is_sent=is_sent))
    kept = tx.add(
        Quote(
            cart_id=cart.id,
            currency=cart.currency,
            tax_included=settings.tax_display == TaxDisplay.INCLUSIVE,
            subtotal=totals.subtotal,
            discount=totals.discount,
            shipping=totals.shipping,
            shipping_tax=totals.shipping_tax,
            tax=totals.tax,
            total=totals.total,
            shipping_title=settings.shipping_title if is_sent else "",
            lines=_lines(totals, facts, settings.tax_rate_ppm),
            explanation=[asdict(why) | {"line_id": why.line_id and str(why.line_id)} for why in totals.explanation],
            budget_ids=[code.budget_id] if code and totals.discount else [],
            budget_amounts=[1] if code and totals.discount else [],
            missing=_missing(await contact_of(tx, cart), is_sent=is_sent),
            created_at=tx.now,
            expires_at=tx.now + timedelta(minutes=QUOTE_MINUTES),
        )
    )
    cart.quote_id = kept.id
    for line in lines:
        line.seen_unit_price = facts[line.variant_id].price or 0
    await tx.flush()
    return kept


def _refuse_what_cannot_be_sold(lines: Sequence[CartLine], facts: dict[UUID, VariantFacts]) -> None:
    asked: Counter[UUID] = Counter()
    for line in lines:
        asked[line.variant_id] += line.quantity
    for variant_id, quantity in asked.items():
        known = facts[variant_id]
        if not known.is_sold:
            raise NotForSale(title=known.full_title)
        if not known.can_serve(quantity):
            raise NotEnoughStock(variant_id=variant_id, title=known.full_title, asked=quantity, free=known.available)


async def _code(tx: Tx, cart: Cart) -> DiscountCode | None:
    """The cart's code while its time lasts; whether uses are left is decided when the order is placed."""
    code = await tx.get(DiscountCode, cart.discount_code_id) if cart.discount_code_id else None
    if code is None or (code.ends_at is not None and code.ends_at <= tx.now):
        return None
    return code


def _basket(
    cart: Cart,
    lines: Sequence[CartLine],
    facts: dict[UUID, VariantFacts],
    settings: StoreSettings,
    code: DiscountCode | None,
    *,
    is_sent: bool,
) -> Basket:
    rate = ShippingRate(settings.shipping_title, settings.shipping_amount, settings.free_shipping_from)
    return Basket(
        currency=cart.currency,
        lines=tuple(
            BasketLine(
                id=line.id,
                variant_id=line.variant_id,
                quantity=line.quantity,
                unit_price=facts[line.variant_id].price or 0,
                override_amount=line.override_amount,
                override_reason=line.override_reason,
            )
            for line in lines
        ),
        tax_rate_ppm=settings.tax_rate_ppm,
        tax_included=settings.tax_display == TaxDisplay.INCLUSIVE,
        rounding=cast(Literal["unit", "line", "total"], settings.rounding),
        shipping=rate if is_sent else None,
        shipping_override=cart.shipping_override,
        discount=FixedDiscount(code.code, code.amount, code.budget_id) if code else None,
    )


def _lines(totals: Totals, facts: dict[UUID, VariantFacts], tax_rate_ppm: int) -> list[dict[str, Any]]:
    """The lines as `place_orders` reads them."""
    return [
        {
            "line": position,
            "variant_id": str(line.variant_id),
            "sku": facts[line.variant_id].sku,
            "title": facts[line.variant_id].title,
            "variant_title": facts[line.variant_id].variant_title,
            "quantity": line.quantity,
            "unit_price": line.unit_price,
            "amount": line.amount,
            "override_reason": line.override_reason,
            "discount": line.discount,
            "tax": line.tax,
            "tax_rate_ppm": tax_rate_ppm,
            "total": line.total,
        }
        for position, line in enumerate(totals.lines, start=1)
    ]


def _missing(contact: OrderContact | None, *, is_sent: bool) -> list[str]:
    missing = []
    if contact is None or not contact.email:
        missing.append("email")
    if is_sent and (contact is None or not contact.country):
        missing.append("shipping")
    return missing

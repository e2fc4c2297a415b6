"""A cart with everything its price depends on, and the quote that follows from it. Nothing is looked up here."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Self, cast
from uuid import UUID

from stoa.carts.errors import CartTooDear, NotEnoughStock, NotForSale
from stoa.carts.facts import VariantFacts
from stoa.carts.models import Quote
from stoa.kernel.ids import uuid7
from stoa.kernel.money import LARGEST_AMOUNT
from stoa.pricing import Basket, BasketLine, Explanation, FixedDiscount, PricedLine, ShippingRate, total
from stoa.stores.models import StoreSettings, TaxDisplay

QUOTE_MINUTES = 30

Facts = Mapping[UUID, VariantFacts]


@dataclass(frozen=True, slots=True)
class Line:
    """Units of one variant; `override_amount` is what staff set for the whole line, in minor units; why, and who."""

    id: UUID
    position: int
    variant_id: UUID
    quantity: int
    seen_unit_price: int
    override_amount: int | None = None
    override_reason: str | None = None
    override_by: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """How the store sells, as far as a price depends on it; amounts in minor units."""

    tax_included: bool
    tax_rate_ppm: int
    rounding: str
    shipping_title: str
    shipping_amount: int
    free_shipping_from: int | None

    @classmethod
    def of(cls, settings: StoreSettings) -> Self:
        """Those of a store."""
        return cls(
            tax_included=settings.tax_display == TaxDisplay.INCLUSIVE,
            tax_rate_ppm=settings.tax_rate_ppm,
            rounding=settings.rounding,
            shipping_title=settings.shipping_title,
            shipping_amount=settings.shipping_amount,
            free_shipping_from=settings.free_shipping_from,
        )


@dataclass(frozen=True, slots=True)
class CartCode:
    """The discount code on a cart, and when it may be used."""

    code: str
    amount: int
    budget_id: UUID
    starts_at: datetime | None
    ends_at: datetime | None

    def runs_at(self, instant: datetime) -> bool:
        """Whether it may be used at this instant, as far as its time says."""
        return (self.starts_at is None or self.starts_at <= instant) and (
            self.ends_at is None or instant < self.ends_at
        )


@dataclass(frozen=True, slots=True)
class FilledCart:
    """What is bought (at least one line), by what code, and as much of who and where as decides what is missing."""

    cart_id: UUID
    currency: str
    at: datetime
    lines: Sequence[Line]
    shipping_override: int | None
    code: CartCode | None
    terms: Terms
    email: str
    country: str


def quote_of(cart: FilledCart, facts: Facts) -> Quote:
    """The quote of a cart, not stored yet.

    Raises NotForSale, NotEnoughStock, CartTooDear.
    """
    _refuse_what_cannot_be_sold(cart, facts)
    is_sent = any(facts[line.variant_id].requires_shipping for line in cart.lines)
    totals = total(_basket(cart, facts, is_sent=is_sent))
    if totals.subtotal + totals.shipping + totals.tax > LARGEST_AMOUNT:
        raise CartTooDear()
    spends_code = cart.code if totals.discount else None
    return Quote(
        id=uuid7(cart.at),
        cart_id=cart.cart_id,
        currency=cart.currency,
        tax_included=cart.terms.tax_included,
        subtotal=totals.subtotal,
        discount=totals.discount,
        shipping=totals.shipping,
        shipping_tax=totals.shipping_tax,
        tax=totals.tax,
        total=totals.total,
        shipping_title=cart.terms.shipping_title if is_sent else "",
        lines=[
            _line(position, line, facts[line.variant_id], cart.terms.tax_rate_ppm)
            for position, line in enumerate(totals.lines, start=1)
        ],
        explanation=[_why(why) for why in totals.explanation],
        budget_ids=[spends_code.budget_id] if spends_code else [],
        budget_amounts=[1] if spends_code else [],
        missing=_missing(cart, is_sent=is_sent),
        created_at=cart.at,
        expires_at=cart.at + timedelta(minutes=QUOTE_MINUTES),
    )


def refuse_beyond_stock(known: VariantFacts, asked: int) -> None:
    """Refuse more units of a variant than can be promised. Raises NotEnoughStock."""
    if not known.can_serve(asked):
        raise NotEnoughStock(variant_id=known.variant_id, title=known.full_title, asked=asked, free=known.available)


def _refuse_what_cannot_be_sold(cart: FilledCart, facts: Facts) -> None:
    asked: Counter[UUID] = Counter()
    for line in cart.lines:
        asked[line.variant_id] += line.quantity
    for variant_id, quantity in asked.items():
        known = facts[variant_id]
        if not known.is_sold:
            raise NotForSale(title=known.full_title)
        refuse_beyond_stock(known, quantity)


def _basket(cart: FilledCart, facts: Facts, *, is_sent: bool) -> Basket:
    terms, code = cart.terms, cart.code
    rate = ShippingRate(terms.shipping_title, terms.shipping_amount, terms.free_shipping_from)
    return Basket(
        currency=cart.currency,
        lines=tuple(
            BasketLine(
                line.id,
                line.variant_id,
                line.quantity,
                facts[line.variant_id].price or 0,
                line.override_amount,
                line.override_reason,
            )
            for line in cart.lines
        ),
        tax_rate_ppm=terms.tax_rate_ppm,
        tax_included=terms.tax_included,
        rounding=cast(Literal["unit", "line", "total"], terms.rounding),
        shipping=rate if is_sent else None,
        shipping_override=cart.shipping_override,
        discount=FixedDiscount(code.code, code.amount, code.budget_id) if code else None,
    )


def _line(position: int, line: PricedLine, known: VariantFacts, tax_rate_ppm: int) -> dict[str, Any]:
    """A line as `place_orders` reads it."""
    return {
        "line": position,
        "variant_id": str(line.variant_id),
        "sku": known.sku,
        "title": known.title,
        "variant_title": known.variant_title,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "amount": line.amount,
        "override_reason": line.override_reason,
        "discount": line.discount,
        "tax": line.tax,
        "tax_rate_ppm": tax_rate_ppm,
        "total": line.total,
    }


def _why(why: Explanation) -> dict[str, Any]:
    return {
        "rule": why.rule,
        "amount": why.amount,
        "says": why.says,
        "line_id": None if why.line_id is None else str(why.line_id),
    }


def _missing(cart: FilledCart, *, is_sent: bool) -> list[str]:
    missing = []
    if not cart.email:
        missing.append("email")
    if is_sent and not cart.country:
        missing.append("shipping")
    return missing

"""The frozen facts that a price is made of. Read once from the database; from here on nothing is looked up."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class BasketLine:
    """Units of one variant at one price, in minor units.

    `override_amount` is what staff set for the whole line, whatever the list says, and `override_reason` why.
    """

    id: UUID
    variant_id: UUID
    quantity: int
    unit_price: int
    override_amount: int | None = None
    override_reason: str | None = None


@dataclass(frozen=True, slots=True)
class FixedDiscount:
    """A code that takes `amount` minor units off the goods, once an order; `budget_id` counts its uses."""

    code: str
    amount: int
    budget_id: UUID


@dataclass(frozen=True, slots=True)
class ShippingRate:
    """What sending costs: `amount`, or nothing where the goods are worth `free_from` after discount."""

    title: str
    amount: int
    free_from: int | None = None


@dataclass(frozen=True, slots=True)
class Basket:
    """Everything a price depends on.

    `tax_rate_ppm` is in parts per million. `tax_included` says whether prices, shipping's too, include it.
    `rounding` says where tax is rounded to the minor unit: per unit, per line, or once over the total.
    `shipping` is None where nothing needs sending. `shipping_override` is set by staff.
    """

    currency: str
    lines: tuple[BasketLine, ...]
    tax_rate_ppm: int
    tax_included: bool
    rounding: Literal["unit", "line", "total"]
    shipping: ShippingRate | None = None
    shipping_override: int | None = None
    discount: FixedDiscount | None = None


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line with its parts: `amount` before discount, and `total` as it stands on the receipt.

    Where prices include tax, `total = amount - discount` and `tax` is the part of it; otherwise the tax is on top.
    """

    id: UUID
    variant_id: UUID
    quantity: int
    unit_price: int
    amount: int
    discount: int
    tax: int
    total: int
    override_reason: str | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a figure is what it is: the rule that fired, what it gave in minor units, and a sentence."""

    rule: str
    amount: int
    says: str
    line_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """A basket's price, to the minor unit.

    `total = subtotal - discount + shipping`, plus `tax` where prices do not include it; `tax` is of goods and
    shipping together. Every amount is the sum of its parts.
    """

    lines: tuple[PricedLine, ...]
    subtotal: int
    discount: int
    shipping: int
    shipping_tax: int
    tax: int
    total: int
    explanation: tuple[Explanation, ...] = field(default=())

"""What a basket costs. Pure: the same basket, the same totals; no database, no clock, no order of the lines."""

from uuid import UUID

from stoa.kernel.money import allocate, divide
from stoa.pricing.basket import Basket, BasketLine, Explanation, PricedLine, Totals

_ONE = 1_000_000


def total(basket: Basket) -> Totals:
    """Price a basket: lines, then the code, then shipping, then tax, each explained.

    The discount is spread over the lines in proportion to their amounts (largest remainder, ties by line id), so tax
    is always of what is really paid. The discount never exceeds the goods.
    """
    explanation: list[Explanation] = []
    amounts = {line.id: _amount(line, explanation) for line in basket.lines}
    subtotal = sum(amounts.values())
    discounts = _discounts(basket, amounts, explanation)
    discount = sum(discounts.values())
    shipping = _shipping(basket, subtotal - discount, explanation)
    paid = {line.id: amounts[line.id] - discounts[line.id] for line in basket.lines}
    taxes, shipping_tax = _taxes(basket, paid, shipping, explanation)
    tax = sum(taxes.values()) + shipping_tax
    return Totals(
        lines=tuple(
            _priced(basket, line, amounts[line.id], discounts[line.id], taxes[line.id]) for line in basket.lines
        ),
        subtotal=subtotal,
        discount=discount,
        shipping=shipping,
        shipping_tax=shipping_tax,
        tax=tax,
        total=subtotal - discount + shipping + (0 if basket.tax_included else tax),
        explanation=tuple(explanation),
    )


def _amount(line: BasketLine, explanation: list[Explanation]) -> int:
    if line.override_amount is None:
        amount = line.unit_price * line.quantity
        explanation.append(Explanation("list_price", amount, "Price of the list times quantity.", line.id))
        return amount
    says = f"Set by staff: {line.override_reason}"
    explanation.append(Explanation("staff_price", line.override_amount, says, line.id))
    return line.override_amount


def _discounts(basket: Basket, amounts: dict[UUID, int], explanation: list[Explanation]) -> dict[UUID, int]:
    goods = sum(amounts.values())
    if basket.discount is None or goods == 0:
        return dict.fromkeys(amounts, 0)
    off = min(basket.discount.amount, goods)
    says = f"Code {basket.discount.code}" + (", up to what the goods cost." if off < basket.discount.amount else ".")
    explanation.append(Explanation("discount_code", -off, says))
    return allocate(off, list(amounts.items()))


def _shipping(basket: Basket, goods: int, explanation: list[Explanation]) -> int:
    if basket.shipping_override is not None:
        explanation.append(Explanation("staff_shipping", basket.shipping_override, "Shipping set by staff."))
        return basket.shipping_override
    rate = basket.shipping
    if rate is None:
        return 0
    if rate.free_from is not None and goods >= rate.free_from:
        explanation.append(Explanation("free_shipping", 0, f"{rate.title}: free for goods of this worth."))
        return 0
    explanation.append(Explanation("shipping", rate.amount, f"{rate.title}."))
    return rate.amount


def _taxes(
    basket: Basket, paid: dict[UUID, int], shipping: int, explanation: list[Explanation]
) -> tuple[dict[UUID, int], int]:
    """Tax of each line and of shipping, rounded where the store says, half away from zero."""
    rate = basket.tax_rate_ppm
    if rate == 0:
        return dict.fromkeys(paid, 0), 0
    if basket.rounding == "total":
        taxes, shipping_tax = _taxes_of_total(basket, paid, shipping)
    else:
        by_line = {line.id: _tax_of_line(basket, line, paid[line.id]) for line in basket.lines}
        taxes, shipping_tax = by_line, _tax(shipping, rate, basket.tax_included)
    where = "included in the prices" if basket.tax_included else "on top of the prices"
    percent = f"{rate / 10_000:f}".rstrip("0").rstrip(".")
    says = f"Tax of {percent} %, {where}, rounded per {basket.rounding}."
    explanation.append(Explanation("tax", sum(taxes.values()) + shipping_tax, says))
    return taxes, shipping_tax


def _taxes_of_total(basket: Basket, paid: dict[UUID, int], shipping: int) -> tuple[dict[UUID, int], int]:
    """Round once, over goods and shipping together; the parts are given out so that they sum to it."""
    whole = sum(paid.values()) + shipping
    tax = _tax(whole, basket.tax_rate_ppm, basket.tax_included)
    if whole == 0:
        return dict.fromkeys(paid, 0), 0
    shipping_tax = divide(tax * shipping, whole)
    goods = whole - shipping
    if goods == 0:
        return dict.fromkeys(paid, 0), tax
    return allocate(tax - shipping_tax, list(paid.items())), shipping_tax


def _tax_of_line(basket: Basket, line: BasketLine, paid: int) -> int:
    # A discount that does not divide by the units has no price per unit: such a line is rounded as a whole.
    if basket.rounding == "line" or paid % line.quantity:
        return _tax(paid, basket.tax_rate_ppm, basket.tax_included)
    return _tax(paid // line.quantity, basket.tax_rate_ppm, basket.tax_included) * line.quantity


def _tax(amount: int, rate_ppm: int, included: bool) -> int:
    """The tax on a net amount; or, of an amount that includes it, what is left when the net has been rounded."""
    if included:
        return amount - divide(amount * _ONE, _ONE + rate_ppm)
    return divide(amount * rate_ppm, _ONE)


def _priced(basket: Basket, line: BasketLine, amount: int, discount: int, tax: int) -> PricedLine:
    unit_price = line.unit_price if line.override_amount is None else divide(amount, line.quantity)
    return PricedLine(
        id=line.id,
        variant_id=line.variant_id,
        quantity=line.quantity,
        unit_price=unit_price,
        amount=amount,
        discount=discount,
        tax=tax,
        total=amount - discount + (0 if basket.tax_included else tax),
        override_reason=line.override_reason,
    )

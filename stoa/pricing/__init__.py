"""Prices: pure functions over frozen facts."""

from stoa.pricing.basket import Basket, BasketLine, Explanation, FixedDiscount, PricedLine, ShippingRate, Totals
from stoa.pricing.totals import total

__all__ = [
    "Basket",
    "BasketLine",
    "Explanation",
    "FixedDiscount",
    "PricedLine",
    "ShippingRate",
    "Totals",
    "total",
]

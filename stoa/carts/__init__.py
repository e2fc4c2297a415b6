"""Carts: what somebody is about to buy, for whom, and what it costs."""

from stoa.carts.claiming import claim_cart
from stoa.carts.codes import apply_code, remove_code
from stoa.carts.contact import contact_of, set_contact
from stoa.carts.holding import STAFF, Holder, cart_token, find_cart, open_cart
from stoa.carts.holds import hold, hold_of_cart, release
from stoa.carts.lines import StaffPrice, Wanted, add_lines, change_quantity, remove_line, units_in
from stoa.carts.quotes import preview, quote
from stoa.carts.reading import CartView, read_cart
from stoa.carts.standing import StandingCart

__all__ = [
    "STAFF",
    "CartView",
    "Holder",
    "StaffPrice",
    "StandingCart",
    "Wanted",
    "add_lines",
    "apply_code",
    "cart_token",
    "change_quantity",
    "claim_cart",
    "contact_of",
    "find_cart",
    "hold",
    "hold_of_cart",
    "open_cart",
    "preview",
    "quote",
    "read_cart",
    "release",
    "remove_code",
    "remove_line",
    "set_contact",
    "units_in",
]

"""Refusals in a shopper's words. The API says the same to programs, with headers and ids that mean nothing here."""

from datetime import date

from stoa.budgets.errors import CodeEnded, CodeNotStarted
from stoa.budgets.errors import CodeSpent as CodeUsedUp
from stoa.carts.errors import (
    BadQuantity,
    CartEmpty,
    CartFull,
    CartNotFound,
    CountryNotServed,
    NotEnoughStock,
    NotForSale,
    StaffPriced,
    UnknownVariant,
)
from stoa.catalog import VariantView
from stoa.catalog.errors import UnknownCategory, UnknownProduct
from stoa.catalog.models import BeyondStock
from stoa.checkout.errors import CheckoutUnavailable, CodeSpent, OutOfStock, QuoteChanged, UnknownPaymentMethod
from stoa.inventory.errors import NotTogether
from stoa.kernel.countries import CountryMissing, UnknownCountry, country_name
from stoa.kernel.cursors import BadCursor
from stoa.kernel.emails import BadEmail
from stoa.kernel.refusals import Refusal
from stoa.kernel.text import TextMissing, TextTooLong, TextUnprintable
from stoa.media.drawings import UnknownDrawing
from stoa.orders.errors import OrderNotFound
from stoa.people.errors import TooManyAttempts
from stoa.storefront.templating import calendar_day
from stoa.stores.errors import UnknownStore
from stoa.stores.models import StoreSettings

_SAID: dict[type[Refusal], str] = {
    CartEmpty: "Your cart is empty.",
    CartFull: "The cart is full; please order what is in it first.",
    CartNotFound: "This cart is no longer here; please begin a new one.",
    CheckoutUnavailable: "The order could not be placed just now. Please press the button again in a moment; "
    "nothing is ordered twice.",
    CodeSpent: "The discount code has been used up. It is still on the cart: take it off and look at the new total.",
    CodeUsedUp: "This code has been used up.",
    CountryMissing: "Please choose the country.",
    NotTogether: "What is in your cart lies in several places, and we send an order from one of them. "
    "Please take something out and order it apart.",
    OrderNotFound: "There is no such order here. Please open it by the link in its confirmation, or sign in.",
    QuoteChanged: "Something in the cart or a price changed while you were ordering. Please look at it once more.",
    StaffPriced: "The price of this was agreed for this many. You can take it out, or put more in at the usual price.",
    TextMissing: "Please fill this in.",
    UnknownCategory: "There is no such shelf in this shop; it may have been cleared away.",
    UnknownDrawing: "There is no such picture.",
    UnknownProduct: "We do not sell this, or not any more.",
    UnknownStore: "No shop is reached at this address.",
    UnknownVariant: "This is not sold any more.",
    BadCursor: "This page of the list is no longer there; please begin at the first.",
    BadEmail: "This is no e-mail address; one looks like name@example.com.",
}


def words(refusal: Refusal, locale: str = "en-GB") -> str:
    """The refusal as a shopper reads it."""
    match refusal:
        case TextTooLong(limit=limit, length=length):
            return f"This may have at most {limit} characters; it has {length}."
        case TextUnprintable():
            return "There is a character in it that cannot be shown; please type it again."
        case CountryNotServed(country=country):
            return f"We do not deliver to {country_name(country, locale)}. Please choose one of the countries offered."
        case UnknownCountry():
            return "Please choose one of the countries offered."
        case BadQuantity():
            return "Please give a whole number from 1 upwards."
        case NotEnoughStock(free=0, title=title):
            return f"“{title}” is sold out."
        case NotEnoughStock(free=free, title=title):
            return f"Only {free} of “{title}” left; you asked for {refusal.asked}."
        case OutOfStock(free=0):
            return "Something in your cart has just been sold out."
        case OutOfStock(free=free):
            return f"Somebody was quicker: only {free} left of something in your cart, and it holds {refusal.asked}."
        case NotForSale(title=title):
            return f"“{title}” is not sold at the moment."
        case UnknownPaymentMethod():
            return "Please choose one of the ways to pay."
        case CodeNotStarted() | CodeEnded():
            return refusal.sentence
        case TooManyAttempts(retry_after_seconds=seconds):
            minutes = -(-seconds // 60)
            return f"Too many attempts. Please try again in {minutes} minute{'s' if minutes != 1 else ''}."
        case _:
            return _SAID.get(type(refusal), refusal.sentence)


def availability(variant: VariantView, settings: StoreSettings, today: date) -> str:
    """How many there are, or from when on, in words."""
    units = variant.units
    if not variant.available:
        return "Sold out"
    if units == 0:
        return beyond(variant.beyond_stock, variant.ships_on, settings, today)
    if units is not None and units <= _FEW:
        more = variant.later and variant.beyond_stock != BeyondStock.NONE
        return f"Only {units} left; more can be ordered" if more else f"Only {units} left"
    return "In stock"


def beyond(kind: str, ships_on: date | None, settings: StoreSettings, today: date) -> str:
    """What is said of units that are not there yet."""
    name = "Pre-order" if kind == BeyondStock.PREORDER else "Back-order"
    if ships_on is None or ships_on < today:
        return f"{name}: sent as soon as it is here"
    return f"{name}: ships on {calendar_day(ships_on, settings)}"


_FEW = 5

"""What is refused about carts."""

from uuid import UUID

from stoa.carts.models import LARGEST_QUANTITY
from stoa.kernel.refusals import Conflict, Invalid, NotFound

LARGEST_CART_LINES = 2_000


class CartNotFound(NotFound):
    """No such cart here, or it opens by another token."""

    code = "carts.not_found"
    says = "There is no such cart, or the Cart-Token is not its own; begin a new cart."


class CartCompleted(Conflict):
    """The cart has become an order."""

    code = "carts.completed"
    says = "This cart has been ordered and cannot change any more; begin a new cart."


class CartEmpty(Conflict):
    """Nothing is in the cart."""

    code = "carts.empty"
    says = "The cart is empty; put something in before asking what it costs."


class CartFull(Conflict):
    """Too many lines."""

    code = "carts.full"
    says = f"A cart holds at most {LARGEST_CART_LINES} lines; order these first."


class CartBusy(Conflict):
    """Others change the same cart, again and again, before this change is decided."""

    code = "carts.busy"
    says = "Others are changing this cart at the same moment; the same request may be sent again."
    retry_after_seconds = 1


class CartLineNotFound(NotFound):
    """No such line in this cart."""

    code = "carts.line_not_found"
    says = "The cart has no such line; it may have been removed already."


class BadQuantity(Invalid):
    """A quantity that nobody can buy."""

    code = "carts.bad_quantity"
    says = f"{{quantity}} cannot be bought; ask for 1 to {LARGEST_QUANTITY} units."

    quantity: int


class UnknownVariant(NotFound):
    """No such variant is sold here."""

    code = "carts.unknown_variant"
    says = "No variant {variant_id} is sold in this shop; take the id from the product's page."

    variant_id: UUID


class NotForSale(Conflict):
    """The variant exists and cannot be bought now."""

    code = "carts.not_for_sale"
    says = "“{title}” is not sold at the moment; take it out of the cart."

    title: str


class CartTooDear(Conflict):
    """More money than is counted in one order; a price or a quantity must be a mistake."""

    code = "carts.too_dear"
    says = "The cart costs more than one order can; look for a price or a quantity that is a mistake."


class NotEnoughStock(Conflict):
    """Fewer units are free than the cart asks for."""

    code = "inventory.out_of_stock"
    says = "Only {free} of “{title}” left; {asked} asked."

    variant_id: UUID
    title: str
    asked: int
    free: int


class CountryNotServed(Invalid):
    """The store does not send there."""

    code = "carts.country_not_served"
    says = "This shop does not deliver to {country}; it delivers to {served}."

    country: str
    served: str


class StaffPriced(Conflict):
    """The price of the line was agreed on for the units it has."""

    code = "carts.staff_priced"
    says = (
        "The price of this line was set by staff for its {quantity} units; take the line out, or put more units in "
        "beside it at the price of the list."
    )

    quantity: int


class BadOverride(Invalid):
    """A staff price that cannot be charged."""

    code = "carts.bad_override"
    says = "A staff price is an amount of at least 0 minor units and a reason; got {amount} and “{reason}”."

    amount: int
    reason: str

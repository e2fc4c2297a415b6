"""What is refused about warehouses and stock."""

from datetime import date
from uuid import UUID

from stoa.kernel.refusals import Conflict, Invalid, NotFound


class UnknownWarehouse(NotFound):
    """There is no such warehouse in this store."""

    code = "inventory.unknown_warehouse"
    says = "There is no warehouse {warehouse} in this store."

    warehouse: UUID | str


class UnknownLevel(NotFound):
    """Nothing of the variant was ever in that warehouse."""

    code = "inventory.unknown_level"
    says = "There is no stock level {level} in this store."

    level: UUID


class WarehouseCodeTaken(Conflict):
    """Another warehouse of the store has the code."""

    code = "inventory.warehouse_code_taken"
    says = "There is a warehouse “{warehouse}” already; choose another code."

    warehouse: str


class BadCountry(Invalid):
    """No country has this code."""

    code = "inventory.bad_country"
    says = "“{country}” is no country code; two capital letters (ISO 3166-1) are meant, such as GB."

    country: str


class BadQuantity(Invalid):
    """A number of units that cannot be meant."""

    code = "inventory.bad_quantity"
    says = "{quantity} units cannot be meant; a whole number from {smallest} to {largest} is."

    quantity: int
    smallest: int
    largest: int


class TooManyReceipts(Invalid):
    """So many are not received in one go."""

    code = "inventory.too_many_receipts"
    says = "{given} receipts were sent at once; {most} are the most, so send them in parts."

    given: int
    most: int


class BelowZero(Conflict):
    """A correction would leave fewer than no units."""

    code = "inventory.below_zero"
    says = "Only {on_hand} are on hand, so {taken} cannot be taken away."

    on_hand: int
    taken: int


class SafetyTooHigh(Conflict):
    """More would be kept back than is free."""

    code = "inventory.safety_too_high"
    says = "Only {free} units are not promised to anybody, so {asked} cannot be kept back."

    asked: int
    free: int


class LimitBelowPromised(Conflict):
    """More is promised beyond stock already than the new limit would allow."""

    code = "inventory.limit_below_promised"
    says = "{promised} units are promised beyond stock already, so the limit cannot be {limit}."

    limit: int
    promised: int


class DayMissing(Invalid):
    """A pre-order without a day."""

    code = "inventory.day_missing"
    says = "A pre-order tells the day on which it is sent; give `ships_on`."


class DayPast(Invalid):
    """The day on which something is sent is over."""

    code = "inventory.day_past"
    says = "{ships_on} is past; the day on which something will be sent is today ({today}) at the earliest."

    ships_on: date
    today: date


class NotTogether(Conflict):
    """The store sends an order from one place, and no place has all of it."""

    code = "inventory.not_together"
    says = "This shop sends an order from one place, and no one place has all of it now; order it in parts."


class UnknownHold(NotFound):
    """No cart holds anything under this id now."""

    code = "inventory.unknown_hold"
    says = "No cart holds anything under {hold} now; it may have been ordered, given back, or have run out."

    hold: UUID

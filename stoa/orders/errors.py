"""What is refused about orders."""

from stoa.kernel.refusals import Conflict, Invalid, NotFound


class OrderNotFound(NotFound):
    """No such order here, or it is not theirs who ask."""

    code = "orders.not_found"
    says = "There is no such order, or the Order-Token is not its own; take both from the order's confirmation."


class OrderCannotBecome(Conflict):
    """The state asked for does not follow the one the order has."""

    code = "orders.cannot_become"
    says = "Order {number} is {state}, and from there it cannot become {asked}."

    number: int
    state: str
    asked: str


class OrderIsCancelled(Conflict):
    """Nothing of the order is left."""

    code = "orders.is_cancelled"
    says = "Order {number} is cancelled: nothing of it is left."

    number: int


class NothingToPay(Conflict):
    """No payment of the order is outstanding."""

    code = "orders.nothing_to_pay"
    says = "Order {number} is paid: no payment of it is outstanding."

    number: int


class OtherAmountDue(Invalid):
    """The amount that came is not the one that is owed. Amounts are minor units."""

    code = "orders.other_amount_due"
    says = "Order {number} owes {due} {currency} in minor units, not {amount}; record a payment of exactly that."

    number: int
    due: int
    amount: int
    currency: str

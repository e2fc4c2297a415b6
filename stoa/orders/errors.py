"""What is refused about orders."""

from uuid import UUID

from stoa.kernel.refusals import Conflict, Invalid, NotFound, PreconditionFailed


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


class OrderHasChanged(PreconditionFailed):
    """Something happened to the order after it was read."""

    code = "orders.has_changed"
    says = "Order {number} was changed since you read it; read it again."

    number: int


class NoUnits(Invalid):
    """Nothing would be cancelled."""

    code = "orders.no_units"
    says = "Name at least one line, and of each line named 1 unit or more."


class UnknownOrderLine(Invalid):
    """The line is not the order's."""

    code = "orders.unknown_line"
    says = "Order {number} has no line {line}."

    number: int
    line: UUID


class MoreThanLeft(Conflict):
    """Fewer units of the line are left than are to be taken back."""

    code = "orders.more_than_left"
    says = "Only {left} units of this line of order {number} are left to cancel; {asked} asked."

    number: int
    line: UUID
    asked: int
    left: int


class HeldUntilPaid(Conflict):
    """Its stock is held as a whole while a provider is asked for its money."""

    code = "orders.held_until_paid"
    says = "Order {number} waits for its money, with its stock held for it; cancel all of it, or wait until it is paid."

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


class PaymentPending(Conflict):
    """The provider has not said yet whether the payment before came about."""

    code = "orders.payment_pending"
    says = "A payment of order {number} is on its way, or waits for you: finish that one before you begin another."

    number: int


class TooManyPayments(Conflict):
    """More payments of one order failed than anybody mistypes."""

    code = "orders.too_many_payments"
    says = "{most} payments of order {number} were tried; place the order anew, or ask the shop."

    number: int
    most: int


class TooManyParts(Conflict):
    """The order was taken back in so many parts that the rest goes at once."""

    code = "orders.too_many_parts"
    says = "Units of order {number} were cancelled {most} times already; cancel all that is left."

    number: int
    most: int


class TooLateToCancel(Conflict):
    """The shop has begun with the order; the shopper asks it."""

    code = "orders.too_late_to_cancel"
    says = "Order {number} is being prepared already; write to the shop to have it cancelled."

    number: int


class NothingToRefund(Conflict):
    """The tenders have nothing that could go back."""

    code = "orders.nothing_to_refund"
    says = "Nothing can go back for order {number}: all that was taken has gone back, or is on its way."

    number: int


class RefundTooHigh(Conflict):
    """More would go back than was taken and has not gone back. Amounts are minor units."""

    code = "orders.refund_too_high"
    says = "At most {most} {currency} in minor units can go back for order {number}; {asked} asked."

    number: int
    asked: int
    most: int
    currency: str


class BadRefund(Invalid):
    """An amount that cannot go back."""

    code = "orders.bad_refund"
    says = "{amount} cannot go back; an amount of 1 or more, in minor units, can."

    amount: int


class NothingToHandBack(Conflict):
    """The refund waits for nobody's hand."""

    code = "orders.nothing_to_hand_back"
    says = "Nothing of this is to be handed back: that is done, or its provider does it; read the order's refunds."


class UnknownTender(Invalid):
    """The payment is not the order's."""

    code = "orders.unknown_tender"
    says = "Order {number} has no payment {tender}."

    number: int
    tender: UUID


class TenderNamedTwice(Invalid):
    """A payment stands twice in the order in which they give back."""

    code = "orders.tender_named_twice"
    says = "Name each payment once, in the order in which they give back."


class PaymentNeeded(Conflict):
    """The order goes ahead on the strength of this payment."""

    code = "orders.payment_needed"
    says = "Order {number} needs this payment; cancel the order, or units of it, and what is not needed is let go."

    number: int

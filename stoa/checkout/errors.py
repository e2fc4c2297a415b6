"""Why an order was not placed. Nothing has changed where one of these is said."""

from uuid import UUID

from stoa.kernel.refusals import Conflict, Invalid, Unavailable


class QuoteChanged(Conflict):
    """The quote is not the cart's present one, has run out, or a price has moved."""

    code = "checkout.quote_changed"
    says = "The cart or a price has changed since this quote; ask for a new quote and look at it before buying."


class CheckoutIncomplete(Conflict):
    """Something is not filled in."""

    code = "checkout.incomplete"
    says = "Before buying, please give: {wanted}."

    wanted: str
    missing: list[str]


class OutOfStock(Conflict):
    """Fewer units are free than the order asks for."""

    code = "inventory.out_of_stock"
    says = "Only {free} left; {asked} asked."

    variant_id: UUID
    asked: int
    free: int


class TendersUnequal(Invalid):
    """The parts that were given do not make up what the order costs. Amounts are minor units."""

    code = "payments.tenders_unequal"
    says = "The order costs {total} in minor units; the payments' amounts must be above zero and add up to that."

    total: int


class CodeSpent(Conflict):
    """The discount code has been used as often as it may."""

    code = "checkout.code_spent"
    says = "The discount code has been used up; take it off the cart and look at the new total."


class BalanceShort(Conflict):
    """Less is left on it than the order would spend."""

    code = "checkout.balance_short"
    says = "Only {free} is left of it; {asked} asked."

    asked: int
    free: int


class KeyReused(Invalid):
    """The idempotency key stands for another request."""

    code = "idempotency.key_reused"
    says = "This Idempotency-Key was sent with another request; use a new key for a new request."


class UnknownPaymentMethod(Invalid):
    """The store does not take that."""

    code = "payments.unknown_method"
    says = "This shop does not take “{method}”; it takes: {offered}."

    method: str
    offered: str


class CheckoutUnavailable(Unavailable):
    """The order could not be written just now; asking again with the same key is safe."""

    code = "checkout.unavailable"
    says = "The order could not be placed just now; send the same request again, nothing is ordered twice."

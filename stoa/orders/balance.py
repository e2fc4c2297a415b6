"""What an order's money comes to: what is owed, which tenders that does not need, what its payment state is called."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from stoa.orders.models import Order
from stoa.orders.states import payment_state
from stoa.payments.attempts import is_outside
from stoa.payments.models import AttemptKind, Payment, PaymentAttempt, PaymentStatus

# What providers were asked and have not answered, by the payment.
Unsettled = Mapping[UUID, Sequence[PaymentAttempt]]

_OUTSTANDING = frozenset({PaymentStatus.PENDING, PaymentStatus.REQUIRES_ACTION, PaymentStatus.AUTHORIZED})


def owed(order: Order) -> int:
    """What is still to be paid, in minor units: of what was not taken back, what has neither come nor gone back."""
    return max(0, order.total - order.cancelled - order.paid - order.refunded)


def name_payment_state(order: Order, payments: Iterable[Payment]) -> None:
    """Let the order's state of payment say what its amounts and its locked payments come to."""
    order.payment_state = payment_state(
        total=order.total,
        cancelled=order.cancelled,
        authorized=sum(payment.authorized for payment in payments),
        paid=order.paid,
        refunded=order.refunded,
    )


def being_taken(unsettled: Unsettled) -> int:
    """What providers have been asked for and have not handed over yet, in minor units."""
    return sum(each.amount for some in unsettled.values() for each in some if each.kind == AttemptKind.CAPTURE)


def brings(payment: Payment, unsettled: Unsettled) -> int:
    """What of the order's price is still to come of this tender, in minor units, as far as anybody knows.

    Of what is being taken, that part; of what its provider is asked to let go, nothing; nor of a promise that lapsed.
    """
    asked = {AttemptKind(each.kind): each.amount for each in unsettled.get(payment.id, ())}
    if payment.status not in _OUTSTANDING or AttemptKind.VOID in asked:
        return 0
    if AttemptKind.CAPTURE in asked:
        return asked[AttemptKind.CAPTURE]
    if has_lapsed(payment, unsettled):
        return 0
    return payment.authorized or payment.amount


def has_lapsed(payment: Payment, unsettled: Unsettled) -> bool:
    """Whether a provider's part of an order that goes ahead is promised no more, and nobody is being asked for it."""
    is_asked = any(each.kind == AttemptKind.AUTHORIZE for each in unsettled.get(payment.id, ()))
    return is_outside(payment) and payment.status == PaymentStatus.PENDING and not is_asked


def unneeded(order: Order, payments: Sequence[Payment], unsettled: Unsettled) -> list[Payment]:
    """Outstanding tenders without which the others still bring what is owed: first those that bring nothing, then the
    newest. Of what is being taken or let go, the provider's answer is waited for.
    """
    asked = {
        payment.id
        for payment in payments
        for each in unsettled.get(payment.id, ())
        if each.kind in (AttemptKind.CAPTURE, AttemptKind.VOID)
    }
    left = sum(brings(payment, unsettled) for payment in payments)
    needed = owed(order)
    found = []
    newest_first = sorted(payments, key=lambda each: each.position, reverse=True)
    for payment in sorted(newest_first, key=lambda each: brings(each, unsettled) > 0):
        without = left - brings(payment, unsettled)
        if payment.status in _OUTSTANDING and payment.id not in asked and without >= needed:
            left = without
            found.append(payment)
    return found

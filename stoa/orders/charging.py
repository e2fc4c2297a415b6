"""The parts of an order's price that a provider is asked for: begun after placing, and begun anew after a failure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from stoa.db.transaction import Tx
from stoa.kernel.ids import child_id
from stoa.orders.balance import has_lapsed
from stoa.orders.errors import NothingToPay, PaymentPending, TooManyPayments
from stoa.orders.models import Order
from stoa.orders.moving import lock_order
from stoa.orders.settling import OVER
from stoa.orders.states import OrderState
from stoa.payments.attempts import all_unsettled, is_outside, open_attempt, payments_of
from stoa.payments.methods import Tender
from stoa.payments.models import AttemptKind, Payment, PaymentAttempt, PaymentStatus
from stoa.stores.models import Capture
from stoa.stores.settings import settings_of

# A shopper who mistypes needs a few; whoever tries stolen cards gets no more.
MOST_TENDERS = 12


@dataclass(frozen=True)
class CardGiven:
    """What a provider needs of a card, besides the amount: its token (none where its own form asks for the card),
    where the shopper comes back to, and whether the customer wants it kept."""

    token: str | None = None
    return_url: str | None = None
    keeps_card: bool = False

    def details(self) -> dict[str, Any]:
        """As an attempt keeps them: what was not said is left out."""
        said = {
            "token": self.token,
            "return_url": self.return_url,
            "keeps_card": self.keeps_card or None,
        }
        return {name: value for name, value in said.items() if value is not None}


async def begin_payments(tx: Tx, *, order_id: UUID, cards: Mapping[int, CardGiven]) -> list[UUID]:
    """Open an attempt for each tender of an order for which nobody has been asked yet; the attempts.

    `cards` are by the tenders' positions. An order that waits for nothing has nothing begun.

    Raises OrderNotFound.
    """
    order = await lock_order(tx, order_id)
    if order.state != OrderState.PENDING:
        return []
    payments = await payments_of(tx, order.id)
    waiting = [each for each in payments if each.status == PaymentStatus.PENDING and is_outside(each)]
    asked = set(
        await tx.scalars(
            select(PaymentAttempt.payment_id).where(PaymentAttempt.payment_id.in_([each.id for each in waiting]))
        )
    )
    alone = len(payments) == 1
    return [
        await _begin(tx, payment, cards.get(payment.position, CardGiven()), alone=alone)
        for payment in waiting
        if payment.id not in asked
    ]


async def pay_again(tx: Tx, *, order_id: UUID, tender: Tender, card: CardGiven) -> UUID:
    """A new tender in the place of those that failed, or that were promised and are so no more; its attempt.

    The hold of an order that still waits lasts long enough for the shopper to answer their bank: the store's time from
    now, as long as that is within twice that time from when the order was placed.

    Raises OrderNotFound, NothingToPay, PaymentPending, TooManyPayments.
    """
    order = await lock_order(tx, order_id)
    payments = await payments_of(tx, order.id)
    lapsed = await _lapsed(tx, order, payments)
    live = [each for each in payments if each.status not in OVER and each not in lapsed]
    missing = order.total - order.cancelled - sum(each.amount for each in live)
    if order.state == OrderState.CANCELLED or missing <= 0:
        if order.state != OrderState.CANCELLED and any(_is_asked(each) for each in live):
            raise PaymentPending(number=order.number)
        raise NothingToPay(number=order.number)
    if len(payments) >= MOST_TENDERS:
        raise TooManyPayments(number=order.number, most=MOST_TENDERS)
    position = max(each.position for each in payments) + 1
    payment = tx.add(
        Payment(
            id=child_id(order.id, position),
            order_id=order.id,
            position=position,
            method=tender.method,
            provider=tender.provider,
            status=PaymentStatus.PENDING,
            amount=missing,
            authorized=0,
            captured=0,
            refunded=0,
            refunding=0,
            currency=order.currency,
            created_at=tx.now,
        )
    )
    for each in lapsed:
        each.status = PaymentStatus.VOIDED
    await tx.flush()
    await _hold_longer(tx, order)
    return await _begin(tx, payment, card, alone=not live)


async def _lapsed(tx: Tx, order: Order, payments: Sequence[Payment]) -> list[Payment]:
    """Of an order that goes ahead, the tenders that it waits for again. Of one that waits, some may not be begun."""
    if order.state != OrderState.CONFIRMED:
        return []
    unsettled = await all_unsettled(tx, payments)
    return [each for each in payments if has_lapsed(each, unsettled)]


def _is_asked(payment: Payment) -> bool:
    return is_outside(payment) and payment.status in (PaymentStatus.PENDING, PaymentStatus.REQUIRES_ACTION)


async def _begin(tx: Tx, payment: Payment, card: CardGiven, *, alone: bool) -> UUID:
    """Where the whole price is one card's and the store takes its money at once, promise and taking are one step.

    Of several tenders none is taken before all are promised.
    """
    captures = alone and (await settings_of(tx)).card_capture == Capture.AUTOMATIC
    details = card.details() | ({"captures": True} if captures else {})
    attempt = await open_attempt(
        tx, payment=payment, kind=AttemptKind.AUTHORIZE, amount=payment.amount, details=details
    )
    return attempt.id


async def _hold_longer(tx: Tx, order: Order) -> None:
    time = timedelta(minutes=(await settings_of(tx)).hold_minutes)
    until = min(tx.now + time, order.placed_at + 2 * time)
    await tx.execute(_HOLD_LONGER, {"store": tx.store_id, "hold": child_id(order.id, 1), "until": until})


_HOLD_LONGER = text("""
UPDATE reservations SET expires_at = greatest(expires_at, :until)
WHERE store_id = :store AND id = :hold AND state = 'held'
""")

"""What a provider's answer means for the order: what it is called, whether it goes ahead, what goes back at once.

Everything here holds the order's lock. Who pays gets the order or the money back: money that comes for an order that
was cancelled, or for a tender that others have taken the place of, is asked back in the transaction that learns of it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from stoa.db.transaction import Tx
from stoa.orders.balance import being_taken, brings, name_payment_state, owed, unneeded
from stoa.orders.confirming import confirm_order, keep_stock
from stoa.orders.history import record
from stoa.orders.models import HistoryKind, Order, Refund
from stoa.orders.moving import lock_order
from stoa.orders.states import OrderState
from stoa.payments.attempts import Settled, all_unsettled, is_outside, open_attempt, payments_of, unsettled_of
from stoa.payments.attempts import settle as settle_attempt
from stoa.payments.errors import PaymentNotFound
from stoa.payments.methods import TERMS
from stoa.payments.models import AttemptKind, AttemptState, Payment, PaymentAttempt, PaymentStatus, ProviderName
from stoa.payments.provider import Card, Outcome
from stoa.payments.saved import keep_card
from stoa.stores.models import Capture, PaymentMethod
from stoa.stores.settings import settings_of

# Tenders that count towards the order's price no more.
OVER = (PaymentStatus.FAILED, PaymentStatus.VOIDED)

# What else is settled of an order that is no longer open, a refund above all, brings nothing that has to go back: staff
# may keep some, and what a provider refused to give back is not asked for again and again.
_BRINGS = (AttemptKind.AUTHORIZE, AttemptKind.CAPTURE)

DONE = Outcome(state=AttemptState.SUCCEEDED)


async def settle(
    tx: Tx, attempt_id: UUID, outcome: Outcome, *, note: str = "", made_at: datetime | None = None
) -> PaymentAttempt:
    """Settle an attempt, and do with its order what follows. Settling again what is settled changes nothing.

    `made_at` is when the provider made a message of it, where it is one.

    Raises PaymentNotFound.
    """
    attempt = await tx.get(PaymentAttempt, attempt_id)
    if attempt is None:
        raise PaymentNotFound()
    order = await lock_order(tx, attempt.order_id)
    settled = await settle_attempt(tx, attempt_id, outcome, made_at=made_at)
    if settled is not None:
        await _follow(tx, order, settled, note, outcome.card)
    elif attempt.kind == AttemptKind.AUTHORIZE and attempt.state == AttemptState.WAITING:
        await _stop_waiting(tx, order, attempt)
    return attempt


async def ask(
    tx: Tx,
    payment: Payment,
    kind: AttemptKind,
    amount: int,
    *,
    refund_id: UUID | None = None,
    details: Mapping[str, Any] | None = None,
    note: str = "",
    handed_back: bool = False,
) -> PaymentAttempt:
    """Want something done with the money of a locked order. Where nobody outside holds it, it is done with that; but
    what came by hand goes back by hand: that waits for staff, unless they say that it is `handed_back`.

    `amount` is minor units. Raises what `open_attempt` raises.
    """
    attempt = await open_attempt(tx, payment=payment, kind=kind, amount=amount, refund_id=refund_id, details=details)
    if kind == AttemptKind.REFUND and payment.provider == ProviderName.MANUAL and not handed_back:
        attempt.state = AttemptState.WAITING
        await tx.flush()
    elif not is_outside(payment):
        await settle(tx, attempt.id, DONE, note=note)
    return attempt


async def let_go(tx: Tx, payment: Payment) -> PaymentAttempt | None:
    """Let go of a tender whose money has not been taken; the attempt, where its provider has to be asked.

    Where the provider has not answered yet whether it promises the money, its answer is waited for, and then what it
    promised is let go (or what it took goes back), since the order is cancelled by then.
    """
    unsettled = await unsettled_of(tx, payment)
    if payment.authorized > 0 or any(each.state == AttemptState.WAITING for each in unsettled):
        if any(each.kind in (AttemptKind.CAPTURE, AttemptKind.VOID) for each in unsettled):
            return None
        return await ask(tx, payment, AttemptKind.VOID, payment.authorized or payment.amount)
    if not unsettled and payment.captured == 0 and payment.status not in OVER:
        payment.status = PaymentStatus.VOIDED
    await tx.flush()
    return None


async def call_by_its_money(tx: Tx, order: Order) -> Sequence[Payment]:
    """Count what came and went for a locked order and give its payment state the name of that; its payments."""
    payments = await payments_of(tx, order.id)
    order.paid = sum(each.captured - each.refunded for each in payments)
    order.refunded = sum(each.refunded for each in payments)
    name_payment_state(order, payments)
    await tx.flush()
    return payments


async def _follow(tx: Tx, order: Order, settled: Settled, note: str, card: Card | None) -> None:
    payment = settled.payment
    if settled.attempt.kind == AttemptKind.AUTHORIZE and settled.attempt.state == AttemptState.SUCCEEDED:
        await _make_room(tx, order, payment)
        if card is not None and order.customer_id is not None and settled.attempt.details.get("keeps_card"):
            await keep_card(tx, customer_id=order.customer_id, provider=payment.provider, card=card)
    if order.state == OrderState.CONFIRMED and payment.status in OVER and await _is_missed(tx, order, settled):
        # The order goes ahead, and waits for this money again.
        payment.status = PaymentStatus.PENDING
        await tx.flush()
    payments = await call_by_its_money(tx, order)
    told = _tells(settled)
    if told is not None:
        record(tx, order, told, note=note or settled.attempt.reason or "", payment_id=str(payment.id))
        await tx.flush()
    if settled.attempt.kind in _BRINGS:
        await _return(tx, order, payment, payments)
    if order.state == OrderState.CANCELLED or payment.status in OVER:
        return
    if settled.attempt.kind in _BRINGS:
        for each in unneeded(order, payments, await all_unsettled(tx, payments)):
            await let_go(tx, each)
    if order.state == OrderState.PENDING:
        await go_ahead_if_paid(tx, order, payments)
    else:
        await _take_what_is_promised(tx, order, payments)


async def _stop_waiting(tx: Tx, order: Order, attempt: PaymentAttempt) -> None:
    """No shopper of a cancelled order is waited for; nor, for longer than stock is held, one of an order that goes
    ahead: they may pay by another card. A provider that does not let go is not asked again and again."""
    if order.state == OrderState.PENDING:
        return
    patience = timedelta(minutes=(await settings_of(tx)).hold_minutes)
    if order.state == OrderState.CONFIRMED and tx.now < attempt.opened_at + patience:
        return
    let_go_before = select(PaymentAttempt.id).where(
        PaymentAttempt.payment_id == attempt.payment_id, PaymentAttempt.kind == AttemptKind.VOID
    )
    if not await tx.scalars(let_go_before):
        [payment] = [each for each in await payments_of(tx, order.id) if each.id == attempt.payment_id]
        await let_go(tx, payment)


async def _is_missed(tx: Tx, order: Order, settled: Settled) -> bool:
    """Whether the provider refuses, takes back or lets go what it promised, as cards' promises end after some days; and
    the other tenders do not bring what is owed."""
    gone = AttemptState.FAILED if settled.attempt.kind == AttemptKind.AUTHORIZE else AttemptState.SUCCEEDED
    if settled.attempt.kind not in (AttemptKind.AUTHORIZE, AttemptKind.VOID) or settled.attempt.state != gone:
        return False
    others = [each for each in await payments_of(tx, order.id) if each.id != settled.payment.id]
    unsettled = await all_unsettled(tx, others)
    return sum(brings(each, unsettled) for each in others) < owed(order)


def _tells(settled: Settled) -> HistoryKind | None:
    """What the history says of it; nothing where nothing came or went."""
    kind, done = AttemptKind(settled.attempt.kind), settled.attempt.state == AttemptState.SUCCEEDED
    match kind:
        case AttemptKind.AUTHORIZE if not done:
            return HistoryKind.PAYMENT_FAILED if settled.was != AttemptState.SUCCEEDED else HistoryKind.VOIDED
        case AttemptKind.AUTHORIZE:
            return HistoryKind.PAID if settled.payment.captured else HistoryKind.AUTHORIZED
        case AttemptKind.CAPTURE:
            return HistoryKind.PAID if done else HistoryKind.PAYMENT_FAILED
        case AttemptKind.VOID:
            return HistoryKind.VOIDED if done else None
        case AttemptKind.REFUND if done:
            return HistoryKind.REFUNDED
        case AttemptKind.REFUND:
            # Given back, and come back to us: the order's money is another again.
            return HistoryKind.PAYMENT_FAILED if settled.was == AttemptState.SUCCEEDED else None


async def _make_room(tx: Tx, order: Order, payment: Payment) -> None:
    """A tender that was given up and comes about after all counts only while none has taken its place."""
    others = sum(
        each.amount for each in await payments_of(tx, order.id) if each.status not in OVER and each.id != payment.id
    )
    if order.state != OrderState.CANCELLED and others + payment.amount > order.total:
        payment.status = PaymentStatus.VOIDED
        await tx.flush()


async def _return(tx: Tx, order: Order, payment: Payment, payments: Sequence[Payment]) -> None:
    """Ask back at once what came for nothing (law 6); let go of what was promised for nothing.

    Of an order that is open, that is what came while units were taken back: above what it still costs. What staff had
    of it before, and kept, stays. What the provider refused to give back is for staff: asking for ever would not help.
    """
    is_open = order.state != OrderState.CANCELLED and payment.status not in OVER
    surplus = _held(payment)
    if payment.status not in OVER:
        counted = sum(_held(each) for each in payments if each.status not in OVER)
        surplus = min(surplus, max(0, counted - (order.total - order.cancelled)))
    if surplus > 0:
        refund = tx.add(
            Refund(
                order_id=order.id, amount=surplus, currency=order.currency,
                note=f"The money came when {'it was no longer needed' if is_open else 'the order was no longer open'}.",
                actor=str(tx.actor), created_at=tx.now,
            )
        )  # fmt: skip
        await tx.flush()
        await ask(tx, payment, AttemptKind.REFUND, surplus, refund_id=refund.id)
        return
    unsettled = {AttemptKind(each.kind) for each in await unsettled_of(tx, payment)}
    if not is_open and payment.authorized > 0 and not unsettled & {AttemptKind.CAPTURE, AttemptKind.VOID}:
        await ask(tx, payment, AttemptKind.VOID, payment.authorized)


def _held(payment: Payment) -> int:
    return payment.captured - payment.refunded - payment.refunding


async def go_ahead_if_paid(tx: Tx, order: Order, payments: Sequence[Payment]) -> None:
    """A locked order that waits keeps its stock once its providers have promised or taken their parts, and is
    confirmed once nothing else is waited for either. What is being let go does not count: its provider may do it yet.
    """
    live = [each for each in payments if each.status not in OVER]
    if sum(each.amount for each in live) < order.total - order.cancelled:
        return
    if await tx.scalars(
        select(PaymentAttempt.id).where(
            PaymentAttempt.payment_id.in_([each.id for each in live]),
            PaymentAttempt.kind == AttemptKind.VOID,
            PaymentAttempt.settled_at.is_(None),
        )
    ):
        return
    if not all(_is_good(each) for each in live if is_outside(each)):
        return
    if all(_is_good(each) or TERMS[PaymentMethod(each.method)].confirmed for each in live):
        await confirm_order(tx, order)
    else:
        await keep_stock(tx, order)
    await _take_what_is_promised(tx, order, payments)


def _is_good(payment: Payment) -> bool:
    return payment.status in (PaymentStatus.AUTHORIZED, PaymentStatus.CAPTURED)


async def _take_what_is_promised(tx: Tx, order: Order, payments: Sequence[Payment]) -> None:
    """Where the store takes its money at once, ask for what is promised and still owed.

    What a provider has refused to hand over is for staff: asking for ever would not help.
    """
    promised = [each for each in payments if each.status == PaymentStatus.AUTHORIZED and each.authorized > 0]
    if not promised or (await settings_of(tx)).card_capture != Capture.AUTOMATIC:
        return
    unsettled = await all_unsettled(tx, payments)
    left = owed(order) - being_taken(unsettled)
    refused = await tx.scalars(
        select(PaymentAttempt.payment_id).where(
            PaymentAttempt.payment_id.in_([each.id for each in promised]),
            PaymentAttempt.kind == AttemptKind.CAPTURE,
            PaymentAttempt.state == AttemptState.FAILED,
        )
    )
    for payment in promised:
        asked = {each.kind for each in unsettled.get(payment.id, ())}
        part = min(payment.authorized, left)
        if part <= 0 or payment.id in refused or asked & {AttemptKind.CAPTURE, AttemptKind.VOID}:
            continue
        await ask(tx, payment, AttemptKind.CAPTURE, part)
        left -= part

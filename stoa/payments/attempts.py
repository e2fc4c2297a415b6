"""Asking a provider, as rows: an attempt is opened and committed before anyone is asked, and settled with the answer.

Whoever calls holds the order's lock, so that no two decide about one order's money at once (`orders.settling`).
What is asked twice is answered twice and settled once: settling what is settled changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select

from stoa.db.children import is_child
from stoa.db.transaction import Tx
from stoa.payments.errors import (
    AlreadyAsked,
    MoreThanPromised,
    MoreThanTaken,
    NothingToCapture,
    NothingToVoid,
    PaymentNotFound,
)
from stoa.payments.methods import TERMS
from stoa.payments.models import AttemptKind, AttemptState, Payment, PaymentAttempt, PaymentStatus
from stoa.payments.provider import Outcome
from stoa.stores.models import PaymentMethod

OPENED = "payment.attempt_opened"

UNSETTLED = (AttemptState.OPEN, AttemptState.WAITING)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Settled:
    """An attempt that has just got its last word, or another one than it had (`was` is what it had before)."""

    payment: Payment
    attempt: PaymentAttempt
    was: AttemptState


async def payments_of(tx: Tx, order_id: UUID) -> Sequence[Payment]:
    """The order's payments as they are now, locked, the first tender first."""
    return await tx.scalars(
        select(Payment)
        .where(is_child(Payment, order_id))
        .order_by(Payment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


async def unsettled_of(tx: Tx, payment: Payment) -> Sequence[PaymentAttempt]:
    """What the provider of this payment has been asked and has not answered for good, oldest first."""
    return await tx.scalars(
        select(PaymentAttempt)
        .where(PaymentAttempt.payment_id == payment.id, PaymentAttempt.settled_at.is_(None))
        .order_by(PaymentAttempt.id)
    )


async def all_unsettled(tx: Tx, payments: Sequence[Payment]) -> dict[UUID, list[PaymentAttempt]]:
    """The same of several payments, by the payment; those of which nothing is waited for are not in it."""
    found: dict[UUID, list[PaymentAttempt]] = {}
    for each in await tx.scalars(
        select(PaymentAttempt)
        .where(PaymentAttempt.payment_id.in_([each.id for each in payments]), PaymentAttempt.settled_at.is_(None))
        .order_by(PaymentAttempt.id)
    ):
        found.setdefault(each.payment_id, []).append(each)
    return found


async def open_attempt(
    tx: Tx,
    *,
    payment: Payment,
    kind: AttemptKind,
    amount: int,
    details: Mapping[str, Any] | None = None,
    refund_id: UUID | None = None,
) -> PaymentAttempt:
    """Write down that the provider of a locked payment is about to be asked; an event has it asked after the commit.

    `amount` is minor units. What is being given back counts as given from here on. Where nobody outside is to be asked,
    whoever opens it settles it in the same transaction.

    Raises AlreadyAsked, NothingToCapture, MoreThanPromised, NothingToVoid, MoreThanTaken.
    """
    assert amount > 0, "nothing is asked about no money"
    unsettled = {AttemptKind(each.kind) for each in await unsettled_of(tx, payment)}
    _check(payment, kind, amount, unsettled)
    if kind == AttemptKind.REFUND:
        payment.refunding += amount
    attempt = tx.add(
        PaymentAttempt(
            payment_id=payment.id,
            order_id=payment.order_id,
            kind=kind,
            amount=amount,
            state=AttemptState.OPEN,
            details=dict(details or {}),
            next_action={},
            refund_id=refund_id,
            actor=str(tx.actor),
            opened_at=tx.now,
        )
    )
    if is_outside(payment):
        tx.emit(OPENED, attempt.id)
    await tx.flush()
    return attempt


def _check(payment: Payment, kind: AttemptKind, amount: int, unsettled: set[AttemptKind]) -> None:
    match kind:
        case AttemptKind.AUTHORIZE:
            if unsettled:
                raise AlreadyAsked()
            assert payment.status == PaymentStatus.PENDING, "a tender is authorised once"
            assert amount == payment.amount, "a tender is authorised as a whole"
        case AttemptKind.CAPTURE:
            if unsettled & {AttemptKind.CAPTURE, AttemptKind.VOID}:
                raise AlreadyAsked()
            most = _takeable(payment)
            if most == 0:
                raise NothingToCapture(standing=payment.status, authorized=payment.authorized)
            if amount > most:
                raise MoreThanPromised(most=most, amount=amount, currency=payment.currency)
        case AttemptKind.VOID:
            if unsettled & {AttemptKind.CAPTURE, AttemptKind.VOID}:
                raise AlreadyAsked()
            if payment.authorized == 0 and AttemptKind.AUTHORIZE not in unsettled:
                raise NothingToVoid(standing=payment.status)
        case AttemptKind.REFUND:
            most = payment.captured - payment.refunded - payment.refunding
            if amount > most:
                raise MoreThanTaken(payment_id=payment.id, most=most, amount=amount, currency=payment.currency)


def is_outside(payment: Payment) -> bool:
    """Whether a provider holds this money; of all else, staff write down what they saw."""
    return TERMS[PaymentMethod(payment.method)].asks


def _takeable(payment: Payment) -> int:
    """What may be taken: what is promised, or what staff wait to see come in."""
    waits = payment.status == PaymentStatus.PENDING and not is_outside(payment)
    return payment.amount if waits else payment.authorized


async def settle(tx: Tx, attempt_id: UUID, outcome: Outcome, *, made_at: datetime | None = None) -> Settled | None:
    """Write down what became of an attempt, and what it means for its payment; None where that was known already.

    The provider's later word counts: what it called failed and then did, it did. What we heard of as done and then hear
    of as waiting is only late; so is what it called failed (`made_at` is when) before we knew it as promised.

    Raises PaymentNotFound.
    """
    attempt = await tx.one_or_none(
        select(PaymentAttempt)
        .where(PaymentAttempt.id == attempt_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if attempt is None:
        raise PaymentNotFound()
    [payment] = [each for each in await payments_of(tx, attempt.order_id) if each.id == attempt.payment_id]
    was = AttemptState(attempt.state)
    payment.reference = payment.reference or outcome.payment_reference
    attempt.reference = attempt.reference or outcome.reference
    if outcome.state == AttemptState.WAITING:
        if attempt.settled_at is None:
            _wait(attempt, payment, outcome)
            await tx.flush()
        return None
    if outcome.state == was and not _was_taken_since(payment, attempt, outcome):
        return None
    if made_at is not None and _was_promised_since(attempt, outcome, made_at):
        log.info("provider_tells_late", attempt_id=str(attempt.id))
        return None
    if not _apply(payment, attempt, outcome, tx):
        return None
    attempt.state = outcome.state
    attempt.settled_at = tx.now
    attempt.next_action = {}
    attempt.reason_code, attempt.reason = outcome.reason_code, outcome.reason
    if attempt.kind == AttemptKind.VOID and outcome.state == AttemptState.SUCCEEDED:
        await _close_authorisation(tx, payment)
    await tx.flush()
    return Settled(payment, attempt, was)


def _wait(attempt: PaymentAttempt, payment: Payment, outcome: Outcome) -> None:
    attempt.state = AttemptState.WAITING
    attempt.next_action = dict(outcome.next_action)
    if attempt.kind == AttemptKind.AUTHORIZE:
        payment.status = PaymentStatus.REQUIRES_ACTION if outcome.next_action else PaymentStatus.PENDING


def _was_taken_since(payment: Payment, attempt: PaymentAttempt, outcome: Outcome) -> bool:
    """Whether money that we know as promised is now told to be taken, though we asked nobody to."""
    return (
        attempt.kind == AttemptKind.AUTHORIZE
        and outcome.state == AttemptState.SUCCEEDED
        and outcome.captured
        and payment.authorized > 0
    )


def _was_promised_since(attempt: PaymentAttempt, outcome: Outcome, made_at: datetime) -> bool:
    """Whether this is an old refusal of what was promised afterwards, that was long on its way."""
    return (
        attempt.kind == AttemptKind.AUTHORIZE
        and attempt.state == AttemptState.SUCCEEDED
        and outcome.state == AttemptState.FAILED
        and attempt.settled_at is not None
        and made_at < attempt.settled_at
    )


def _apply(payment: Payment, attempt: PaymentAttempt, outcome: Outcome, tx: Tx) -> bool:
    """Move the payment's amounts; whether that could be done."""
    done = outcome.state == AttemptState.SUCCEEDED
    was_done = attempt.state == AttemptState.SUCCEEDED
    amount = min(outcome.amount or attempt.amount, attempt.amount)
    match AttemptKind(attempt.kind), done:
        case AttemptKind.AUTHORIZE, True:
            _promise(payment, attempt, amount, captured=outcome.captured, tx=tx)
        case AttemptKind.AUTHORIZE, False:
            if was_done and payment.authorized == 0:
                # What we let go, they call failed too.
                if payment.captured > 0:
                    log.error("provider_takes_back_its_word", attempt_id=str(attempt.id))
                return False
            payment.authorized = 0
            payment.status = PaymentStatus.VOIDED if was_done else PaymentStatus.FAILED
            payment.failure_code, payment.failure_reason = outcome.reason_code, outcome.reason
        case AttemptKind.CAPTURE, True:
            _take(payment, amount, tx)
        case AttemptKind.VOID, True:
            payment.authorized = 0
            payment.status = PaymentStatus.CAPTURED if payment.captured else PaymentStatus.VOIDED
        case AttemptKind.REFUND, _:
            return _give_back(payment, attempt, done=done, was_done=was_done)
        case AttemptKind.CAPTURE | AttemptKind.VOID, False:
            if was_done:
                log.error("provider_takes_back_its_word", attempt_id=str(attempt.id))
                return False
    if done and attempt.kind in (AttemptKind.CAPTURE, AttemptKind.AUTHORIZE):
        attempt.amount = amount
    return True


def _promise(payment: Payment, attempt: PaymentAttempt, amount: int, *, captured: bool, tx: Tx) -> None:
    payment.failure_code = payment.failure_reason = None
    if captured:
        attempt.details = {**attempt.details, "captured": amount}
        _take(payment, amount, tx)
    else:
        payment.authorized = amount
        payment.status = PaymentStatus.AUTHORIZED


def _take(payment: Payment, amount: int, tx: Tx) -> None:
    payment.captured += amount
    payment.authorized = 0
    payment.captured_at = tx.now
    payment.status = PaymentStatus.CAPTURED


def _give_back(payment: Payment, attempt: PaymentAttempt, *, done: bool, was_done: bool) -> bool:
    if attempt.settled_at is None:
        payment.refunding -= attempt.amount
    elif was_done:
        payment.refunded -= attempt.amount
    elif payment.captured - payment.refunded - payment.refunding < attempt.amount:
        # It was called failed, was tried again, and then both came about: the books of both sides are to be compared.
        log.error("refunded_more_than_taken", attempt_id=str(attempt.id))
        return False
    if done:
        payment.refunded += attempt.amount
    return True


async def _close_authorisation(tx: Tx, payment: Payment) -> None:
    """What was let go needs no answer any more."""
    for attempt in await unsettled_of(tx, payment):
        if attempt.kind == AttemptKind.AUTHORIZE:
            attempt.state = AttemptState.FAILED
            attempt.settled_at = tx.now
            attempt.next_action = {}
            attempt.reason_code, attempt.reason = "voided", "The payment was let go before it came about."
            payment.failure_code, payment.failure_reason = attempt.reason_code, attempt.reason

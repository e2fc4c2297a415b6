"""What providers tell unasked: each message is kept once and acted upon in the same transaction, or not at all."""

from enum import StrEnum
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from stoa.db.transaction import SYSTEM, Database, Tx
from stoa.kernel.clock import Clock
from stoa.orders.settling import settle
from stoa.payments.models import AttemptKind, AttemptState, Payment, PaymentAttempt, ProviderMessage
from stoa.payments.provider import Notification, Outcome

log = structlog.get_logger(__name__)


class Received(StrEnum):
    """What came of a message."""

    HEEDED = "heeded"
    SEEN_BEFORE = "seen_before"
    OF_NO_MATTER = "of_no_matter"
    UNKNOWN = "unknown"


async def receive(
    database: Database, store_id: UUID, provider: str, told: Notification, *, clock: Clock | None = None
) -> Received:
    """Take in a message whose signature was verified. One that was taken in before changes nothing.

    What it tells of that is not ours (another program's payment on the same account) is kept and logged.
    """
    async with database.store(store_id, actor=SYSTEM, clock=clock) as tx:
        if not await _is_new(tx, provider, told):
            return Received.SEEN_BEFORE
        if told.outcome is None:
            return Received.OF_NO_MATTER
        attempt = await _attempt(tx, provider, told)
        if attempt is None:
            log.warning("payment_unknown", provider=provider, kind=told.kind, reference=told.payment_reference)
            return Received.UNKNOWN
        await settle(tx, attempt.id, _about(attempt, told.outcome), made_at=told.made_at)
    return Received.HEEDED


def _about(attempt: PaymentAttempt, outcome: Outcome) -> Outcome:
    """What a word about the payment says of an attempt to let it go: that this succeeded, where the payment failed."""
    if attempt.kind == AttemptKind.VOID and outcome.state == AttemptState.FAILED:
        return Outcome(state=AttemptState.SUCCEEDED, reference=outcome.reference)
    return outcome


async def _is_new(tx: Tx, provider: str, told: Notification) -> bool:
    """Write the message down; whether it was not there. Who brings the same at the same time waits here for us."""
    written = await tx.execute(
        insert(ProviderMessage)
        .values(
            store_id=tx.store_id,
            id=tx.new_id(),
            provider=provider,
            message_id=told.message_id,
            kind=told.kind,
            received_at=tx.now,
        )
        .on_conflict_do_nothing(index_elements=["store_id", "provider", "message_id"])
        .returning(ProviderMessage.id)
    )
    return written.scalar_one_or_none() is not None


async def _attempt(tx: Tx, provider: str, told: Notification) -> PaymentAttempt | None:
    """The attempt it tells about."""
    if told.attempt_id is not None:
        attempt = await tx.get(PaymentAttempt, told.attempt_id)
        payment = await tx.get(Payment, attempt.payment_id) if attempt else None
    else:
        payment = await _payment(tx, provider, told.payment_reference)
        attempt = await _latest(tx, payment, told.attempt_kind) if payment else None
    if payment is None or attempt is None or payment.provider != provider:
        return None
    if attempt.kind == AttemptKind.AUTHORIZE and told.outcome is not None:
        # Taken, or let go: by our own asking, where that has not been answered yet.
        if told.outcome.captured:
            return await _unsettled(tx, payment, AttemptKind.CAPTURE) or attempt
        if told.outcome.state == AttemptState.FAILED:
            return await _unsettled(tx, payment, AttemptKind.VOID) or attempt
    return attempt


async def _payment(tx: Tx, provider: str, reference: str | None) -> Payment | None:
    if reference is None:
        return None
    return await tx.one_or_none(select(Payment).where(Payment.provider == provider, Payment.reference == reference))


async def _latest(tx: Tx, payment: Payment, kind: AttemptKind | None) -> PaymentAttempt | None:
    of_kind = PaymentAttempt.kind == (kind or AttemptKind.AUTHORIZE)
    found = await tx.scalars(
        select(PaymentAttempt)
        .where(PaymentAttempt.payment_id == payment.id, of_kind)
        .order_by(PaymentAttempt.id.desc())
        .limit(1)
    )
    return found[0] if found else None


async def _unsettled(tx: Tx, payment: Payment, kind: AttemptKind) -> PaymentAttempt | None:
    return await tx.one_or_none(
        select(PaymentAttempt).where(
            PaymentAttempt.payment_id == payment.id,
            PaymentAttempt.kind == kind,
            PaymentAttempt.state.in_((AttemptState.OPEN, AttemptState.WAITING)),
        )
    )

"""Asking the provider about one attempt, with no lock held and no transaction open."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import structlog

from stoa.db.transaction import Tx
from stoa.payments.accounts import account_of
from stoa.payments.methods import TERMS
from stoa.payments.models import AttemptKind, AttemptState, Payment, PaymentAttempt
from stoa.payments.provider import Account, Ask, Outcome, Provider, ProviderUnreachable
from stoa.stores.models import PaymentMethod

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Question:
    """What is to be asked, of whom, since when."""

    ask: Ask
    account: Account


async def question(tx: Tx, attempt_id: UUID, *, secret_key: bytes) -> Question | None:
    """What an attempt asks; None where it has its answer, is for staff to see to, or is not there.

    Raises NoAccount.
    """
    attempt = await tx.get(PaymentAttempt, attempt_id)
    if attempt is None or attempt.settled_at is not None:
        return None
    payment = await tx.get(Payment, attempt.payment_id)
    assert payment is not None, "a foreign key holds it"
    if not TERMS[PaymentMethod(payment.method)].asks:
        return None
    ask = Ask(
        attempt_id=attempt.id,
        kind=AttemptKind(attempt.kind),
        amount=attempt.amount,
        currency=payment.currency,
        payment_id=payment.id,
        order_id=payment.order_id,
        opened_at=attempt.opened_at,
        payment_reference=payment.reference,
        reference=attempt.reference,
        token=attempt.details.get("token"),
        return_url=attempt.details.get("return_url"),
        captures=attempt.details.get("captures", False),
        keeps_card=attempt.details.get("keeps_card", False),
    )
    account = await account_of(tx, provider=payment.provider, secret_key=secret_key)
    return Question(ask, account)


async def answer(
    provider: Provider, ask: Ask, *, seconds: float, again: bool, only_look: bool = False
) -> Outcome | None:
    """What the provider says within so many seconds.

    `again`: it may have been asked before, so it is asked first what became of that. `only_look`: it is not asked to do
    anything, and None says that it never heard of the attempt.

    Raises ProviderUnreachable, also where the time is over.
    """
    try:
        async with asyncio.timeout(seconds):
            if again or only_look:
                found = await provider.find(ask)
                if found is not None or only_look:
                    return found
            return await _act(provider, ask)
    except TimeoutError as error:
        raise ProviderUnreachable(f"no answer within {seconds} s") from error
    except ProviderUnreachable:
        raise
    except Exception as error:  # an adapter's fault: what became of the attempt, nobody knows
        log.exception("provider_adapter_failed", attempt_id=str(ask.attempt_id))
        raise ProviderUnreachable(f"the adapter failed: {type(error).__name__}") from error


async def _act(provider: Provider, ask: Ask) -> Outcome:
    match ask.kind:
        case AttemptKind.AUTHORIZE:
            return await provider.authorise(ask)
        case AttemptKind.CAPTURE:
            return await provider.capture(ask)
        case AttemptKind.VOID:
            return await provider.void(ask)
        case AttemptKind.REFUND:
            return await provider.refund(ask)


NEVER_HEARD = Outcome(
    state=AttemptState.FAILED, reason_code="never_heard", reason="The provider never heard of it, and it was given up."
)

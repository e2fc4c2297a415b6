"""Staff give up what was asked about money and never ends: only where none of it can be under way."""

from uuid import UUID

from stoa.db.transaction import Actor, Database, Tx
from stoa.kernel.clock import Clock
from stoa.kernel.text import LINE, clean
from stoa.orders.attempting import SECONDS, SURELY_LOST
from stoa.orders.moving import lock_order
from stoa.orders.settling import settle
from stoa.payments.asking import Question, answer, question
from stoa.payments.attempts import is_outside
from stoa.payments.errors import AttemptNotFound, AttemptSettled, MoneyUnderWay, NoAccount, ProviderSilent
from stoa.payments.models import AttemptState, Payment, PaymentAttempt
from stoa.payments.provider import Outcome, ProviderUnreachable
from stoa.payments.providers import Providers


async def give_up(
    database: Database,
    providers: Providers,
    store_id: UUID,
    *,
    order_id: UUID,
    attempt_id: UUID,
    actor: Actor,
    note: str = "",
    looked: bool = False,
    clock: Clock | None = None,
) -> PaymentAttempt:
    """Call an attempt failed that has no answer; `note` says why. Its provider is asked first: what it knows counts.

    `looked`: staff looked for it on the provider's own pages and found nothing; that counts where it does not answer.
    What is to go back by hand is given up without asking anybody: the money stays.

    Raises OrderNotFound, AttemptNotFound, AttemptSettled, MoneyUnderWay, ProviderSilent, and what `clean` raises.
    """
    clock = clock or database.clock
    said = clean("note", note, LINE)
    async with database.store(store_id, actor=actor, clock=clock) as tx:
        attempt, payment = await _unsettled(tx, order_id, attempt_id)
        if is_outside(payment) and tx.now < attempt.opened_at + SURELY_LOST:
            raise MoneyUnderWay()
        try:
            asked = await question(tx, attempt_id, secret_key=providers.secret_key)
        except NoAccount:
            asked = None
    outcome = await _told(providers, asked, looked=looked, provider=payment.provider) if is_outside(payment) else None
    if outcome is not None and outcome.state == AttemptState.WAITING:
        raise MoneyUnderWay()
    given_up = Outcome(state=AttemptState.FAILED, reason_code="given_up", reason=said or "The shop gave it up.")
    async with database.store(store_id, actor=actor, clock=clock) as tx:
        # Meanwhile its answer may have come.
        await _unsettled(tx, order_id, attempt_id)
        return await settle(tx, attempt_id, outcome or given_up)


async def _told(providers: Providers, asked: Question | None, *, looked: bool, provider: str) -> Outcome | None:
    """What the provider says became of it; None where it never heard of it, or staff have seen that it did not."""
    try:
        if asked is None:
            raise ProviderUnreachable("there is no account to ask with")
        return await answer(providers.of(asked.account), asked.ask, seconds=SECONDS, again=True, only_look=True)
    except ProviderUnreachable:
        if looked:
            return None
        raise ProviderSilent(provider=provider) from None


async def _unsettled(tx: Tx, order_id: UUID, attempt_id: UUID) -> tuple[PaymentAttempt, Payment]:
    """The attempt, of an order that is locked from here on, and its payment."""
    order = await lock_order(tx, order_id)
    attempt = await tx.get(PaymentAttempt, attempt_id)
    if attempt is None or attempt.order_id != order.id:
        raise AttemptNotFound()
    if attempt.settled_at is not None:
        raise AttemptSettled(state=attempt.state)
    payment = await tx.get(Payment, attempt.payment_id)
    assert payment is not None, "a foreign key holds it"
    return attempt, payment

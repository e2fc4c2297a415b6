"""One attempt from beginning to end: read, ask with nothing locked, settle. Whoever comes first does it.

Two who ask at once are harmless: the attempt's id is the provider's idempotency key, and settling is done once.
"""

from datetime import timedelta
from uuid import UUID

import structlog

from stoa.db.transaction import SYSTEM, Database
from stoa.kernel.clock import Clock
from stoa.orders.models import Order
from stoa.orders.settling import settle
from stoa.orders.states import OrderState
from stoa.payments.asking import NEVER_HEARD, Question, answer, question
from stoa.payments.models import AttemptKind, AttemptState, PaymentAttempt
from stoa.payments.provider import Outcome, ProviderUnreachable
from stoa.payments.providers import Providers

# A provider is given so long: less than a shopper's patience where one waits, more where nobody does.
SECONDS = 20.0

# A request that a provider has not heard of by then is not on its way any more.
SURELY_LOST = timedelta(minutes=10)

log = structlog.get_logger(__name__)


async def talk(
    database: Database,
    providers: Providers,
    store_id: UUID,
    attempt_id: UUID,
    *,
    again: bool = False,
    seconds: float = SECONDS,
    clock: Clock | None = None,
) -> AttemptState | None:
    """Ask the provider about an attempt and settle it; what it is then, None where it had its answer before.

    `again`: it may have been asked before; then it is asked first what became of that.

    Raises ProviderUnreachable where nobody knows: the attempt stays open, and asking again is right. Raises NoAccount.
    """
    clock = clock or database.clock
    async with database.store(store_id, clock=clock) as tx:
        asked = await question(tx, attempt_id, secret_key=providers.secret_key)
        if asked is None:
            return None
        order = await tx.get(Order, asked.ask.order_id)
        assert order is not None, "a payment has its order"
        # An order that was given up meanwhile is not charged; if it was charged already, that has to be known.
        is_over = order.state == OrderState.CANCELLED and asked.ask.kind == AttemptKind.AUTHORIZE
    outcome = await answer(
        providers.of(asked.account), asked.ask, seconds=seconds, again=again, only_look=is_over
    ) or _unheard(asked, clock)
    async with database.store(store_id, actor=SYSTEM, clock=clock) as tx:
        attempt: PaymentAttempt = await settle(tx, attempt_id, outcome)
    return AttemptState(attempt.state)


def _unheard(asked: Question, clock: Clock) -> Outcome:
    if clock() < asked.ask.opened_at + SURELY_LOST:
        raise ProviderUnreachable("the provider has not heard of it so far")
    log.warning("attempt_never_heard", attempt_id=str(asked.ask.attempt_id))
    return NEVER_HEARD

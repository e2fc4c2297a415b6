"""Jobs of orders: providers are asked, and orders whose money does not come give their stock back."""

import asyncio
from datetime import timedelta
from functools import partial
from itertools import takewhile, zip_longest
from time import monotonic
from uuid import UUID

import structlog
from procrastinate import JobContext
from sqlalchemy import text

from stoa.db.transaction import Database, Tx
from stoa.jobs.app import PATIENT, app, database_of, given
from stoa.jobs.stores import in_every_store
from stoa.orders.attempting import talk
from stoa.orders.cancelling import cancel_order
from stoa.orders.models import CancellationReason
from stoa.payments.errors import NoAccount
from stoa.payments.models import AttemptKind, PaymentAttempt
from stoa.payments.provider import ProviderUnreachable
from stoa.payments.providers import Providers
from stoa.payments.purging import purge_messages
from stoa.payments.unanswered import due, mark_looked_at

# Whoever placed the order asks at once; a job that comes at the same moment would only ask the same.
LEFT_TO_THE_EDGE = timedelta(seconds=15)

# Providers are asked about so many at the same time, of each store about so many in a round, and for so long: whatever
# had no turn then is the first of the next round.
AT_ONCE = 8
OF_EACH_STORE = 100
LONGEST_ROUND = timedelta(minutes=5)

log = structlog.get_logger(__name__)


@app.task(name="payments.talk_to_provider", pass_context=True, retry=PATIENT)
async def talk_to_provider(context: JobContext, *, store_id: str, subject_id: str, event_id: str) -> None:
    """Ask a provider what an attempt asks; again with growing pauses for a day and a half where it does not answer."""
    store, attempt_id, database = UUID(store_id), UUID(subject_id), database_of(context)
    wait = await _left_to_the_edge(database, store, attempt_id)
    if wait is not None:
        later = talk_to_provider.configure(schedule_in={"seconds": wait})
        await later.defer_async(store_id=store_id, subject_id=subject_id, event_id=event_id)
        return
    await talk(database, given(context, "providers"), store, attempt_id, again=True)


async def _left_to_the_edge(database: Database, store_id: UUID, attempt_id: UUID) -> int | None:
    """In how many seconds to come back, where somebody is likely to be asking at this moment."""
    async with database.store(store_id) as tx:
        attempt = await tx.get(PaymentAttempt, attempt_id)
        if attempt is None or attempt.settled_at is not None or attempt.kind != AttemptKind.AUTHORIZE:
            return None
        left = attempt.opened_at + LEFT_TO_THE_EDGE - tx.now
    return max(1, int(left.total_seconds())) if left > timedelta(0) else None


@app.periodic(cron="* * * * *")
@app.task(
    name="payments.look_again", queueing_lock="payments.look_again", lock="payments.look_again", pass_context=True
)
async def look_again(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
    """Every minute: providers are asked about what has been open, or has waited for somebody, for a while.

    What fails is logged, keeps nothing else from being asked about, and is raised at the end.
    """
    database, providers = database_of(context), given(context, "providers")
    found: list[list[tuple[UUID, UUID]]] = []
    failures: list[Exception] = []
    try:
        await in_every_store(database, partial(_left_open, found), now=database.clock(), batch=OF_EACH_STORE)
    except Exception as error:  # raised below: the other stores' attempts come first
        log.exception("stores_failed")
        failures.append(error)
    # The stores take turns: one whose provider is silent does not keep the others waiting for long.
    in_turn = iter([each for turn in zip_longest(*found) for each in turn if each is not None])
    ends = monotonic() + LONGEST_ROUND.total_seconds()

    async def ask_one_after_another() -> None:
        for store_id, attempt_id in takewhile(lambda _: monotonic() < ends, in_turn):
            try:
                await _ask_again(database, providers, store_id, attempt_id)
            except Exception as error:  # the others come next, and it is raised at the end
                log.exception("look_failed", store_id=str(store_id), attempt_id=str(attempt_id))
                failures.append(error)

    await asyncio.gather(*(ask_one_after_another() for _ in range(AT_ONCE)))
    if failures:
        raise failures[0]


async def _left_open(found: list[list[tuple[UUID, UUID]]], tx: Tx, limit: int) -> int:
    """Collect the attempts of a store whose turn it is: nobody is asked from within a transaction."""
    found.append([(tx.store_id, attempt_id) for attempt_id in await due(tx, limit)])
    return 0


async def _ask_again(database: Database, providers: Providers, store_id: UUID, attempt_id: UUID) -> None:
    async with database.store(store_id) as tx:
        await mark_looked_at(tx, attempt_id)
    try:
        await talk(database, providers, store_id, attempt_id, again=True)
    except (ProviderUnreachable, NoAccount) as error:
        log.warning("provider_silent", attempt_id=str(attempt_id), error=str(error))


@app.periodic(cron="35 3 * * *")
@app.task(
    name="payments.purge_messages",
    queueing_lock="payments.purge_messages",
    lock="payments.purge_messages",
    pass_context=True,
)
async def purge_provider_messages(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
    """Daily: what providers told past 90 days."""
    database = database_of(context)
    await in_every_store(database, purge_messages, now=database.clock())


@app.periodic(cron="* * * * *")
@app.task(name="orders.expire", queueing_lock="orders.expire", lock="orders.expire", pass_context=True)
async def expire(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
    """Every minute: orders whose money did not come while their stock was held are cancelled."""
    database = database_of(context)
    # One a transaction: of two, the stock of the second would be locked after the budgets of the first (rule 15).
    await in_every_store(database, expire_orders, now=database.clock(), batch=1)


async def expire_orders(tx: Tx, limit: int) -> int:
    """Cancel orders that hold stock past their time, the longest past first, at most `limit`; how many those were.

    One that somebody is at work on (whose payment is just being settled) is passed over: the next round finds it.
    """
    past = (await tx.execute(_PAST, {"store": tx.store_id, "now": tx.now, "rows": limit})).scalars().all()
    # What was found was locked a moment after it was looked at: meanwhile its money may have come, or another card may
    # have been given more time. Nobody changes what an order holds without the order's lock.
    still = {"store": tx.store_id, "now": tx.now, "orders": past}
    past = (await tx.execute(_STILL_PAST, still)).scalars().all() if past else past
    for order_id in past:
        await cancel_order(tx, order_id=order_id, reason=CancellationReason.HOLD_EXPIRED)
    return len(past)


# The order is locked before what it holds. `is pending` is looked at again under the lock.
_PAST = text("""
SELECT o.id FROM reservations r
JOIN orders o ON o.store_id = :store AND o.id = r.order_id
WHERE r.store_id = :store AND r.state = 'held' AND r.order_id IS NOT NULL AND r.expires_at <= :now
    AND o.state = 'pending'
ORDER BY r.expires_at LIMIT :rows
FOR UPDATE OF o SKIP LOCKED
""")

_STILL_PAST = text("""
SELECT order_id FROM reservations
WHERE store_id = :store AND order_id = ANY(CAST(:orders AS uuid[])) AND state = 'held' AND expires_at <= :now
ORDER BY expires_at
""")

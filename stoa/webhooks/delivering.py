"""Deliveries: claimed for an attempt, and settled after it. Both hold their endpoint's row, and nothing else waits.

Claiming moves `next_attempt_at` past the time that an attempt can take, so a sender that dies with a claim leaves the
delivery due again. Settling gives the turn to what comes next about the same thing. An attempt is counted when it
begins, and its number tells whether who settles it is still the one who claimed it.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from stoa.db.transaction import Tx
from stoa.webhooks.models import DeliveryState, DisabledReason, WebhookEndpoint
from stoa.webhooks.sending import Answer, Message

# Seconds from the start of an attempt to the next; after the last of them, and one attempt more, it is dead: 12 in all,
# over three days.
RETRY_SECONDS = (5, 30, 120, 600, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
MOST_ATTEMPTS = len(RETRY_SECONDS) + 1

# So many failures in a row, whatever was sent, and the endpoint itself counts as down: it is left alone for a while,
# longer each time, and then asked with one message.
DOWN_AFTER = 5
LONGEST_QUIET_SECONDS = 600
FAILING_LASTS = timedelta(days=5)

# A wait is up to a fifth longer or shorter, so that what failed together does not come again together.
_SPREAD = 0.2

# Where nothing was tried for longer than between two attempts, what was before is not the same failure.
LONGEST_PAUSE = timedelta(seconds=RETRY_SECONDS[-1] * (1 + _SPREAD) + LONGEST_QUIET_SECONDS)

Chance = Callable[[], float]


@dataclass(frozen=True)
class Claimed:
    """A delivery that is ours to attempt: the message, and which attempt of how many this is."""

    id: UUID
    attempt: int
    message: Message


@dataclass(frozen=True)
class Outcome:
    """What came of an attempt, and when that was known."""

    delivery_id: UUID
    attempt: int
    answer: Answer
    at: datetime


async def hold_endpoint(tx: Tx, endpoint_id: UUID) -> WebhookEndpoint | None:
    """The endpoint, held until the end of the transaction; a removed one too."""
    held = select(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id).with_for_update(key_share=True)
    return await tx.one_or_none(held)


async def claim(
    tx: Tx, endpoint: WebhookEndpoint, *, most: int, lease_seconds: float, under_way: int = 0
) -> list[Claimed]:
    """Up to `most` deliveries that are due at this endpoint, in the order in which they fell due.

    Each is ours for `lease_seconds`. An endpoint that is down gets one, and none while others are `under_way`; a quiet
    one gets none.
    """
    if endpoint.failures >= DOWN_AFTER:
        most = min(most, max(0, 1 - under_way))
    is_quiet = endpoint.quiet_until is not None and endpoint.quiet_until > tx.now
    if not endpoint.is_active or is_quiet or most == 0:
        return []
    values = {
        "store": tx.store_id,
        "endpoint": endpoint.id,
        "now": tx.now,
        "until": tx.now + timedelta(seconds=lease_seconds),
        "most": most,
    }
    rows = (await tx.execute(_CLAIM, values)).all()
    return [
        Claimed(
            row.id,
            row.attempts,
            Message(
                event_id=row.event_id, kind=row.kind, store_id=tx.store_id, subject_id=row.subject_id, data=row.data,
                happened_at=row.happened_at,
            ),
        )
        for row in rows
    ]  # fmt: skip


async def settle(
    tx: Tx, endpoint: WebhookEndpoint, outcomes: Sequence[Outcome], *, chance: Chance = random.random
) -> None:
    """Write down what came of attempts, and give the turn to what comes after those that are over.

    Safe to repeat, and late: what somebody else has settled, or claimed again, stays as it is; only that it was taken
    counts whoever says it.
    """
    if not outcomes:
        return
    rows = [_row(outcome, chance) for outcome in outcomes]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    settled = (await tx.execute(_SETTLE, {"store": tx.store_id, "now": tx.now, **columns})).all()
    over = [row.subject_id for row in settled if row.state != DeliveryState.WAITING]
    await give_turns(tx, [(endpoint.id, subject_id) for subject_id in over])
    for outcome in sorted(outcomes, key=lambda outcome: outcome.at):
        _note_health(tx, endpoint, outcome, chance)
    await tx.flush()


async def give_turns(tx: Tx, things: Sequence[tuple[UUID, UUID]]) -> None:
    """Of what waits about each thing (endpoint, subject) let the first be next, where nothing is.

    Whoever calls this holds the endpoints.
    """
    if things:
        endpoints, subjects = (list(column) for column in zip(*things, strict=True))
        await tx.execute(_GIVE_TURNS, {"store": tx.store_id, "endpoints": endpoints, "subjects": subjects})


async def due_endpoints(tx: Tx) -> list[tuple[UUID, datetime]]:
    """The active endpoints for which something waits, each with the instant from which it may be sent."""
    rows = await tx.execute(_DUE, {"store": tx.store_id})
    return [(row.id, row.due_at) for row in rows]


def wait_seconds(attempt: int, answer: Answer, chance: Chance) -> float:
    """How long after the n-th attempt the next one comes: by the table, spread, and not before it was asked for."""
    return max(_spread(RETRY_SECONDS[min(attempt, len(RETRY_SECONDS)) - 1], chance), answer.retry_after_seconds or 0)


def _row(outcome: Outcome, chance: Chance) -> dict[str, Any]:
    """What the outcome makes of its delivery."""
    answer = outcome.answer
    if answer.is_taken:
        state = DeliveryState.DELIVERED
    else:
        state = DeliveryState.DEAD if outcome.attempt >= MOST_ATTEMPTS else DeliveryState.WAITING
    return {
        "ids": outcome.delivery_id,
        "attempts": outcome.attempt,
        "states": str(state),
        "nexts": outcome.at + timedelta(seconds=wait_seconds(outcome.attempt, answer, chance)),
        "statuses": answer.status,
        "reasons": answer.reason and str(answer.reason),
        "delivered": outcome.at if answer.is_taken else None,
    }


def _note_health(tx: Tx, endpoint: WebhookEndpoint, outcome: Outcome, chance: Chance) -> None:
    """What the outcome says about the endpoint itself."""
    if outcome.answer.is_taken:
        if endpoint.failures:
            endpoint.failures, endpoint.failing_since, endpoint.failed_at, endpoint.quiet_until = 0, None, None, None
        return
    endpoint.failures += 1
    if endpoint.failing_since is None or endpoint.failed_at is None or outcome.at - endpoint.failed_at > LONGEST_PAUSE:
        endpoint.failing_since = outcome.at
    endpoint.failed_at = outcome.at
    quiet = float(outcome.answer.retry_after_seconds or 0)
    if endpoint.failures >= DOWN_AFTER:
        grown = RETRY_SECONDS[0] * 2 ** min(endpoint.failures - DOWN_AFTER, 10)
        quiet = max(quiet, _spread(min(grown, LONGEST_QUIET_SECONDS), chance))
    if quiet:
        endpoint.quiet_until = outcome.at + timedelta(seconds=quiet)
    if outcome.answer.is_gone:
        _switch_off(tx, endpoint, DisabledReason.GONE)
    elif outcome.at - endpoint.failing_since >= FAILING_LASTS:
        _switch_off(tx, endpoint, DisabledReason.FAILING)


def _switch_off(tx: Tx, endpoint: WebhookEndpoint, reason: DisabledReason) -> None:
    if endpoint.is_active:
        endpoint.is_active = False
        endpoint.disabled_reason = reason
        tx.emit("webhook.endpoint_disabled", endpoint.id, reason=str(reason))


def _spread(seconds: float, chance: Chance) -> float:
    return seconds * (1 - _SPREAD + 2 * _SPREAD * chance())


_CLAIM = text("""
    UPDATE webhook_deliveries SET attempts = attempts + 1, next_attempt_at = :until, last_attempt_at = :now
     WHERE store_id = :store AND id IN (
        SELECT id FROM webhook_deliveries
         WHERE store_id = :store AND endpoint_id = :endpoint AND is_next AND next_attempt_at <= :now
         ORDER BY next_attempt_at, told_at LIMIT :most)
    RETURNING id, event_id, kind, subject_id, data, happened_at, attempts
""")

_SETTLE = text("""
    UPDATE webhook_deliveries d
       SET state = o.state, is_next = d.is_next AND o.state = 'waiting', next_attempt_at = o.next_attempt_at,
           last_status = o.status, last_reason = o.reason, delivered_at = o.delivered_at
      FROM unnest(CAST(:ids AS uuid[]), CAST(:attempts AS bigint[]), CAST(:states AS text[]),
                  CAST(:nexts AS timestamptz[]), CAST(:statuses AS bigint[]), CAST(:reasons AS text[]),
                  CAST(:delivered AS timestamptz[]))
           AS o (id, attempt, state, next_attempt_at, status, reason, delivered_at)
     WHERE d.store_id = :store AND d.id = o.id AND d.state = 'waiting'
       AND (d.attempts = o.attempt OR o.state = 'delivered')
    RETURNING d.subject_id, d.state
""")

_GIVE_TURNS = text("""
    UPDATE webhook_deliveries d SET is_next = true
      FROM (SELECT DISTINCT t.endpoint_id, t.subject_id
              FROM unnest(CAST(:endpoints AS uuid[]), CAST(:subjects AS uuid[])) AS t (endpoint_id, subject_id)) AS t
     CROSS JOIN LATERAL (
        SELECT f.id FROM webhook_deliveries f
         WHERE f.store_id = :store AND f.endpoint_id = t.endpoint_id AND f.subject_id = t.subject_id
           AND f.state = 'waiting'
         ORDER BY f.told_at, f.event_id LIMIT 1) AS first
     WHERE d.store_id = :store AND d.id = first.id
       AND NOT EXISTS (SELECT FROM webhook_deliveries n WHERE n.store_id = :store AND n.endpoint_id = t.endpoint_id
                          AND n.subject_id = t.subject_id AND n.is_next)
""")

_DUE = text("""
    SELECT e.id, greatest(first.next_attempt_at, e.quiet_until) AS due_at
      FROM webhook_endpoints e
     CROSS JOIN LATERAL (
        SELECT d.next_attempt_at FROM webhook_deliveries d
         WHERE d.store_id = :store AND d.endpoint_id = e.id AND d.is_next
         ORDER BY d.next_attempt_at LIMIT 1) AS first
     WHERE e.store_id = :store AND e.is_active
""")

"""However many deliveries there are, what is due and what is listed comes from an index that begins with the store."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from stoa import webhooks
from stoa.db.transaction import Database, Tx
from stoa.kernel import cursors
from stoa.kernel.ids import uuid7
from stoa.webhooks.delivering import claim, due_endpoints, hold_endpoint
from stoa.webhooks.models import DeliveryState, WebhookEndpoint
from stoa.webhooks.purging import purge_deliveries
from tests.promises import plan_of, statements


@pytest.fixture
async def endpoint(tx: Tx) -> WebhookEndpoint:
    """One to which much was sent: most of it arrived, some waits in one long line, a little is dead."""
    made = await webhooks.add_endpoint(tx, url="https://example.com/hooks")
    await tx.execute(_MANY, {"store": tx.store_id, "endpoint": made.id, "now": tx.now})
    # The planner is to see what there is: a plan of an empty table tells nothing.
    held = await hold_endpoint(tx, made.id)
    assert held is not None
    return held


async def test_what_is_due_is_found_without_walking_through_what_waits_behind_it(
    database: Database, tx: Tx, endpoint: WebhookEndpoint
) -> None:
    with statements(database) as seen:
        claimed = await claim(tx, endpoint, most=8, lease_seconds=30)
        due = await due_endpoints(tx)

    assert len(claimed) == 1
    assert due == [(endpoint.id, tx.now + timedelta(seconds=30))]
    for sql, parameters in seen.sent:
        assert "webhook_deliveries_due_idx" in await _indexes(tx, sql, parameters)


@pytest.mark.parametrize("state", [None, *DeliveryState])
async def test_a_list_takes_its_page_from_its_index(
    database: Database, tx: Tx, endpoint: WebhookEndpoint, state: DeliveryState | None
) -> None:
    cursor = cursors.encode([str(uuid7(tx.now + timedelta(seconds=1)))])
    with statements(database) as seen:
        page = await webhooks.list_deliveries(tx, endpoint_id=endpoint.id, state=state, cursor=cursor, limit=3)

    assert len(page.items) == 3
    used = await _indexes(tx, *seen.sent[-1])
    # Before its first ANALYZE the planner takes either of the two indexes of what waits for as good.
    meant = {"dead": {"open_idx"}, "waiting": {"open_idx", "turns_idx"}}.get(state or "", {"once_key"})
    assert used
    assert used <= {f"webhook_deliveries_{index}" for index in meant}


async def test_the_old_are_found_by_their_age(database: Database, tx: Tx, endpoint: WebhookEndpoint) -> None:
    with statements(database) as seen:
        assert await purge_deliveries(tx, 500) == 0

    old = next(each for each in seen.sent if "event_id <" in each[0])
    assert "webhook_deliveries_event_id_idx" in await _indexes(tx, *old)


async def _indexes(tx: Tx, sql: str, parameters: Any) -> set[str]:
    """Those that the plan uses on deliveries; it walks through the table nowhere."""
    await tx.execute(text("SET LOCAL enable_seqscan = off"))
    nodes = [node for node in await plan_of(tx, sql, parameters) if "webhook_deliveries" in str(node)]
    assert not [node for node in nodes if node["Node Type"] == "Seq Scan"]
    return {node["Index Name"] for node in nodes if "Index Name" in node} - {"webhook_deliveries_pkey"}


_MANY = text("""
    INSERT INTO webhook_deliveries (store_id, id, endpoint_id, event_id, kind, subject_id, told_at, data, happened_at,
        state, is_next, attempts, next_attempt_at, delivered_at, created_at)
    SELECT :store, gen_random_uuid(), :endpoint, stoa.child_id(stoa.first_id(:now), n), 'order.placed',
        CASE WHEN n % 10 = 0 THEN :endpoint ELSE gen_random_uuid() END, :now, '{}', :now,
        CASE n % 10 WHEN 0 THEN 'waiting' WHEN 1 THEN 'dead' ELSE 'delivered' END, n = 10, 0, :now,
        CASE WHEN n % 10 > 1 THEN CAST(:now AS timestamptz) END, :now
      FROM generate_series(1, 1000) n
""")

"""Jobs of webhooks. (Sending is no job: see `courier.py`.)"""

from uuid import UUID

from procrastinate import JobContext

from stoa.jobs.app import PATIENT, app, database_of, given
from stoa.jobs.stores import in_every_store
from stoa.kernel.clock import utc_now
from stoa.webhooks.purging import purge_deliveries
from stoa.webhooks.telling import tell_switched_off


@app.periodic(cron="25 3 * * *")
@app.task(name="webhooks.purge", queueing_lock="webhooks.purge", lock="webhooks.purge", pass_context=True)
async def purge_webhooks(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
    """Daily: deliveries past their days, and what is left of removed endpoints."""
    await in_every_store(database_of(context), purge_deliveries, now=utc_now())


@app.task(name="webhooks.tell_switched_off", pass_context=True, retry=PATIENT)
async def tell_that_it_is_off(context: JobContext, *, store_id: str, subject_id: str, event_id: str) -> None:
    """Mail who manages webhooks that we switched one off; again for a day and a half where the mail server is away."""
    await tell_switched_off(
        database_of(context),
        given(context, "mailer"),
        given(context, "letterhead"),
        store_id=UUID(store_id),
        endpoint_id=UUID(subject_id),
        event_id=UUID(event_id),
    )

"""Periodic jobs of webhooks. (Sending is no job: see `courier.py`.)"""

from procrastinate import JobContext

from stoa.jobs.app import app, database_of
from stoa.jobs.stores import in_every_store
from stoa.kernel.clock import utc_now
from stoa.webhooks.purging import purge_deliveries


@app.periodic(cron="25 3 * * *")
@app.task(name="webhooks.purge", queueing_lock="webhooks.purge", lock="webhooks.purge", pass_context=True)
async def purge_webhooks(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
    """Daily: deliveries past their days, and what is left of removed endpoints."""
    await in_every_store(database_of(context), purge_deliveries, now=utc_now())

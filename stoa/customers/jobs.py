"""Periodic jobs of customers."""

from procrastinate import JobContext

from stoa.customers.sessions import purge_sessions
from stoa.jobs.app import app, database_of
from stoa.jobs.stores import in_every_store
from stoa.kernel.clock import utc_now


@app.periodic(cron="30 3 * * *")
@app.task(
    name="customers.purge_sessions",
    queueing_lock="customers.purge_sessions",
    lock="customers.purge_sessions",
    pass_context=True,
)
async def purge_old_sessions(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
    """Daily: sessions of customers that ran out a month ago."""
    await in_every_store(database_of(context), purge_sessions, now=utc_now())

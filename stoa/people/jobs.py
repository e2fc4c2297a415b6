"""Periodic jobs of sign-in."""

from procrastinate import JobContext

from stoa.jobs.app import app, database_of
from stoa.people.rate_limits import purge_counters
from stoa.people.sessions import purge_sessions


@app.periodic(cron="40 * * * *")
@app.task(name="people.purge_counters", queueing_lock="people.purge_counters", pass_context=True)
async def purge_old_counters(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
    """Hourly: counters of rate limits whose windows are long over."""
    async with database_of(context).platform() as tx:
        await purge_counters(tx)


@app.periodic(cron="25 3 * * *")
@app.task(name="people.purge_sessions", queueing_lock="people.purge_sessions", pass_context=True)
async def purge_old_sessions(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
    """Daily: sessions of staff that ran out a month ago."""
    async with database_of(context).platform() as tx:
        await purge_sessions(tx)

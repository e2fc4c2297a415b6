"""Periodic jobs for what belongs to no single domain. Each is safe to run twice, and works in bounded batches."""

from procrastinate import JobContext
from sqlalchemy import text

from stoa.jobs.app import app, database_of
from stoa.jobs.purging import purge_answers, purge_events
from stoa.jobs.queue import clear_finished, take_up_stalled
from stoa.jobs.stores import in_every_store
from stoa.kernel.clock import utc_now

# `queueing_lock`: it waits in the queue once at most; `lock`: it never runs beside itself, and a killed one keeps its
# successor waiting until it is taken up. So what takes jobs up has none.


@app.periodic(cron="* * * * *")
@app.task(name="jobs.take_up", queueing_lock="jobs.take_up", pass_context=True)
async def take_up(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
    """Every minute: jobs of workers that were killed go back to the queue."""
    await take_up_stalled(context.app)


@app.periodic(cron="20 3 * * *")
@app.task(name="jobs.clear", queueing_lock="jobs.clear", lock="jobs.clear", pass_context=True)
async def clear(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
    """Daily: failed jobs of a month ago."""
    await clear_finished(context.app)


@app.periodic(cron="10 3 * * *")
@app.task(name="jobs.purge_answers", queueing_lock="jobs.purge_answers", lock="jobs.purge_answers", pass_context=True)
async def purge_old_answers(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
    """Daily: answers to idempotency keys past 30 days."""
    await in_every_store(database_of(context), purge_answers, now=utc_now())


@app.periodic(cron="15 3 * * *")
@app.task(name="jobs.purge_events", queueing_lock="jobs.purge_events", lock="jobs.purge_events", pass_context=True)
async def purge_old_events(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
    """Daily: relayed events past 30 days."""
    await in_every_store(database_of(context), purge_events, now=utc_now())


@app.periodic(cron="5 0 * * *")
@app.task(
    name="jobs.make_partitions", queueing_lock="jobs.make_partitions", lock="jobs.make_partitions", pass_context=True
)
async def make_partitions(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
    """Daily: the partitions of this month and the next two."""
    async with database_of(context).platform() as tx:
        await tx.execute(text("SELECT stoa.ensure_partitions(:now)"), {"now": tx.now})

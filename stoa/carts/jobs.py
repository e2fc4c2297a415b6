"""Periodic jobs of carts."""

from procrastinate import JobContext

from stoa.carts.clearing import clear_expired
from stoa.jobs.app import app, database_of
from stoa.jobs.stores import in_every_store
from stoa.kernel.clock import utc_now


@app.periodic(cron="30 * * * *")
@app.task(
    name="carts.clear_expired", queueing_lock="carts.clear_expired", lock="carts.clear_expired", pass_context=True
)
async def clear_expired_carts(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
    """Hourly: open carts past their 30 days."""
    await in_every_store(database_of(context), clear_expired, now=utc_now(), batch=200)

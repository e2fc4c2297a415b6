"""Periodic jobs of inventory."""

from procrastinate import JobContext

from stoa.inventory.assigning import serve_waiting
from stoa.inventory.beyond import end_promises
from stoa.inventory.reservations import expire_reservations
from stoa.jobs.app import app, database_of
from stoa.jobs.stores import in_every_store
from stoa.kernel.clock import utc_now


@app.periodic(cron="* * * * *")
@app.task(
    name="inventory.expire_reservations",
    queueing_lock="inventory.expire_reservations",
    lock="inventory.expire_reservations",
    pass_context=True,
)
async def expire_past_reservations(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
    """Every minute: what carts held past its time goes back to the shelf."""
    await in_every_store(database_of(context), expire_reservations, now=utc_now(), batch=200)


@app.periodic(cron="* * * * *")
@app.task(
    name="inventory.serve_waiting",
    queueing_lock="inventory.serve_waiting",
    lock="inventory.serve_waiting",
    pass_context=True,
)
async def serve_those_who_wait(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
    """Every minute: what became free, since an order was cancelled or a hold ran out, goes to who waits for it."""
    await in_every_store(database_of(context), serve_waiting, now=utc_now(), batch=100)


@app.periodic(cron="* * * * *")
@app.task(
    name="inventory.end_promises",
    queueing_lock="inventory.end_promises",
    lock="inventory.end_promises",
    pass_context=True,
)
async def end_past_promises(context: JobContext, timestamp: int) -> None:  # noqa: ARG001
    """Every minute: what is past its day, which begins and ends with the store's own, is not promised any more."""
    await in_every_store(database_of(context), end_promises, now=utc_now(), batch=200)

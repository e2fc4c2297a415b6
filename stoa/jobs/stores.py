"""Work that every store gets, in bounded transactions, one store at a time."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import text

from stoa.db.transaction import Database, Tx

BATCH = 500

log = structlog.get_logger(__name__)

Work = Callable[[Tx, int], Awaitable[int]]


async def in_every_store(database: Database, work: Work, *, now: datetime, batch: int = BATCH) -> int:
    """Do `work(tx, batch)` in each store again and again, a transaction a time, until it did less than a whole batch.

    Returns how much was done. A store in which it fails does not keep the others from theirs; the first failure is
    raised at the end, so that the job is seen to have failed.
    """
    done = 0
    failure: Exception | None = None
    for store_id in await _stores(database):
        try:
            done += await _work_off(database, store_id, work, now, batch)
        except Exception as error:  # whatever it is: the other stores come next, and it is raised at the end
            log.exception("work_failed", store_id=str(store_id))
            failure = failure or error
    if failure is not None:
        raise failure
    return done


async def _work_off(database: Database, store_id: UUID, work: Work, now: datetime, batch: int) -> int:
    done = 0
    while True:
        async with database.store(store_id, now=now) as tx:
            count = await work(tx, batch)
        done += count
        if count < batch:
            return done


async def _stores(database: Database) -> list[UUID]:
    async with database.platform() as tx:
        return list((await tx.execute(text("SELECT id FROM stores ORDER BY id"))).scalars())

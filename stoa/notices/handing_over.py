"""A message that was claimed is handed to the carrier, between two short transactions."""

from email.message import EmailMessage
from uuid import UUID

from stoa.db.transaction import Database
from stoa.kernel.clock import Clock, utc_now
from stoa.notices.mailer import Mailer, MailRefused
from stoa.notices.once import mark_sent, release


async def hand_over(
    database: Database,
    mailer: Mailer,
    message: EmailMessage,
    *,
    store_id: UUID,
    notice_id: UUID,
    clock: Clock = utc_now,
) -> bool:
    """Send what was claimed under this notice; False where it is refused for good.

    Raises what the mailer raises; the notice can be claimed again then, and trying again later is right.
    """
    try:
        await mailer.send(message)
    except MailRefused:
        return False
    except BaseException:
        async with database.store(store_id, clock=clock) as tx:
            await release(tx, notice_id)
        raise
    async with database.store(store_id, clock=clock) as tx:
        await mark_sent(tx, notice_id)
    return True

"""Sent once: a message is claimed before it is handed over and marked after, so no job sends what another sent.

No row is locked while we talk to the mail server. If we die between handing over and marking, the message goes out
again, minutes later, with the same Message-ID: at least once, and one message to every mailbox that looks at it.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from stoa.db.transaction import Tx
from stoa.notices.models import Notice

# Longer than any mail server is listened to: by then whoever claimed it is dead.
CLAIM_MINUTES = 5


class BeingSent(Exception):
    """Somebody else is sending it at this moment, or died over it just now: look again in a while."""


async def claim(tx: Tx, *, kind: str, subject_id: UUID) -> Notice | None:
    """The message to be sent now by us alone, or None where it has been sent.

    Raises BeingSent.
    """
    await tx.execute(
        insert(Notice)
        .values(store_id=tx.store_id, id=tx.new_id(), kind=kind, subject_id=subject_id, created_at=tx.now)
        .on_conflict_do_nothing(index_elements=["store_id", "kind", "subject_id"])
    )
    notice = await tx.one_or_none(
        select(Notice).where(Notice.kind == kind, Notice.subject_id == subject_id).with_for_update()
    )
    assert notice is not None, "it was inserted, or was there"
    if notice.sent_at is not None:
        return None
    if notice.claimed_at is not None and notice.claimed_at > tx.now - timedelta(minutes=CLAIM_MINUTES):
        raise BeingSent(f"{kind} about {subject_id}")
    notice.claimed_at = tx.now
    await tx.flush()
    return notice


async def mark_sent(tx: Tx, notice_id: UUID) -> None:
    """The message has been handed over."""
    await tx.execute(update(Notice).where(Notice.id == notice_id).values(sent_at=tx.now))


async def release(tx: Tx, notice_id: UUID) -> None:
    """The message has not been handed over, and may be tried again."""
    await tx.execute(update(Notice).where(Notice.id == notice_id, Notice.sent_at.is_(None)).values(claimed_at=None))

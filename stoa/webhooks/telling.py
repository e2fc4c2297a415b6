"""The mail that tells who manages a store's webhooks that we switched an endpoint off."""

from datetime import datetime
from email.message import EmailMessage
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from babel.dates import format_datetime
from sqlalchemy import select

from stoa.db.outbox import Event
from stoa.db.transaction import Database, Tx
from stoa.kernel.clock import Clock, utc_now
from stoa.kernel.ids import named_id
from stoa.notices import Letterhead, Mailer
from stoa.notices.handing_over import hand_over
from stoa.notices.letters import letter
from stoa.notices.once import claim
from stoa.people.memberships import Member, members
from stoa.people.roles import permissions_of
from stoa.stores.models import Store, StoreSettings
from stoa.stores.settings import settings_of
from stoa.webhooks.models import DisabledReason, WebhookEndpoint
from stoa.webhooks.purging import DAYS_KEPT

log = structlog.get_logger(__name__)

KIND = "webhook_endpoint_off"
WHO = "webhooks.manage"


async def tell_switched_off(
    database: Database,
    mailer: Mailer,
    letterhead: Letterhead,
    *,
    store_id: UUID,
    endpoint_id: UUID,
    event_id: UUID,
    clock: Clock = utc_now,
) -> int:
    """Send one mail about this event to each who may manage webhooks; how many were handed over now.

    None are sent where the store sends no mails, or the endpoint is on again or removed. Whoever cannot be told now
    keeps nobody else waiting. Raises what the mailer raised first, and BeingSent; trying again later is right then.
    """
    async with database.store(store_id, clock=clock) as tx:
        told = await _who_is_told(tx, endpoint_id)
    sent, failure = 0, None
    for member in told:
        try:
            async with database.store(store_id, clock=clock) as tx:
                written = await _write(tx, letterhead, endpoint_id, event_id, member)
            if written is not None:
                notice_id, message = written
                sent += await hand_over(database, mailer, message, store_id=store_id, notice_id=notice_id, clock=clock)
        except Exception as error:  # whatever it is: the others come next, and it is raised at the end
            log.warning("notice_put_off", kind=KIND, store_id=str(store_id), exc_info=True)
            failure = failure or error
    if failure is not None:
        raise failure
    return sent


async def _who_is_told(tx: Tx, endpoint_id: UUID) -> list[Member]:
    if not (await settings_of(tx)).mails_enabled or await _still_off(tx, endpoint_id) is None:
        return []
    return [
        member
        for member in await members(tx)
        if WHO in await permissions_of(tx, user_id=member.user_id, store_id=tx.store_id)
    ]


async def _still_off(tx: Tx, endpoint_id: UUID) -> WebhookEndpoint | None:
    """The endpoint, while it is off because of us."""
    endpoint = await tx.get(WebhookEndpoint, endpoint_id)
    is_off = endpoint is not None and endpoint.disabled_reason is not None and endpoint.removed_at is None
    return endpoint if is_off else None


async def _write(
    tx: Tx, letterhead: Letterhead, endpoint_id: UUID, event_id: UUID, member: Member
) -> tuple[UUID, EmailMessage] | None:
    """Claim this member's notice and write the message; None where there is nothing to send."""
    endpoint = await _still_off(tx, endpoint_id)
    event = await tx.one_or_none(select(Event).where(Event.id == event_id))
    if endpoint is None or event is None:
        return None
    notice = await claim(tx, kind=KIND, subject_id=named_id(event.happened_at, f"{event_id} {member.user_id}"))
    if notice is None:
        return None
    store = await tx.get(Store, tx.store_id)
    assert store is not None, "a store that was entered exists"
    settings = await settings_of(tx)
    message = letter(
        tx,
        template=KIND,
        subject=f"{store.name}: webhooks to {endpoint.url} are switched off",
        sender=settings.mail_from or letterhead.sender,
        sender_name=store.name,
        to=member.email,
        to_name=member.name,
        notice_id=notice.id,
        values=_values(endpoint, event.happened_at, settings, store.name),
    )
    return notice.id, message


def _values(endpoint: WebhookEndpoint, off_at: datetime, settings: StoreSettings, shop: str) -> dict[str, object]:
    """What the templates show; times are the store's."""

    def shown(at: datetime) -> str:
        zone, locale = ZoneInfo(settings.time_zone), settings.locale.replace("-", "_")
        return format_datetime(at, "long", tzinfo=zone, locale=locale)

    since = endpoint.failing_since or off_at
    return {
        "shop": shop,
        "url": endpoint.url,
        "endpoint_id": endpoint.id,
        "is_gone": endpoint.disabled_reason == DisabledReason.GONE,
        "failing_since": shown(since),
        "off_on": shown(off_at),
        "since": since.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "days_kept": DAYS_KEPT,
    }

"""Webhooks to the outside: the addresses that want to hear, and what each has been told, is to be, or never took."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from stoa.db.models import KeyText, StoreOwned, belongs_to, index_in_store, not_negative, one_of, unique_in_store


class DisabledReason(StrEnum):
    """Why we switched an endpoint off ourselves."""

    GONE = "gone"  # it answered 410: it does not want to hear any more
    FAILING = "failing"  # for days nothing that was sent to it was taken; what happens meanwhile is kept for it


class WebhookEndpoint(StoreOwned):
    """An address outside that is told what happens in the store.

    Its secret is derived from the installation's secret key, this id and `secret_number` (`secrets.py`): it is not
    kept here. A removed one stays until its deliveries have been purged.
    """

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        one_of("disabled_reason", DisabledReason),
        CheckConstraint("secret_number > 0", name="secret_number_positive"),
        CheckConstraint("NOT (is_active AND removed_at IS NOT NULL)", name="removed_is_inactive"),
        not_negative("failures"),
    )

    url: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    kinds: Mapped[list[str]] = mapped_column(doc="of events (`stoa.events.kinds`); empty: all that are public")
    is_active: Mapped[bool] = mapped_column(default=True)
    disabled_reason: Mapped[str | None] = mapped_column(KeyText)
    secret_number: Mapped[int] = mapped_column(default=1, doc="counts the secrets it has had")
    previous_until: Mapped[datetime | None] = mapped_column(doc="so long the secret before is signed with too")
    created_at: Mapped[datetime]
    listens_since: Mapped[datetime] = mapped_column(doc="active, and for these kinds, since then")
    failures: Mapped[int] = mapped_column(default=0, doc="in a row; any delivery that is taken ends it")
    failing_since: Mapped[datetime | None] = mapped_column(doc="the first of its failures without a long pause")
    failed_at: Mapped[datetime | None] = mapped_column(doc="the last of its failures")
    quiet_until: Mapped[datetime | None] = mapped_column(doc="until then nothing is sent to it")
    removed_at: Mapped[datetime | None]


class DeliveryState(StrEnum):
    """Where one event stands with one endpoint."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"  # tried as often as we try, or not at all (see `fan_out`); somebody may have it tried again


class FailureReason(StrEnum):
    """Why an attempt did not count as taken."""

    STATUS = "status"  # an answer that is not 2xx; which, stands beside it
    REDIRECT = "redirect"  # an answer that sends us elsewhere: we do not go
    TIMEOUT = "timeout"  # no whole answer in time
    CONNECTION = "connection"  # refused, or cut before an answer came
    TLS = "tls"  # no trustworthy encrypted connection
    NAME = "name"  # no address is known for the host's name
    ADDRESS = "address"  # the host's address is private or reserved


class WebhookDelivery(StoreOwned):
    """One event on its way to one endpoint.

    It carries all that is told, so it can be sent again when the event itself has been purged. Who sends it moves
    `next_attempt_at` past the time an attempt can take, commits, and sends: a sender that dies leaves it due again.

    Deliveries about one thing to one endpoint go one after another: `is_next` marks the one whose turn it is.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        belongs_to("webhook_endpoints", "endpoint_id", on_delete="CASCADE"),
        # An event reaches an endpoint as one delivery, however often it is relayed. Also: an endpoint's deliveries.
        unique_in_store("once", "endpoint_id", "event_id"),
        # Whose turn it is after the one that was settled.
        index_in_store(
            "webhook_deliveries_turns_idx", "endpoint_id", "subject_id", "told_at", postgresql_where="state = 'waiting'"
        ),
        # What is due at an endpoint.
        index_in_store("webhook_deliveries_due_idx", "endpoint_id", "next_attempt_at", postgresql_where="is_next"),
        # Of what concerns one thing, one at most is sent at a time.
        Index(
            "webhook_deliveries_one_at_a_time_key",
            "store_id",
            "endpoint_id",
            "subject_id",
            unique=True,
            postgresql_where="is_next",
        ),
        # An endpoint's deliveries that wait or are dead, among many that arrived.
        index_in_store(
            "webhook_deliveries_open_idx", "endpoint_id", "state", "event_id", postgresql_where="state <> 'delivered'"
        ),
        # Those so old that they are purged.
        index_in_store("webhook_deliveries_event_id_idx", "event_id"),
        one_of("state", DeliveryState),
        one_of("last_reason", FailureReason),
        CheckConstraint("(state = 'delivered') = (delivered_at IS NOT NULL)", name="delivered_at_a_time"),
        CheckConstraint("state = 'waiting' OR NOT is_next", name="next_waits"),
        not_negative("attempts"),
    )

    endpoint_id: Mapped[UUID]
    event_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(KeyText)
    subject_id: Mapped[UUID]
    told_at: Mapped[datetime] = mapped_column(doc="the event's: the order in which things were told")
    data: Mapped[dict[str, Any]] = mapped_column(doc="the event's: ids and figures, never personal data")
    happened_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(KeyText, default=DeliveryState.WAITING)
    is_next: Mapped[bool]
    attempts: Mapped[int] = mapped_column(default=0, doc="begun; again from 0 when it is replayed")
    next_attempt_at: Mapped[datetime]
    last_attempt_at: Mapped[datetime | None]
    last_status: Mapped[int | None] = mapped_column(doc="of the last answer, if there was one")
    last_reason: Mapped[str | None] = mapped_column(KeyText)
    delivered_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

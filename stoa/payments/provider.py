"""Whoever holds the money outside, as Stoa speaks to them: what is asked, what is answered, what is told unasked.

An adapter implements `Provider` for one store's account. It never touches a row of ours: who asked it settles.
What it is asked carries the attempt's id as the idempotency key, so asking the same again does nothing twice.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from stoa.payments.models import AttemptKind, AttemptState


class ProviderUnreachable(Exception):
    """We do not know whether the provider heard: no connection, no answer in time, or an answer that is no answer.

    The attempt stays open, and the provider is asked what became of it.
    """


class NotTheirs(Exception):
    """A message that the provider did not sign, or signed for somebody else, or that cannot be read."""


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One attempt, as the provider is asked. `amount` is minor units of `currency`."""

    attempt_id: UUID
    kind: AttemptKind
    amount: int
    currency: str
    payment_id: UUID
    order_id: UUID
    opened_at: datetime
    # The provider's ids: of the payment (none until it was authorised), and of this act where it is known.
    payment_reference: str | None = None
    reference: str | None = None
    # Of an authorisation: the card's token, where the shopper comes back to, whether to take the money in one step.
    token: str | None = None
    return_url: str | None = None
    captures: bool = False
    keeps_card: bool = False


@dataclass(frozen=True, kw_only=True)
class Card:
    """A card that may be used again, by its token, and what may be shown of it."""

    token: str
    brand: str = ""
    last4: str = ""
    expires_month: int | None = None
    expires_year: int | None = None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of an attempt: it succeeded, it failed (and why), or it waits for somebody.

    `amount` is what was promised, taken or given back where that differs from what was asked.
    """

    state: AttemptState
    reference: str | None = None
    payment_reference: str | None = None
    amount: int | None = None
    # Of an authorisation: the money was taken in the same step.
    captured: bool = False
    # What the shopper has to do: `{"redirect_url": ...}` or what the provider's own form needs. Empty: nothing.
    next_action: Mapping[str, str] = field(default_factory=dict)
    reason_code: str | None = None
    reason: str | None = None
    card: Card | None = None


@dataclass(frozen=True, kw_only=True)
class Notification:
    """A message of the provider. `message_id` is theirs, the same however often it is sent.

    What it is about: the attempt, where the provider still knows its id, else the payment by the provider's own.
    Without an outcome it tells nothing that we act upon.
    """

    message_id: str
    kind: str
    attempt_id: UUID | None = None
    attempt_kind: AttemptKind | None = None
    payment_reference: str | None = None
    outcome: Outcome | None = None
    # When they made it, where they say so: what is sent again is as old as it was.
    made_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Charge:
    """One payment in the provider's books, for comparing them with ours. Amounts are minor units."""

    reference: str
    payment_id: UUID | None
    authorized: int
    captured: int
    refunded: int
    currency: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Account:
    """A store's account with a provider, its secrets unsealed."""

    store_id: UUID
    provider: str
    public_key: str = ""
    secret: str = field(default="", repr=False)
    webhook_secret: str = field(default="", repr=False)


class Provider(Protocol):
    """One provider, for one store's account.

    The acts and `find` raise ProviderUnreachable where it is not known what became of it; everything else that the
    provider says is an Outcome, refusals too.
    """

    async def authorise(self, ask: Ask) -> Outcome:
        """Promise the money, or take it at once where `ask.captures`."""

    async def capture(self, ask: Ask) -> Outcome:
        """Take what was promised, or a part of it; what is left of the promise is let go."""

    async def void(self, ask: Ask) -> Outcome:
        """Let go of what was promised and not taken."""

    async def refund(self, ask: Ask) -> Outcome:
        """Give back what was taken, or a part of it."""

    async def find(self, ask: Ask) -> Outcome | None:
        """What became of an attempt that may have been asked; None where the provider never heard of it."""

    def charges_since(self, since: datetime) -> AsyncIterator[Charge]:
        """Every payment that was begun at the provider since then."""

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> Notification:
        """The message, once its signature is verified. `headers` have small letters. Raises NotTheirs."""

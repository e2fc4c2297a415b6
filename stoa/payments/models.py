"""Money asked for, promised, taken and given back, and every time a provider was asked."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from stoa.db.models import KeyText, StoreOwned, belongs_to, index_in_store, not_negative, one_of, unique_in_store
from stoa.stores.models import PaymentMethod


class ProviderName(StrEnum):
    """Who holds the money outside. `manual` is staff: they write down what they saw."""

    MANUAL = "manual"
    TEST = "test"
    STRIPE = "stripe"


class PaymentStatus(StrEnum):
    """Where one tender stands. How much was taken and given back, its amounts say."""

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    FAILED = "failed"
    VOIDED = "voided"


class Payment(StoreOwned):
    """One tender of one order: so much of its total, by one method. Amounts are minor units.

    Its id is the order's n-th child (n is `position`), so an order's payments are found by their key.
    """

    granted: ClassVar[str] = "SELECT, INSERT, UPDATE"
    __tablename__ = "payments"
    __table_args__ = (
        one_of("method", PaymentMethod),
        one_of("provider", ProviderName),
        one_of("status", PaymentStatus),
        not_negative("amount", "authorized", "captured", "refunded", "refunding"),
        CheckConstraint("authorized <= amount AND captured <= amount", name="captured_within_amount"),
        # The last word against refunding twice: what is being given back counts as given.
        CheckConstraint("refunded + refunding <= captured", name="refunded_within_captured"),
        # A provider's message finds its payment.
        Index(
            "payments_reference_key", "store_id", "provider", "reference", unique=True,
            postgresql_where="reference IS NOT NULL",
        ),
    )  # fmt: skip

    order_id: Mapped[UUID]
    position: Mapped[int] = mapped_column(default=1)
    method: Mapped[str]
    provider: Mapped[str] = mapped_column(KeyText)
    status: Mapped[str]
    amount: Mapped[int]
    authorized: Mapped[int] = mapped_column(default=0, doc="what the provider promises: not taken yet, not let go")
    captured: Mapped[int] = mapped_column(default=0, doc="what was taken in all, whatever was given back since")
    refunded: Mapped[int] = mapped_column(default=0)
    refunding: Mapped[int] = mapped_column(default=0, doc="what the provider has been asked to give back")
    currency: Mapped[str] = mapped_column(KeyText)
    reference: Mapped[str | None] = mapped_column(KeyText, doc="the provider's id of it")
    # Why it failed, as the provider says.
    failure_code: Mapped[str | None]
    failure_reason: Mapped[str | None]
    created_at: Mapped[datetime]
    captured_at: Mapped[datetime | None]


class AttemptKind(StrEnum):
    """What a provider is asked to do."""

    AUTHORIZE = "authorize"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


class AttemptState(StrEnum):
    """`open`: we may or may not have been heard. `waiting`: the provider waits for somebody. Else: its last word."""

    OPEN = "open"
    WAITING = "waiting"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class PaymentAttempt(StoreOwned):
    """One act asked of a provider, written down before it is asked. Its id is the idempotency key sent along."""

    granted: ClassVar[str] = "SELECT, INSERT, UPDATE"
    __tablename__ = "payment_attempts"
    __table_args__ = (
        belongs_to("payments", "payment_id"),
        one_of("kind", AttemptKind),
        one_of("state", AttemptState),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("(settled_at IS NULL) = (state IN ('open', 'waiting'))", name="settled_has_time"),
        index_in_store("payment_attempts_payment_id_idx", "payment_id", "id"),
        # One at a time of each, but for refunds: those are bounded by the payment's `refunding`.
        Index(
            "payment_attempts_unsettled_key", "store_id", "payment_id", "kind", unique=True,
            postgresql_where="settled_at IS NULL AND kind <> 'refund'",
        ),
        # What the job asks the provider about.
        index_in_store("payment_attempts_unsettled_idx", "opened_at", postgresql_where="settled_at IS NULL"),
    )  # fmt: skip

    payment_id: Mapped[UUID]
    order_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(KeyText)
    amount: Mapped[int]
    state: Mapped[str] = mapped_column(default=AttemptState.OPEN)
    # What is sent along that no column says: the token of the card, where the shopper comes back to.
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # What the shopper has to do: where to go (`redirect_url`), or what the provider's form needs.
    next_action: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reference: Mapped[str | None] = mapped_column(KeyText, doc="the provider's id of this act")
    reason_code: Mapped[str | None]
    reason: Mapped[str | None]
    refund_id: Mapped[UUID | None]
    actor: Mapped[str]
    opened_at: Mapped[datetime]
    looked_at: Mapped[datetime | None] = mapped_column(doc="when the job last asked what became of it")
    settled_at: Mapped[datetime | None]


class PaymentAccount(StoreOwned):
    """A store's account with a provider. Its secrets are sealed with the installation's key."""

    __tablename__ = "payment_accounts"
    __table_args__ = (one_of("provider", ProviderName), unique_in_store("provider", "provider"))

    provider: Mapped[str] = mapped_column(KeyText)
    public_key: Mapped[str] = mapped_column(default="")
    sealed_secret: Mapped[bytes]
    sealed_webhook_secret: Mapped[bytes | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class SavedPaymentMethod(StoreOwned):
    """A customer's card, as the provider's token and what may be shown of it: never a card number."""

    __tablename__ = "saved_payment_methods"
    __table_args__ = (
        belongs_to("customers", "customer_id", on_delete="CASCADE"),
        one_of("provider", ProviderName),
        unique_in_store("token", "provider", "token"),
        index_in_store("saved_payment_methods_customer_id_idx", "customer_id", "id"),
    )

    customer_id: Mapped[UUID]
    provider: Mapped[str] = mapped_column(KeyText)
    token: Mapped[str] = mapped_column(KeyText)
    brand: Mapped[str] = mapped_column(default="")
    last4: Mapped[str] = mapped_column(default="")
    expires_month: Mapped[int | None]
    expires_year: Mapped[int | None]
    created_at: Mapped[datetime]


class ProviderMessage(StoreOwned):
    """What a provider told us unasked: each message once, however often it is sent. Kept as long as that may be."""

    granted: ClassVar[str] = "SELECT, INSERT, DELETE"
    __tablename__ = "provider_messages"
    __table_args__ = (one_of("provider", ProviderName), unique_in_store("message", "provider", "message_id"))

    provider: Mapped[str] = mapped_column(KeyText)
    message_id: Mapped[str] = mapped_column(KeyText)
    kind: Mapped[str]
    received_at: Mapped[datetime]


class PretendCharge(StoreOwned):
    """The books of the test provider, which stands for one outside: it writes them in transactions of its own."""

    granted: ClassVar[str] = "SELECT, INSERT, UPDATE"
    __tablename__ = "test_charges"
    __table_args__ = (
        not_negative("amount", "captured", "refunded"),
        unique_in_store("reference", "reference"),
    )

    reference: Mapped[str] = mapped_column(KeyText)
    status: Mapped[str]
    amount: Mapped[int]
    captured: Mapped[int] = mapped_column(default=0)
    refunded: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str] = mapped_column(KeyText)
    # The answer to each idempotency key, given again when the same is asked again.
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]

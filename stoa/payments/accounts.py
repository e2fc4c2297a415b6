"""A store's accounts with providers: kept sealed, opened for whoever is about to ask."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select

from stoa.db.transaction import Tx
from stoa.kernel.ids import token
from stoa.kernel.sealing import NotOurs, seal, unseal
from stoa.payments.errors import AccountNotFound, NoAccount
from stoa.payments.models import PaymentAccount, ProviderName
from stoa.payments.provider import Account

_SECRET = "payments: secret of an account"  # noqa: S105  (what is sealed, not the secret)
_WEBHOOK_SECRET = "payments: webhook secret of an account"  # noqa: S105


@dataclass(frozen=True)
class KnownAccount:
    """What may be told of an account."""

    id: UUID
    provider: str
    public_key: str
    has_webhook_secret: bool


async def account_of(tx: Tx, *, provider: str, secret_key: bytes) -> Account:
    """The store's account with its secrets open; one without keys where none were entered.

    Raises NoAccount where they were sealed by another installation's secret.
    """
    row = await _row(tx, provider)
    if row is None:
        # Nobody has an account with the test provider; it signs with something that the store alone has all the same.
        signs = token(secret_key, "test provider", tx.store_id) if provider == ProviderName.TEST else ""
        return Account(store_id=tx.store_id, provider=provider, webhook_secret=signs)
    try:
        secret = unseal(secret_key, _SECRET, row.sealed_secret, tx.store_id).decode()
        webhook_secret = (
            unseal(secret_key, _WEBHOOK_SECRET, row.sealed_webhook_secret, tx.store_id).decode()
            if row.sealed_webhook_secret
            else ""
        )
    except NotOurs:
        raise NoAccount(provider=provider) from None
    return Account(
        store_id=tx.store_id,
        provider=provider,
        public_key=row.public_key,
        secret=secret,
        webhook_secret=webhook_secret,
    )


async def set_account(
    tx: Tx, *, provider: str, public_key: str, secret: str, webhook_secret: str | None, secret_key: bytes
) -> KnownAccount:
    """Keep the keys of the store's account, in place of those before. Nobody is shown the secrets again."""
    row = await _row(tx, provider) or tx.add(PaymentAccount(provider=provider, created_at=tx.now))
    row.public_key = public_key
    row.sealed_secret = seal(secret_key, _SECRET, secret.encode(), tx.store_id)
    row.sealed_webhook_secret = (
        seal(secret_key, _WEBHOOK_SECRET, webhook_secret.encode(), tx.store_id) if webhook_secret else None
    )
    row.changed_at = tx.now
    await tx.flush()
    return _known(row)


async def remove_account(tx: Tx, *, account_id: UUID) -> None:
    """Forget the keys of one of the store's accounts.

    Raises AccountNotFound.
    """
    gone = await tx.execute(delete(PaymentAccount).where(PaymentAccount.id == account_id).returning(PaymentAccount.id))
    if gone.one_or_none() is None:
        raise AccountNotFound()


async def public_key_of(tx: Tx, *, provider: str) -> str | None:
    """What the provider's own form needs to know whose shop it is in; None where it needs nothing."""
    row = await _row(tx, provider)
    return row.public_key or None if row else None


async def list_accounts(tx: Tx) -> list[KnownAccount]:
    """The store's accounts, without their secrets."""
    return [_known(row) for row in await tx.scalars(select(PaymentAccount).order_by(PaymentAccount.provider))]


def _known(row: PaymentAccount) -> KnownAccount:
    return KnownAccount(row.id, row.provider, row.public_key, row.sealed_webhook_secret is not None)


async def _row(tx: Tx, provider: str) -> PaymentAccount | None:
    return await tx.one_or_none(select(PaymentAccount).where(PaymentAccount.provider == provider))

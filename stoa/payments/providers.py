"""Finding the adapter of a provider: those of the house by name, others through the entry points `stoa.payments`."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from stoa.db.transaction import Database
from stoa.payments.provider import Account, Provider

GROUP = "stoa.payments"

# Our own are named here, since the house runs from its checkout without being installed (docs/decisions/0073). None is
# called `manual`: what staff see come and go is asked of nobody.
OURS = {
    "test": "stoa.adapters.payment_test:open_provider",
    "stripe": "stoa.adapters.payment_stripe:open_provider",
}


@dataclass(frozen=True)
class Surroundings:
    """What an adapter may use: the store's account, and what the installation gives it."""

    account: Account
    database: Database
    api_base: str | None = None


Factory = Callable[[Surroundings], Provider]


@dataclass(frozen=True)
class Providers:
    """The providers of an installation. `secret_key` opens the accounts; `api_bases`: addresses in place of theirs."""

    database: Database
    secret_key: bytes
    api_bases: tuple[tuple[str, str], ...] = ()

    def of(self, account: Account) -> Provider:
        """The provider of this account, ready to be asked."""
        bases = dict(self.api_bases)
        return factory(account.provider)(Surroundings(account, self.database, bases.get(account.provider)))


@cache
def factory(name: str) -> Factory:
    """What opens the provider of this name. Raises LookupError where there is none."""
    if name in OURS:
        module, _, function = OURS[name].partition(":")
        found: Any = getattr(importlib.import_module(module), function)
        return found  # type: ignore[no-any-return]
    for entry in entry_points(group=GROUP, name=name):
        return entry.load()  # type: ignore[no-any-return]
    raise LookupError(f"no provider of payments is called {name}")

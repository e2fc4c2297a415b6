"""Staff as a provider: they write down what they saw, so whatever is asked has been done."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime

from stoa.payments.models import AttemptState
from stoa.payments.provider import Ask, Charge, Notification, NotTheirs, Outcome, Provider
from stoa.payments.providers import Surroundings

_DONE = Outcome(state=AttemptState.SUCCEEDED)


class ManualProvider:
    """Bank transfers, cash, and what was paid elsewhere."""

    async def authorise(self, ask: Ask) -> Outcome:  # noqa: ARG002
        """Nobody promises anything."""
        return _DONE

    async def capture(self, ask: Ask) -> Outcome:  # noqa: ARG002
        """The money was seen."""
        return _DONE

    async def void(self, ask: Ask) -> Outcome:  # noqa: ARG002
        """It will not be asked for any more."""
        return _DONE

    async def refund(self, ask: Ask) -> Outcome:  # noqa: ARG002
        """It was handed back."""
        return _DONE

    async def find(self, ask: Ask) -> Outcome | None:  # noqa: ARG002
        """What was written down was done."""
        return _DONE

    async def charges_since(self, since: datetime) -> AsyncIterator[Charge]:  # noqa: ARG002
        """There are no other books than ours."""
        nothing: tuple[Charge, ...] = ()
        for charge in nothing:
            yield charge

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> Notification:  # noqa: ARG002
        """Nobody tells anything."""
        raise NotTheirs("nobody is expected to tell anything here")


def open_provider(surroundings: Surroundings) -> Provider:  # noqa: ARG001
    """What `stoa.payments.providers` opens."""
    return ManualProvider()

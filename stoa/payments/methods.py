"""Ways to pay, what each means for an order that is being placed, and who holds the money."""

from dataclasses import dataclass

from stoa.payments.models import ProviderName
from stoa.stores.models import PaymentMethod


@dataclass(frozen=True)
class Terms:
    """`captured`: the money is there at once. `confirmed`: the order goes ahead before it is.

    `asks`: a provider outside is asked after the order is placed, which holds its stock until the answer comes.
    """

    captured: bool
    confirmed: bool
    asks: bool = False


TERMS = {
    PaymentMethod.TEST: Terms(captured=True, confirmed=True),
    PaymentMethod.CARD: Terms(captured=False, confirmed=False, asks=True),
    PaymentMethod.CASH_ON_DELIVERY: Terms(captured=False, confirmed=True),
    PaymentMethod.BANK_TRANSFER: Terms(captured=False, confirmed=False),
    PaymentMethod.EXTERNAL: Terms(captured=True, confirmed=True),
}


@dataclass(frozen=True)
class Tender:
    """One part of an order's price and how it is paid. `amount`: minor units; None pays what the other parts leave."""

    method: PaymentMethod
    provider: ProviderName = ProviderName.MANUAL
    amount: int | None = None

    @property
    def terms(self) -> Terms:
        """What this way of paying means."""
        return TERMS[self.method]


def tender_by(method: str, *, amount: int | None = None, card_provider: str | None = None) -> Tender:
    """A tender by a method that the store takes; cards go to its provider of cards."""
    known = PaymentMethod(method)
    match known:
        case PaymentMethod.CARD:
            assert card_provider, "a store that takes cards has a provider for them"
            return Tender(known, ProviderName(card_provider), amount)
        case PaymentMethod.TEST:
            return Tender(known, ProviderName.TEST, amount)
        case _:
            return Tender(known, ProviderName.MANUAL, amount)

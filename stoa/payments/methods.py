"""Ways to pay that need nobody outside, and what each means for an order that is being placed."""

from dataclasses import dataclass

from stoa.stores.models import PaymentMethod


@dataclass(frozen=True)
class Terms:
    """`captured`: the money is there at once. `confirmed`: the order goes ahead before it is."""

    captured: bool
    confirmed: bool


TERMS = {
    PaymentMethod.TEST: Terms(captured=True, confirmed=True),
    PaymentMethod.CASH_ON_DELIVERY: Terms(captured=False, confirmed=True),
    PaymentMethod.BANK_TRANSFER: Terms(captured=False, confirmed=False),
    PaymentMethod.EXTERNAL: Terms(captured=True, confirmed=True),
}

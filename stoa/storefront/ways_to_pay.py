"""The ways to pay, in a shopper's words: what each is called, what it means, and what happens after."""

from dataclasses import dataclass

from stoa.stores.models import PaymentMethod


@dataclass(frozen=True)
class WayToPay:
    """`explained` stands beside the choice, `after` on the order's page while it is not paid."""

    method: str
    name: str
    explained: str
    after: str


WAYS_TO_PAY = {
    way.method: way
    for way in (
        WayToPay(
            PaymentMethod.TEST,
            "Test payment",
            "Accepted at once, and no money moves. For trying the shop out.",
            "This was a test payment: no money has moved.",
        ),
        WayToPay(
            PaymentMethod.CARD,
            "Card",
            "Your card is asked when you place the order, and what you ordered is kept for you meanwhile.",
            "Your card has promised the amount; it is charged when we take the order in hand.",
        ),
        WayToPay(
            PaymentMethod.CASH_ON_DELIVERY,
            "Cash on delivery",
            "You pay the carrier when the parcel is handed to you.",
            "Please have the amount ready when the parcel comes; the carrier takes it at the door.",
        ),
        WayToPay(
            PaymentMethod.BANK_TRANSFER,
            "Bank transfer",
            "You get our bank details with the order. We send it off when the money has come.",
            "We send your order off as soon as the money has come.",
        ),
    )
}

"""Staff see to orders: money that was seen is written down."""

from stoa import orders
from stoa.db.transaction import Tx
from stoa.simulator.acts import STAFF, Doing, Scene, kind


@kind("record a payment", role="staff", weight=4)
def record_payment(at: Scene) -> Doing | None:
    """A bank transfer was seen, or the carrier brought the cash; now and then another amount than is owed."""
    order = at.order(like=lambda order: any(method in _SEEN_LATER for method in order.methods))
    if order is None:
        return None
    amount = at.dice.choice([None, None, None, order.total, 1])

    async def do() -> None:
        async def work(tx: Tx) -> None:
            await orders.record_payment(tx, order_id=order.id, amount=amount)

        await at.inside(work, actor=STAFF)

    return Doing(do, (order.id,), {"amount": amount})


_SEEN_LATER = ("bank_transfer", "cash_on_delivery")

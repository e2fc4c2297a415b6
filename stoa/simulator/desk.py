"""Staff see to orders: money that was seen is written down, and what is not to be sent is taken back."""

from collections.abc import Sequence
from contextlib import suppress

from stoa import orders
from stoa.db.transaction import Tx
from stoa.edge.paying import providers_of
from stoa.kernel.ids import child_id
from stoa.orders.errors import NothingToHandBack
from stoa.orders.giving_up import give_up
from stoa.orders.models import CancellationReason
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


@kind("cancel an order", role="staff", weight=1.5)
def cancel_order(at: Scene) -> Doing | None:
    """All that is left of it; two who do it at once are likely."""
    order = at.order()
    if order is None:
        return None
    refund, reason = at.maybe(0.8), at.dice.choice([CancellationReason.CUSTOMER, CancellationReason.OUT_OF_STOCK])

    async def do() -> str:
        async def work(tx: Tx) -> str:
            cancelled = await orders.cancel_order(tx, order_id=order.id, reason=reason, refund=refund)
            if not refund:
                at.ledger.kept.add(order.id)
            return f"{cancelled.state} {cancelled.payment_state}"

        return await at.inside(work, actor=STAFF)

    return Doing(do, (order.id,), {"refund": refund})


@kind("take units back", role="staff", weight=3)
def cancel_units(at: Scene) -> Doing | None:
    """Some units of some lines; now and then more than there are, or of a line that the order does not have."""
    order = at.order()
    if order is None:
        return None
    units = {
        child_id(order.id, position): at.dice.choice([1, 1, 1, 2, 5])
        for position in at.dice.sample(range(1, order.lines + 2), at.dice.choice([1, 1, 2]))
    }
    refund = at.maybe(0.8)

    async def do() -> str:
        async def work(tx: Tx) -> str:
            left = await orders.cancel_units(
                tx, order_id=order.id, units=units, reason=CancellationReason.CUSTOMER, refund=refund
            )
            if not refund:
                at.ledger.kept.add(order.id)
            return f"{left.state} {left.payment_state}"

        return await at.inside(work, actor=STAFF)

    return Doing(do, (order.id,), {"units": list(units.values()), "refund": refund})


@kind("give money back", role="staff", weight=3)
def refund(at: Scene) -> Doing | None:
    """All that is there or a part of it, of all tenders or of one; now and then more than there is."""
    order = at.order()
    if order is None:
        return None
    amount = at.dice.choice([None, 1, max(order.total // 2, 1), order.total, order.total + 1])
    tenders = [child_id(order.id, at.dice.choice([1, 2]))] if at.maybe(0.2) else None

    async def do() -> str:
        async def work(tx: Tx) -> int:
            return (await orders.refund(tx, order_id=order.id, amount=amount, tenders=tenders)).amount

        return f"gives {await at.inside(work, actor=STAFF)} back"

    return Doing(do, (order.id,), {"amount": amount})


@kind("hand money back", role="staff", weight=1.5)
def hand_back(at: Scene) -> Doing | None:
    """What came by hand for orders that were given up, as far as it waits for that."""
    return Doing(lambda: hand_all_back(at, at_most=3))


@kind("give up what has no answer", role="staff", weight=0.5)
def give_up_unanswered(at: Scene) -> Doing | None:
    """The oldest of what was asked about money and is not done, or one a little younger."""
    which, looked = at.dice.choice([0, 0, 1, 3]), at.maybe(0.2)

    async def do() -> str:
        async def waiting(tx: Tx) -> Sequence[orders.Unanswered]:
            return (await orders.list_unanswered(tx, limit=which + 1)).items

        found = (await at.inside(waiting, actor=STAFF))[which:]
        for each in found:
            closed = await give_up(
                at.house.database, providers_of(at.house), at.store.id, order_id=each.order_id, attempt_id=each.id,
                actor=STAFF, looked=looked, clock=at.house.clock,
            )  # fmt: skip
            return f"{closed.kind} {closed.state}"
        return "nothing"

    return Doing(do, (), {"looked": looked})


async def hand_all_back(at: Scene, *, at_most: int = 100) -> str:
    """Hand back what waits longest; how much that was."""

    async def waiting(tx: Tx) -> Sequence[orders.Unanswered]:
        return (await orders.list_unanswered(tx, by_hand=True, limit=at_most)).items

    found = await at.inside(waiting, actor=STAFF)
    for each in found:

        async def work(tx: Tx, each: orders.Unanswered = each) -> None:
            await orders.hand_back(tx, order_id=each.order_id, attempt_id=each.id)

        # Two who hand back the same are likely.
        with suppress(NothingToHandBack):
            await at.inside(work, actor=STAFF)
    return str(len(found))


_SEEN_LATER = ("bank_transfer", "cash_on_delivery")

"""Staff promise more than there is: back-orders of what comes again, pre-orders of what is still to come."""

from datetime import timedelta

from stoa.catalog.models import BeyondStock
from stoa.db.transaction import SYSTEM, Tx
from stoa.inventory.beyond import end_promises, promise_beyond_stock
from stoa.simulator.acts import SELDOM, STAFF, Doing, Scene, kind


@kind("promise beyond stock", role="staff", weight=2)
def promise(at: Scene) -> Doing | None:
    """Some units more, or none any more; now and then fewer than are promised, or for a day that is past."""
    variant, how = at.dice.choice(at.store.variants[1:]), at.dice.choice([*BeyondStock, BeyondStock.BACKORDER])
    limit, days = at.dice.choice([0, 2, 10, 10]), at.dice.choice([-1, 2, 10, 30])

    async def do() -> str:
        async def work(tx: Tx) -> str:
            ships_on = (tx.now + timedelta(days=days)).date()
            beyond = await promise_beyond_stock(tx, variant_id=variant, kind=how, limit=limit, ships_on=ships_on)
            return f"{beyond.kind} {beyond.promised} of {beyond.limit}"

        return await at.inside(work, actor=STAFF)

    return Doing(do, (variant,), {"kind": str(how), "limit": limit, "days": days})


@kind("end promises", role="job", weight=0.5, minutes=SELDOM)
def end(at: Scene) -> Doing | None:
    """Of what was to come by a day that is past."""

    async def do() -> str:
        return str(await at.inside(lambda tx: end_promises(tx, 200), actor=SYSTEM))

    return Doing(do)

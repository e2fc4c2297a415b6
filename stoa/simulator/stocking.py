"""Staff see to the stock: units come in, are counted, corrected and kept back, warehouses close and open."""

from stoa import inventory
from stoa.db.transaction import Tx
from stoa.inventory.receipts import Receipt
from stoa.simulator.acts import STAFF, Doing, Scene, kind


@kind("receive units", role="staff", weight=6)
def receive(at: Scene) -> Doing | None:
    """Units of a few things, rather of those that sell."""
    variants = at.dice.sample(at.store.variants, at.dice.choice([1, 2, 4]))
    receipts = [
        Receipt(variant, at.dice.choice(at.store.warehouses), at.dice.choice([1, 5, 25])) for variant in variants
    ]

    async def do() -> None:
        await at.inside(lambda tx: inventory.receive_many(tx, receipts=receipts, reason="came in"), actor=STAFF)

    return Doing(do, tuple(variants), {"units": [receipt.quantity for receipt in receipts]})


@kind("adjust the stock", role="staff")
def adjust(at: Scene) -> Doing | None:
    """Found, broken or lost; perhaps more than there are."""
    variant, warehouse = at.dice.choice(at.store.variants), at.dice.choice(at.store.warehouses)
    by = at.dice.choice([1, 4, -1, -2, -5, -1000])

    async def do() -> None:
        async def work(tx: Tx) -> None:
            await inventory.adjust(tx, variant_id=variant, warehouse_id=warehouse, by=by, reason="broken or found")

        await at.inside(work, actor=STAFF)

    return Doing(do, (variant, warehouse), {"by": by})


@kind("count the stock", role="staff")
def count(at: Scene) -> Doing | None:
    """A count that may find fewer than are promised."""
    variant, warehouse = at.dice.choice(at.store.variants), at.dice.choice(at.store.warehouses)
    found = at.dice.choice([0, 1, 5, 30])

    async def do() -> None:
        async def work(tx: Tx) -> None:
            await inventory.count(tx, variant_id=variant, warehouse_id=warehouse, found=found, reason="counted")

        await at.inside(work, actor=STAFF)

    return Doing(do, (variant, warehouse), {"found": found})


@kind("keep units back", role="staff", weight=0.7)
def set_safety(at: Scene) -> Doing | None:
    """Safety stock."""
    variant, warehouse = at.dice.choice(at.store.variants), at.dice.choice(at.store.warehouses)
    units = at.dice.choice([0, 0, 1, 2])

    async def do() -> None:
        async def work(tx: Tx) -> None:
            await inventory.set_safety(tx, variant_id=variant, warehouse_id=warehouse, units=units)

        await at.inside(work, actor=STAFF)

    return Doing(do, (variant, warehouse), {"units": units})


@kind("change a warehouse", role="staff", weight=0.7)
def update_warehouse(at: Scene) -> Doing | None:
    """Its turn, and whether it ships; one of them always does."""
    first, *others = at.store.warehouses
    warehouse = at.dice.choice([first, *others])
    priority, is_active = at.dice.randrange(3), warehouse == first or at.maybe(0.8)

    async def do() -> None:
        async def work(tx: Tx) -> None:
            await inventory.update_warehouse(tx, warehouse_id=warehouse, priority=priority, is_active=is_active)

        await at.inside(work, actor=STAFF)

    return Doing(do, (warehouse,), {"priority": priority, "is_active": is_active})

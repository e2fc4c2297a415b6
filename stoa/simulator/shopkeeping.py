"""Staff run the shop: prices, what is sold, how it is sold, codes."""

from dataclasses import replace

from stoa import budgets, carts, catalog
from stoa.budgets.codes import create_code as make_code
from stoa.budgets.codes import end_code as let_end
from stoa.db.transaction import Tx
from stoa.simulator.acts import STAFF, Doing, Scene, kind
from stoa.simulator.store import SimulatedCode
from stoa.simulator.world import random_settings
from stoa.stores.settings import change_settings, settings_of


@kind("set a price", role="staff", weight=1.5)
def set_price(at: Scene) -> Doing | None:
    """A variant costs something else from now on, or the same as before."""
    variant, amount = at.dice.choice(at.store.variants), at.dice.choice([0, 1, 99, 1250, 3333, 100_000])

    async def do() -> None:
        await at.inside(lambda tx: catalog.set_price(tx, variant_id=variant, amount=amount), actor=STAFF)

    return Doing(do, (variant,), {"amount": amount})


@kind("agree on a price", role="staff", weight=1)
def agree_on_a_price(at: Scene) -> Doing | None:
    """Staff put a line at a price of its own into a shopper's cart; it stands whatever the list says."""
    cart = at.cart()
    if cart is None:
        return None
    amount, quantity = at.dice.choice([0, 1, 777]), at.dice.choice([1, 2])
    wanted = carts.Wanted(at.dice.choice(at.store.variants), quantity, carts.StaffPrice(amount, "agreed"))

    async def do() -> None:
        async def work(tx: Tx) -> None:
            await carts.add_lines(tx, cart_id=cart.id, holder=carts.STAFF, wanted=[wanted])

        await at.inside(work, actor=STAFF)
        cart.priced_as(None, 0)

    return Doing(do, (cart.id, wanted.variant_id), {"amount": amount, "units": quantity})


@kind("change what is sold", role="staff", weight=0.7)
def update_variant(at: Scene) -> Doing | None:
    """Taken out of sale, or back into it; the first is never counted, the others always are."""
    variant, is_active = at.dice.choice(at.store.variants), at.maybe(0.8)

    async def do() -> None:
        async def work(tx: Tx) -> None:
            await catalog.update_variant(tx, variant_id=variant, is_active=is_active)

        await at.inside(work, actor=STAFF)

    return Doing(do, (variant,), {"is_active": is_active})


@kind("change how it is sold", role="staff", weight=0.5)
def settings(at: Scene) -> Doing | None:
    """Tax, shipping, allocation, splitting, how long is held. The edge learns of it when it looks again."""
    changes = random_settings(at.dice)

    async def do() -> None:
        async def work(tx: Tx) -> None:
            await change_settings(tx, **changes)

        await at.inside(work, actor=STAFF)

    return Doing(do, (), changes)


@kind("look at the settings again", role="edge", weight=1)
def look_again(at: Scene) -> Doing | None:
    """What the edge remembers of a store is seconds old."""

    async def do() -> None:
        fresh = await at.inside(settings_of)
        at.store.entry = replace(at.store.entry, settings=fresh)

    return Doing(do)


@kind("make a code", role="staff", weight=1)
def create_code(at: Scene) -> Doing | None:
    """For few orders or many."""
    word, amount = f"CODE{at.dice.randrange(10**9)}", at.dice.choice([1, 500, 100_000])
    uses = at.dice.choice([1, 1, 2, 5, 100])

    async def do() -> None:
        made: list[budgets.codes.Code] = []

        async def work(tx: Tx) -> None:
            made.append(await make_code(tx, code=word, amount=amount, uses=uses))

        await at.inside(work, actor=STAFF)
        at.store.codes.append(SimulatedCode(made[-1].id, word))
        del at.store.codes[:-6]

    return Doing(do, (), {"code": word, "amount": amount, "uses": uses})


@kind("end a code", role="staff", weight=0.3)
def end_code(at: Scene) -> Doing | None:
    """Now."""
    if not at.store.codes:
        return None
    code = at.dice.choice(at.store.codes)

    async def do() -> None:
        await at.inside(lambda tx: let_end(tx, code_id=code.id), actor=STAFF)

    return Doing(do, (code.id,), {"code": code.word})

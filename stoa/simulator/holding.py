"""Shoppers have their carts held for a while; what is not bought in time goes back."""

from stoa import carts
from stoa.db.transaction import SYSTEM, Tx
from stoa.inventory.reservations import expire_reservations
from stoa.simulator.acts import Doing, Scene, kind
from stoa.simulator.shopping import holder_of


@kind("hold the cart", role="shopper", weight=6)
def hold(at: Scene) -> Doing | None:
    """What is in it is theirs for some minutes; asked again, for longer."""
    cart = at.cart()
    if cart is None:
        return None

    async def do() -> str:
        async def work(tx: Tx) -> str:
            held = await carts.hold(tx, cart_id=cart.id, holder=holder_of(cart))
            return f"until {held.expires_at.isoformat(timespec='seconds')}" if held else "nothing is counted"

        return await at.inside(work)

    return Doing(do, (cart.id,))


@kind("let the hold go", role="shopper")
def release(at: Scene) -> Doing | None:
    """It is given back at once."""
    cart = at.cart()
    if cart is None:
        return None

    async def do() -> None:
        await at.inside(lambda tx: carts.release(tx, cart_id=cart.id, holder=holder_of(cart)))

    return Doing(do, (cart.id,))


@kind("let holds expire", role="job", weight=2)
def expire(at: Scene) -> Doing | None:
    """What carts held past its time goes back to the shelf."""

    async def do() -> str:
        return str(await at.inside(lambda tx: expire_reservations(tx, 200), actor=SYSTEM))

    return Doing(do)

"""Shoppers fill carts, change them, say who they are and ask what it costs."""

from stoa import carts
from stoa.carts.holding import Holder
from stoa.customers.postal import PostalAddress
from stoa.db.transaction import Tx
from stoa.simulator.acts import Doing, Scene, kind
from stoa.simulator.store import SimulatedCart

_ADDRESSES = (
    PostalAddress(
        name="Ada Lovelace", line1="12 St James's Square", city="London", postal_code="SW1Y 4JH", country="GB"
    ),
    PostalAddress(name="Emmy Noether", line1="Hauptstrasse 1", city="Erlangen", postal_code="91054", country="DE"),
    PostalAddress(name="Sophie Germain", line1="13 rue de Savoie", city="Paris", postal_code="75006", country="FR"),
)

MOST_CARTS = 30


@kind("open a cart", role="shopper", weight=6)
def open_cart(at: Scene) -> Doing | None:
    """A shopper comes, puts something in, says who they are, and perhaps asks at once what it costs."""
    wanted = _wanted(at)
    address, asks = at.dice.choice(_ADDRESSES), at.maybe(0.6)

    async def do() -> str:
        async def work(tx: Tx) -> SimulatedCart:
            cart = await carts.open_cart(tx, secret_key=at.house.secret_key)
            await tx.flush()
            token = carts.cart_token(at.house.secret_key, cart.id)
            holder = Holder.of_token(token)
            await carts.add_lines(tx, cart_id=cart.id, holder=holder, wanted=[wanted])
            await carts.set_contact(tx, cart_id=cart.id, holder=holder, email="someone@example.com", shipping=address)
            made = await _remembered(tx, SimulatedCart(cart.id, token))
            if asks:
                kept = await carts.quote(tx, cart_id=cart.id, holder=holder)
                made.priced_as(kept.id, kept.total)
            return made

        cart = await at.inside(work)
        at.store.carts.append(cart)
        for left_standing in at.store.carts[:-MOST_CARTS]:
            at.store.forget_cart(left_standing)
        return str(cart.id)

    return Doing(do, (wanted.variant_id,), {"units": wanted.quantity})


@kind("put something in", role="shopper", weight=5)
def add_line(at: Scene) -> Doing | None:
    """Something more."""
    cart = at.cart()
    if cart is None:
        return None
    wanted = _wanted(at)

    async def do() -> None:
        async def work(tx: Tx) -> None:
            await carts.add_lines(tx, cart_id=cart.id, holder=holder_of(cart), wanted=[wanted])
            await _remembered(tx, cart)

        await at.inside(work)

    return Doing(do, (cart.id, wanted.variant_id), {"units": wanted.quantity})


@kind("change how many", role="shopper", weight=3)
def change_quantity(at: Scene) -> Doing | None:
    """More or fewer of one thing."""
    cart = at.cart()
    if cart is None or not cart.lines:
        return None
    line_id, quantity = at.dice.choice(cart.lines), at.dice.choice([1, 1, 2, 3, 9, 60])

    async def do() -> None:
        async def work(tx: Tx) -> None:
            await carts.change_quantity(tx, cart_id=cart.id, holder=holder_of(cart), line_id=line_id, quantity=quantity)
            await _remembered(tx, cart)

        await at.inside(work)

    return Doing(do, (cart.id,), {"units": quantity})


@kind("take something out", role="shopper")
def remove_line(at: Scene) -> Doing | None:
    """One line less."""
    cart = at.cart()
    if cart is None or not cart.lines:
        return None
    line_id = at.dice.choice(cart.lines)

    async def do() -> None:
        async def work(tx: Tx) -> None:
            await carts.remove_line(tx, cart_id=cart.id, holder=holder_of(cart), line_id=line_id)
            await _remembered(tx, cart)

        await at.inside(work)

    return Doing(do, (cart.id,))


@kind("say where it goes", role="shopper", weight=2)
def set_contact(at: Scene) -> Doing | None:
    """Another address, or none yet."""
    cart = at.cart()
    if cart is None:
        return None
    address = at.dice.choice([*_ADDRESSES, None])

    async def do() -> None:
        async def work(tx: Tx) -> None:
            await carts.set_contact(
                tx, cart_id=cart.id, holder=holder_of(cart), email="other@example.com", shipping=address
            )

        await at.inside(work)
        cart.priced_as(None, 0)

    return Doing(do, (cart.id,), {"country": address.country if address else None})


@kind("type a code", role="shopper", weight=2)
def apply_code(at: Scene) -> Doing | None:
    """A discount code that may have ended or been used up."""
    cart = at.cart()
    if cart is None:
        return None
    code = at.dice.choice([one.word for one in at.store.codes[-4:]] + ["NO-SUCH-CODE"])

    async def do() -> None:
        async def work(tx: Tx) -> None:
            await carts.apply_code(tx, cart_id=cart.id, holder=holder_of(cart), code=code)

        await at.inside(work)
        cart.priced_as(None, 0)

    return Doing(do, (cart.id,), {"code": code})


@kind("take the code off", role="shopper", weight=0.5)
def remove_code(at: Scene) -> Doing | None:
    """Without it after all."""
    cart = at.cart()
    if cart is None:
        return None

    async def do() -> None:
        async def work(tx: Tx) -> None:
            await carts.remove_code(tx, cart_id=cart.id, holder=holder_of(cart))

        await at.inside(work)
        cart.priced_as(None, 0)

    return Doing(do, (cart.id,))


@kind("ask what it costs", role="shopper", weight=12)
def quote(at: Scene) -> Doing | None:
    """A quote, which is what is bought."""
    cart = at.cart(priced=False) or at.cart()
    if cart is None:
        return None

    async def do() -> str:
        kept = await at.inside(lambda tx: carts.quote(tx, cart_id=cart.id, holder=holder_of(cart)))
        cart.priced_as(kept.id, kept.total)
        return f"{kept.total} {kept.currency}"

    return Doing(do, (cart.id,))


def holder_of(cart: SimulatedCart) -> Holder:
    """Whoever has its token."""
    return Holder.of_token(cart.token)


def _wanted(at: Scene) -> carts.Wanted:
    """Units of something: rather of what everybody wants, and rather few."""
    variant = at.dice.choice(at.store.variants[:3] if at.maybe(0.5) else at.store.variants)
    return carts.Wanted(variant, at.dice.choice([1, 1, 1, 2, 2, 3, 5, 20]))


async def _remembered(tx: Tx, cart: SimulatedCart) -> SimulatedCart:
    """What the shopper sees after a change: the lines there are now, and no price yet."""
    view = await carts.read_cart(tx, cart_id=cart.id, holder=holder_of(cart))
    cart.lines = [line.id for line in view.lines]
    cart.priced_as(None, 0)
    return cart

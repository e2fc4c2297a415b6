"""The units in a cart are held for its shopper for a while, so that nobody buys them from under their hands.

A cart without a hold promises nothing; one with a hold keeps it in step with its lines: whatever changes them replaces
the hold in the same transaction, or is refused.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm.attributes import set_committed_value

from stoa.carts.errors import CartCompleted, CartEmpty, CartNotFound, NotEnoughStock
from stoa.carts.facts import variant_facts
from stoa.carts.holding import Holder, lock_as_quoted
from stoa.carts.models import Cart, CartLine
from stoa.carts.standing import StandingCart
from stoa.db.transaction import Tx
from stoa.inventory.errors import NotTogether
from stoa.inventory.reservations import Answer, Hold, extend, held_reservation, hold_of, hold_stock, release_stock
from stoa.stores.models import Allocation
from stoa.stores.settings import settings_of


async def hold(tx: Tx, *, cart_id: UUID, holder: Holder) -> Hold | None:
    """Hold what is in the cart for the store's `hold_minutes` from now; what it holds already, for as long again.

    A hold lasts a day at most, however often it is extended. The cart's quote stands. None where no unit in the cart
    is counted: there is nothing to hold. Raises CartNotFound, CartCompleted, CartEmpty, NotEnoughStock, NotTogether.
    """
    cart = await lock_as_quoted(tx, cart_id=cart_id, holder=holder)
    reservation = await held_reservation(tx, cart.reservation_id) if cart.reservation_id else None
    until = tx.now + timedelta(minutes=(await settings_of(tx)).hold_minutes)
    if reservation is not None:
        await extend(tx, reservation=reservation, until=until)
        return await hold_of(tx, reservation.id)
    if await tx.one_or_none(select(CartLine.id).where(CartLine.cart_id == cart.id).limit(1)) is None:
        raise CartEmpty()
    set_committed_value(cart, "reservation_id", await _hold_anew(tx, cart))
    return await hold_of_cart(tx, cart)


async def release(tx: Tx, *, cart_id: UUID, holder: Holder) -> None:
    """Give back what the cart holds; one that holds nothing is left as it is.

    Raises CartNotFound, CartCompleted.
    """
    cart = await lock_as_quoted(tx, cart_id=cart_id, holder=holder)
    if cart.reservation_id is not None:
        await release_stock(tx, reservation_ids=[cart.reservation_id])
        set_committed_value(cart, "reservation_id", None)


async def keep_in_step(tx: Tx, cart: StandingCart) -> Hold | None:
    """After the lines of a cart that holds its units changed: what it holds becomes what is in it, for as long as if
    it were extended. An emptied cart holds nothing afterwards.

    Raises NotEnoughStock, NotTogether: then nothing may be kept of the change either.
    """
    reservation_id = await _hold_anew(tx, cart)
    return await hold_of(tx, reservation_id) if reservation_id else None


async def keep_rest(tx: Tx, cart: StandingCart) -> Hold | None:
    """The same after something was taken out, which nobody is refused: where the rest cannot be held any more (a count
    found less meanwhile), the cart holds nothing."""
    try:
        return await keep_in_step(tx, cart)
    except (NotEnoughStock, NotTogether):
        assert cart.reservation_id is not None, "the cart holds its units"
        await release_stock(tx, reservation_ids=[cart.reservation_id])
        return None


async def hold_nearer(tx: Tx, cart: Cart) -> None:
    """After it was said where a cart goes: where the store serves from the nearest warehouse, what the cart holds is
    held anew, for as long as before; what cannot be stays held as it is. A cart that holds nothing costs nothing here.
    """
    if cart.reservation_id is None or (await settings_of(tx)).allocation != Allocation.NEAREST:
        return
    reservation = await held_reservation(tx, cart.reservation_id)
    if reservation is not None:
        await tx.flush()
        (answer,) = await hold_stock(tx, until={cart.id: reservation.expires_at})
        if answer.kind == "held":
            set_committed_value(cart, "reservation_id", answer.reservation_id)


async def hold_of_cart(tx: Tx, cart: Cart) -> Hold | None:
    """What the cart holds; no statement where it holds nothing."""
    return await hold_of(tx, cart.reservation_id) if cart.reservation_id else None


async def _hold_anew(tx: Tx, cart: Cart | StandingCart) -> UUID | None:
    await tx.flush()
    until = tx.now + timedelta(minutes=(await settings_of(tx)).hold_minutes)
    (answer,) = await hold_stock(tx, until={cart.id: until})
    if answer.kind not in ("held", "nothing_counted"):
        await _refuse(tx, cart, answer)
    return answer.reservation_id


async def _refuse(tx: Tx, cart: Cart | StandingCart, answer: Answer) -> None:
    match answer.kind:
        case "out_of_stock":
            assert answer.variant_id is not None, "what is short is named"
            facts = await variant_facts(tx, variant_ids=[answer.variant_id], currency=cart.currency)
            title = facts[answer.variant_id].full_title
            raise NotEnoughStock(variant_id=answer.variant_id, title=title, asked=answer.asked, free=answer.free)
        case "not_together":
            raise NotTogether()
        case "cart_completed":
            raise CartCompleted()
        case _:
            raise CartNotFound()

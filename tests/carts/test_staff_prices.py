"""A price that staff set for a line is for the units they set it for: no shopper makes more of them."""

from contextlib import suppress
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stoa import carts
from stoa.carts.errors import BadQuantity, CartEmpty, CartLineNotFound, NotEnoughStock, StaffPriced
from stoa.carts.reading import CartLineView, CartView
from stoa.db.transaction import Database, Tx
from tests.conftest import SECRET_KEY, open_a_store
from tests.examples import examples
from tests.make.selling import sellable
from tests.promises import refused

REASON = "a scratch"


async def priced_cart(tx: Tx, variant_id: UUID, units: int, amount: int) -> tuple[UUID, carts.Holder]:
    """A guest's cart, into which staff put units at a price of theirs."""
    cart = await carts.open_cart(tx, secret_key=SECRET_KEY)
    await tx.flush()
    wanted = carts.Wanted(variant_id, units, carts.StaffPrice(amount, REASON))
    await carts.add_lines(tx, cart_id=cart.id, holder=carts.STAFF, wanted=[wanted])
    return cart.id, carts.Holder.of_token(carts.cart_token(SECRET_KEY, cart.id))


def told(view: CartView) -> list[tuple[int, int, str | None]]:
    """How many units each line has, what they cost, and why staff say so."""
    return [(line.quantity, line.amount, line.override_reason) for line in view.lines]


@pytest.mark.parametrize("holds", [False, True])
async def test_the_units_of_a_staff_price_stand(tx: Tx, holds: bool) -> None:
    mug = await sellable(tx, stock=5000)
    cart_id, guest = await priced_cart(tx, mug, 2, 1500)
    if holds:
        await carts.hold(tx, cart_id=cart_id, holder=guest)
    (line,) = (await carts.read_cart(tx, cart_id=cart_id, holder=guest)).lines

    for who in (guest, carts.STAFF):
        for quantity in (1, 3, 1000):
            with refused(StaffPriced) as refusal:
                await carts.change_quantity(tx, cart_id=cart_id, holder=who, line_id=line.id, quantity=quantity)
            assert refusal.value.quantity == 2
    with refused(BadQuantity):
        await carts.change_quantity(tx, cart_id=cart_id, holder=guest, line_id=line.id, quantity=0)
    same = await carts.change_quantity(tx, cart_id=cart_id, holder=guest, line_id=line.id, quantity=2)

    assert told(same) == [(2, 1500, REASON)]
    assert told(await carts.read_cart(tx, cart_id=cart_id, holder=guest)) == [(2, 1500, REASON)]
    assert (await carts.quote(tx, cart_id=cart_id, holder=guest)).subtotal == 1500


async def test_more_of_it_is_a_line_at_the_price_of_the_list_and_it_can_be_taken_out(tx: Tx) -> None:
    mug = await sellable(tx, stock=9, price=1250)
    cart_id, guest = await priced_cart(tx, mug, 1, 1500)

    for quantity in (1, 2):
        await carts.add_lines(tx, cart_id=cart_id, holder=guest, wanted=[carts.Wanted(mug, quantity)])
    view = await carts.read_cart(tx, cart_id=cart_id, holder=guest)
    rest = await carts.remove_line(tx, cart_id=cart_id, holder=guest, line_id=view.lines[0].id)

    assert told(view) == [(1, 1500, REASON), (3, 3750, None)]
    assert told(rest) == [(3, 3750, None)]


ACTS = st.lists(
    st.tuples(st.sampled_from(["add", "change", "remove", "hold", "release"]), st.integers(0, 3), st.integers(1, 60)),
    max_size=12,
)


@examples(40)
@given(units=st.integers(1, 5), amount=st.integers(0, 2000), acts=ACTS)
async def test_whatever_a_shopper_does_a_staff_price_buys_its_units_or_none(
    database: Database, units: int, amount: int, acts: list[tuple[str, int, int]]
) -> None:
    store = await open_a_store(database)
    async with database.store(store.id) as tx:
        mug = await sellable(tx, stock=80, price=1250)
        cart_id, guest = await priced_cart(tx, mug, units, amount)

    for act, which, quantity in acts:
        with suppress(StaffPriced, NotEnoughStock, CartEmpty, CartLineNotFound):
            async with database.store(store.id) as tx:
                await _do(tx, cart_id, guest, mug, act, which, quantity)

    async with database.store(store.id) as tx:
        lines = (await carts.read_cart(tx, cart_id=cart_id, holder=guest)).lines
    assert [_figures(line) for line in lines if line.override_reason] in ([], [(units, amount)])
    assert all(line.amount == 1250 * line.quantity for line in lines if line.override_reason is None)


def _figures(line: CartLineView) -> tuple[int, int]:
    return line.quantity, line.amount


async def _do(tx: Tx, cart_id: UUID, guest: carts.Holder, mug: UUID, act: str, which: int, quantity: int) -> None:
    lines = (await carts.read_cart(tx, cart_id=cart_id, holder=guest)).lines
    line_id = lines[which % len(lines)].id if lines else uuid4()
    match act:
        case "add":
            await carts.add_lines(tx, cart_id=cart_id, holder=guest, wanted=[carts.Wanted(mug, quantity)])
        case "change":
            await carts.change_quantity(tx, cart_id=cart_id, holder=guest, line_id=line_id, quantity=quantity)
        case "remove":
            await carts.remove_line(tx, cart_id=cart_id, holder=guest, line_id=line_id)
        case "hold":
            await carts.hold(tx, cart_id=cart_id, holder=guest)
        case _:
            await carts.release(tx, cart_id=cart_id, holder=guest)

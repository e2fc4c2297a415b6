"""A price that staff agreed to for a line: everybody who has the cart tries to get more for it."""

from stoa import carts
from tests.attacks.mob import Ask, Mob, told


async def test_nobody_gets_more_units_for_a_staff_price(mob: Mob):
    mug = await mob.variant(stock=100_000, price=1250)
    (cart,) = await mob.carts(1, (mug, 1))
    theirs = {"cart-token": cart.token}
    async with mob.database.store(mob.store.id) as tx:
        wanted = carts.Wanted(mug, 1, carts.StaffPrice(1500, "a scratch"))
        view = await carts.add_lines(tx, cart_id=cart.id, holder=carts.STAFF, wanted=[wanted])
    at_list, priced = (f"/carts/{cart.id}/lines/{line.id}" for line in view.lines)

    answers = await mob.sends(
        ask
        for quantity in range(2, 62)
        for ask in (
            Ask("PATCH", priced, {"quantity": quantity}, theirs),
            Ask("POST", f"/carts/{cart.id}/lines", {"variant_id": str(mug), "quantity": 1}, theirs),
            Ask("PATCH", priced, {"quantity": 1000}, theirs | {"idempotency-key": f"more-{quantity}"}),
        )
    )
    [quoted] = await mob.sends([Ask("POST", f"/carts/{cart.id}/quotes", None, theirs)])
    body = {"quote_id": quoted.json()["id"], "payment_method": "test"}
    [bought] = await mob.sends([Ask("POST", cart.path, body, theirs)])

    assert told(answers[0::3]) == told(answers[2::3]) == {"409 carts.staff_priced": 60}
    more = told(answers[1::3])
    assert set(more) <= {"201", "409 carts.busy"}
    units = 1 + more["201"]
    assert at_list != priced
    assert quoted.json()["subtotal"] == 1250 * units + 1500
    assert bought.status_code == 201
    [order] = await mob.orders()
    assert order.subtotal == 1250 * units + 1500
    assert await mob.committed() == units + 1

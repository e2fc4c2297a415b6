"""One cart, bought by many at once: changed between pricing and paying, sent fifty times, with the keys of others."""

from uuid import uuid4

from sqlalchemy import func, select

from stoa.carts.models import Quote
from stoa.orders.models import OrderLine
from tests.attacks.mob import Ask, Mob, buying, told
from tests.make.ready_carts import ReadyCart


async def test_fifty_parallel_completions_of_one_cart_are_one_order(mob: Mob):
    mug = await mob.variant(stock=100)
    same_key, own_keys, no_keys = await mob.carts(3, (mug, 2))

    answers = await mob.sends(
        [
            *(buying(same_key, key="buy") for _ in range(50)),
            *(buying(own_keys, key=uuid4().hex) for _ in range(50)),
            *(buying(no_keys) for _ in range(50)),
        ]
    )

    for sent in (answers[:50], answers[50:100], answers[100:]):
        assert told(sent) == {"201": 1, "200": 49}
        assert len({answer.text for answer in sent}) == 1
    assert {order.cart_id for order in await mob.orders()} == {same_key.id, own_keys.id, no_keys.id}
    assert len(await mob.orders()) == 3
    assert await mob.committed() == 6


async def test_a_cart_changed_while_it_is_bought_costs_what_was_quoted_or_is_refused(mob: Mob):
    cheap, dear = await mob.variant(stock=1000, price=100), await mob.variant(stock=1000, price=90_000)
    carts = await mob.carts(40, (cheap, 1))

    def put_in(cart: ReadyCart) -> Ask:
        line = {"variant_id": str(dear), "quantity": 5}
        return Ask("POST", f"/carts/{cart.id}/lines", line, {"cart-token": cart.token})

    answers = await mob.sends(ask for cart in carts for ask in (put_in(cart), buying(cart), put_in(cart)))

    bought = told(answers[1::3])
    orders = await mob.orders()
    assert set(bought) <= {"201", "409 checkout.quote_changed"}
    assert bought["201"] == len(orders)
    # Whoever was sold to paid for what they got: the one cheap thing, and its shipping.
    assert {(order.subtotal, order.total) for order in orders} <= {(100, 495)}
    async with mob.database.store(mob.store.id) as tx:
        lines = await tx.execute(
            select(OrderLine.variant_id, func.sum(OrderLine.quantity))
            .where(OrderLine.store_id == mob.store.id)
            .group_by(OrderLine.variant_id)
        )
        assert {variant_id: int(units) for variant_id, units in lines} == ({cheap: len(orders)} if orders else {})
    assert await mob.committed() == len(orders)


async def test_a_cheap_quote_buys_no_dear_cart(mob: Mob):
    cheap, dear = await mob.variant(stock=1000, price=100), await mob.variant(stock=1000, price=90_000)
    cheap_carts, dear_carts = await mob.carts(40, (cheap, 1)), await mob.carts(40, (dear, 1))

    answers = await mob.sends(
        Ask("POST", theirs.path, ours.body(), {"cart-token": theirs.token})
        for ours, theirs in zip(cheap_carts, dear_carts, strict=True)
    )

    assert told(answers) == {"409 checkout.quote_changed": 40}
    assert await mob.orders() == []
    assert await mob.committed() == 0


async def test_the_key_of_another_shopper_shows_nothing_and_buys_nothing(mob: Mob):
    mug = await mob.variant(stock=1000)
    (victim,) = await mob.carts(1, (mug, 1))
    thieves = await mob.carts(40, (mug, 1))
    (bought,) = await mob.sends([buying(victim, key="overheard")])
    order = bought.json()

    # At the victim's cart, with a token of one's own or none; and at one's own cart, in the middle of all that.
    answers = await mob.sends(
        ask
        for thief in thieves
        for ask in (
            buying(victim, key="overheard", cart_token=thief.token),
            Ask("POST", victim.path, victim.body(), {"idempotency-key": "overheard"}),
            buying(thief, key="overheard"),
        )
    )

    assert told(answers[0::3]) == {"404 carts.not_found": 40}
    assert told(answers[1::3]) == {"404 carts.not_found": 40}
    assert told(answers[2::3]) == {"201": 40}
    for answer in answers:
        assert order["id"] not in answer.text
        assert order["token"] not in answer.text
    assert len({answer.json()["id"] for answer in answers[2::3]}) == 40
    assert len(await mob.orders()) == 41
    assert await mob.committed() == 41


async def test_a_cart_asked_for_quotes_while_it_is_bought_keeps_the_one_it_was_bought_at(mob: Mob):
    mug = await mob.variant(stock=100)
    carts = await mob.carts(10, (mug, 1))

    def price(cart: ReadyCart) -> Ask:
        return Ask("POST", f"/carts/{cart.id}/quotes", None, {"cart-token": cart.token})

    answers = await mob.sends(ask for cart in carts for ask in (*[price(cart)] * 5, buying(cart), *[price(cart)] * 5))

    bought = told(answers[5::11])
    assert set(bought) <= {"201", "409 checkout.quote_changed"}
    orders = {order.cart_id: order for order in await mob.orders()}
    assert len(orders) == bought["201"]
    async with mob.database.store(mob.store.id) as tx:
        kept = {quote.id: quote.cart_id for quote in await tx.scalars(select(Quote))}
    assert {order.quote_id: order.cart_id for order in orders.values()}.items() <= kept.items()
    assert all(list(kept.values()).count(cart.id) == 1 for cart in carts)

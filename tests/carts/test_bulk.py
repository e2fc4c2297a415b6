"""Many carts made by sets are what the same carts would have been, made step by step."""

from typing import Any

from sqlalchemy import select

from stoa import carts
from stoa.carts.bulk import NewCart, fill_carts
from stoa.carts.errors import BadQuantity, CartEmpty, NotEnoughStock, NotForSale, UnknownVariant
from stoa.carts.models import Cart, CartLine, OrderContact, Quote
from stoa.customers.postal import PostalAddress
from stoa.db.transaction import Tx
from stoa.kernel.emails import BadEmail
from tests.conftest import SECRET_KEY
from tests.make import Make

HOME = PostalAddress(name="Ada", line1="12 Square", city="London", country="gb")


def facts_of(row: Any, *but: str) -> dict[str, Any]:
    """A row's columns, but for those that differ by nature."""
    return {column.name: getattr(row, column.name) for column in row.__table__.columns if column.name not in but}


async def whole(tx: Tx, cart_id: Any) -> list[Any]:
    """Everything that belongs to a cart, without ids."""
    tx.session.expunge_all()
    cart = await tx.get(Cart, cart_id)
    assert cart is not None
    contact = await tx.get(OrderContact, cart.contact_id) if cart.contact_id else None
    quote = await tx.get(Quote, cart.quote_id) if cart.quote_id else None
    assert contact is not None
    assert quote is not None
    lines = await tx.scalars(select(CartLine).where(CartLine.cart_id == cart_id).order_by(CartLine.position))
    explained = [{**why, "line_id": why["line_id"] and "a line"} for why in quote.explanation]
    return [
        facts_of(cart, "id", "token_hash", "contact_id", "quote_id", "shipping_override", "revision"),
        facts_of(contact, "id"),
        [facts_of(line, "id", "cart_id") for line in lines],
        facts_of(quote, "id", "cart_id", "explanation"),
        explained,
    ]


async def test_a_cart_filled_among_many_is_the_cart_filled_step_by_step(tx: Tx, make: Make):
    mug, pen = await make.variant(stock=10, price=1250), await make.variant(stock=90, price=199)
    wanted = [
        carts.Wanted(mug.id, 2),
        carts.Wanted(pen.id, 7, carts.StaffPrice(1_000, "a promise")),
        carts.Wanted(mug.id, 1),
        carts.Wanted(pen.id, 7, carts.StaffPrice(900, "another")),
    ]
    step_by_step = await carts.open_cart(tx, secret_key=SECRET_KEY, source="fair", reference="7")
    await tx.flush()
    await carts.add_lines(tx, cart_id=step_by_step.id, holder=carts.STAFF, wanted=wanted)
    await carts.set_contact(tx, cart_id=step_by_step.id, holder=carts.STAFF, email="Ada@Example.com", shipping=HOME)
    await carts.quote(tx, cart_id=step_by_step.id, holder=carts.STAFF)
    new = NewCart(
        id=tx.new_id(), at=tx.now, wanted=wanted, email="Ada@Example.com", shipping=HOME, source="fair", reference="7"
    )
    other = NewCart(id=tx.new_id(), at=tx.now, wanted=wanted[:1], email="ben@example.com")

    outcomes = await fill_carts(tx, secret_key=SECRET_KEY, carts=[other, new])

    assert await whole(tx, new.id) == await whole(tx, step_by_step.id)
    quoted, incomplete = outcomes[new.id], outcomes[other.id]
    assert isinstance(quoted, Quote)
    assert quoted.total == 3 * 1250 + 1_000 + 900 + 395
    assert isinstance(incomplete, Quote)
    assert incomplete.missing == ["shipping"]
    opened = await carts.find_cart(
        tx, cart_id=new.id, holder=carts.Holder.of_token(carts.cart_token(SECRET_KEY, new.id))
    )
    assert opened.id == new.id


async def test_what_is_refused_of_one_cart_is_refused_of_one_among_many(tx: Tx, make: Make):
    mug = await make.variant(stock=3)
    draft = await make.variant(stock=3)
    await tx.session.refresh(draft)
    draft.is_active = False
    await tx.flush()

    def cart(**facts: Any) -> NewCart:
        plain: dict[str, Any] = {"wanted": [carts.Wanted(mug.id, 1)], "email": "ada@example.com", "shipping": HOME}
        return NewCart(id=tx.new_id(), at=tx.now, **(plain | facts))

    bad = {
        CartEmpty: cart(wanted=[]),
        BadQuantity: cart(wanted=[carts.Wanted(mug.id, 0)]),
        UnknownVariant: cart(wanted=[carts.Wanted(tx.new_id(), 1)]),
        NotForSale: cart(wanted=[carts.Wanted(draft.id, 1)]),
        NotEnoughStock: cart(wanted=[carts.Wanted(mug.id, 2), carts.Wanted(mug.id, 2)]),
        BadEmail: cart(email="nobody"),
    }
    good = cart()

    outcomes = await fill_carts(tx, secret_key=SECRET_KEY, carts=[*bad.values(), good])

    assert [type(outcomes[cart.id]) for cart in bad.values()] == [*bad]
    assert [one.id for one in await tx.scalars(select(Cart))] == [good.id]


async def test_a_cart_that_is_there_is_left_as_it_is(tx: Tx, make: Make):
    mug = await make.variant(stock=9)
    new = NewCart(id=tx.new_id(), at=tx.now, wanted=[carts.Wanted(mug.id, 2)], email="ada@example.com", shipping=HOME)
    await fill_carts(tx, secret_key=SECRET_KEY, carts=[new])
    before = await whole(tx, new.id)

    again = NewCart(id=new.id, at=tx.now, wanted=[carts.Wanted(mug.id, 5)], email="eve@example.com", shipping=HOME)
    outcomes = await fill_carts(tx, secret_key=SECRET_KEY, carts=[again])

    assert outcomes == {new.id: None}
    assert await whole(tx, new.id) == before

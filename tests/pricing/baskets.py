"""Baskets for tests of prices: made by hand, and made at random."""

from uuid import UUID

from hypothesis import strategies as st

from stoa.pricing import Basket, BasketLine, FixedDiscount, ShippingRate

BUDGET = UUID(int=99)


def line(n: int, unit_price: int, quantity: int = 1, *, staff_price: int | None = None) -> BasketLine:
    """The n-th line; its id sorts by n."""
    return BasketLine(
        id=UUID(int=n),
        variant_id=UUID(int=1000 + n),
        quantity=quantity,
        unit_price=unit_price,
        override_amount=staff_price,
        override_reason=None if staff_price is None else "agreed",
    )


def code(amount: int) -> FixedDiscount:
    """A code that takes so much off."""
    return FixedDiscount("SPRING", amount, BUDGET)


@st.composite
def baskets(draw: st.DrawFn) -> Basket:
    """Any basket a cart can make."""
    amounts = st.one_of(st.integers(0, 30), st.integers(0, 100_000), st.integers(0, 10**12))
    lines = tuple(
        line(n, draw(amounts), draw(st.integers(1, 12)), staff_price=draw(st.none() | amounts))
        for n in draw(st.lists(st.integers(1, 500), max_size=6, unique=True))
    )
    return Basket(
        currency="GBP",
        lines=lines,
        tax_rate_ppm=draw(st.sampled_from([0, 1, 50_000, 77_000, 190_000, 200_000, 1_000_000])),
        tax_included=draw(st.booleans()),
        rounding=draw(st.sampled_from(["unit", "line", "total"])),
        shipping=draw(st.none() | st.builds(ShippingRate, st.just("Post"), amounts, st.none() | amounts)),
        shipping_override=draw(st.none() | amounts),
        discount=draw(st.none() | amounts.map(code)),
    )

"""An order may be paid in several parts; what is refused then is refused in the same words."""

from dataclasses import replace

from stoa.checkout.errors import CodeSpent, OutOfStock, TendersUnequal
from stoa.checkout.placing import Placed, Submission
from stoa.payments.methods import Tender
from stoa.stores.models import PaymentMethod
from tests.checkout.shop import Shop, mugs
from tests.checkout.worlds import Asked


def in_parts(shop: Shop, basket: int, *amounts: int | None) -> Submission:
    """A basket, paid by so many tenders."""
    tenders = [Tender(PaymentMethod.BANK_TRANSFER, amount=amount) for amount in amounts]
    return replace(shop.submission(Asked(basket)), tenders=tenders)


async def test_parts_that_make_up_the_price_pay_it(shop: Shop) -> None:
    await shop.opens(mugs(stock=3, baskets=1))

    (placed,) = await shop.places(in_parts(shop, 0, 600, None))

    assert isinstance(placed, Placed)
    paid = sorted(row["amount"] for row in (await shop.rows())["payments"])
    assert paid == [600, placed.total - 600]


async def test_parts_that_do_not_are_told_the_price(shop: Shop) -> None:
    await shop.opens(mugs(stock=3, baskets=1))

    refusal = await shop.refuses(in_parts(shop, 0, 600, 1))

    assert isinstance(refusal, TendersUnequal)
    assert refusal.total == 1250


async def test_what_is_short_is_named_however_it_is_paid(shop: Shop) -> None:
    await shop.opens(mugs(stock=1, baskets=1, each=2))

    refusal = await shop.refuses(in_parts(shop, 0, 600, None))

    assert isinstance(refusal, OutOfStock)
    assert (refusal.asked, refusal.free) == (2, 1)


async def test_a_spent_code_is_told_however_it_is_paid(shop: Shop) -> None:
    await shop.opens(mugs(stock=9, baskets=1, codes=(0,)))

    assert isinstance(await shop.refuses(in_parts(shop, 0, 600, None)), CodeSpent)

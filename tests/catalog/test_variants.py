"""Variants are added, changed, taken out of sale; prices are set."""

import pytest

from stoa import catalog
from stoa.catalog import NewOption, NewVariant
from stoa.catalog.errors import BadChoice, BadCompareAt, BadFigure, BadOptions, SameChoice, SkuTaken, UnknownVariant
from stoa.kernel.money import LARGEST_AMOUNT
from tests.promises import refused


async def bowls(make):
    return await make.product(
        "Bowl", options=[NewOption("Size", ["S", "L"])], variants=[NewVariant("BOWL-S", 1000, choice={"Size": "S"})]
    )


async def test_a_variant_is_added_behind_the_others(tx, make):
    made = await bowls(make)

    added = await catalog.add_variant(tx, product_id=made.id, variant=NewVariant("BOWL-L", 1500, choice={"Size": "L"}))

    page = await catalog.staff_product(tx, made.id)
    assert [(variant.sku, variant.title, variant.price) for variant in page.variants] == [
        ("BOWL-S", "S", 1000),
        ("BOWL-L", "L", 1500),
    ]
    assert (added.position, page.revision) == (1, 2)


@pytest.mark.parametrize(
    ("variant", "kind"),
    [
        (NewVariant("NEW", 1, choice={"Size": "S"}), SameChoice),
        (NewVariant("NEW", 1, choice={"Size": "XL"}), BadChoice),
        (NewVariant("NEW", 1), BadChoice),
        (NewVariant("BOWL-S", 1, choice={"Size": "L"}), SkuTaken),
    ],
)
async def test_a_variant_that_does_not_fit_is_refused(tx, make, variant, kind):
    made = await bowls(make)

    with refused(kind):
        await catalog.add_variant(tx, product_id=made.id, variant=variant)

    assert len((await catalog.staff_product(tx, made.id)).variants) == 1


async def test_an_option_gets_one_more_value(tx, make):
    made = await bowls(make)

    await catalog.add_option_value(tx, product_id=made.id, option="Size", value="XL")
    await catalog.add_variant(tx, product_id=made.id, variant=NewVariant("BOWL-XL", 1, choice={"Size": "XL"}))
    with refused(BadOptions):
        await catalog.add_option_value(tx, product_id=made.id, option="Glaze", value="Moss")

    assert (await catalog.staff_product(tx, made.id)).options[0].values == ("S", "L", "XL")


async def test_a_variant_is_changed_and_the_rest_of_it_stays(tx, make):
    made = await bowls(make)
    variant = made.variants["BOWL-S"]

    changed = await catalog.update_variant(tx, variant_id=variant.id, sku="BOWL-1", weight_grams=250)
    await catalog.update_variant(tx, variant_id=variant.id, sku="BOWL-1", barcode="123")
    cleared = await catalog.update_variant(tx, variant_id=variant.id, barcode=None)

    assert (changed.sku, changed.weight_grams, changed.title) == ("BOWL-1", 250, "S")
    assert cleared.barcode is None
    assert (await catalog.variant_by_sku(tx, "BOWL-1")).id == variant.id
    with refused(UnknownVariant):
        await catalog.variant_by_sku(tx, "BOWL-S")


async def test_a_taken_sku_is_refused_and_the_variant_keeps_its_own(tx, make):
    made = await bowls(make)
    await make.product("Mug", variants=[NewVariant("MUG", 1)])

    with refused(SkuTaken):
        await catalog.update_variant(tx, variant_id=made.variants["BOWL-S"].id, sku="MUG")

    assert [variant.sku for variant in (await catalog.staff_product(tx, made.id)).variants] == ["BOWL-S"]


async def test_an_inactive_variant_is_not_sold(tx, make):
    made = await bowls(make)
    variant = made.variants["BOWL-S"]

    await catalog.deactivate_variant(tx, variant_id=variant.id)

    assert (await catalog.product_page(tx, "bowl")).variants == ()
    assert not (await catalog.variants_for_sale(tx, [variant.id]))[variant.id].sellable
    assert [known.is_active for known in (await catalog.staff_product(tx, made.id)).variants] == [False]


async def test_a_price_is_set_and_set_again(tx, make):
    variant = await make.variant(price=1000)

    await catalog.set_price(tx, variant_id=variant.id, amount=0)
    await catalog.set_price(tx, variant_id=variant.id, amount=900, compare_at=1000)

    known = (await catalog.variants_for_sale(tx, [variant.id]))[variant.id]
    assert (known.price, known.compare_at, known.currency, known.sellable) == (900, 1000, "GBP", True)


@pytest.mark.parametrize(
    ("price", "kind"),
    [
        ({"amount": -1}, BadFigure),
        ({"amount": LARGEST_AMOUNT + 1}, BadFigure),
        ({"amount": 10, "compare_at": 10}, BadCompareAt),
        ({"amount": 10, "compare_at": LARGEST_AMOUNT + 1}, BadFigure),
    ],
)
async def test_an_impossible_price_is_refused_and_the_price_stays(tx, make, price, kind):
    variant = await make.variant(price=1000)

    with refused(kind):
        await catalog.set_price(tx, variant_id=variant.id, **price)

    assert (await catalog.variants_for_sale(tx, [variant.id]))[variant.id].price == 1000


async def test_a_variant_of_another_store_has_no_price_here(database, tx, other_store, make):
    async with database.store(other_store.id) as elsewhere:
        theirs = await type(make)(elsewhere).variant()

    with refused(UnknownVariant):
        await catalog.set_price(tx, variant_id=theirs.id, amount=1)
    assert await catalog.variants_for_sale(tx, [theirs.id]) == {}

"""Products are made whole, changed by whoever read them last, deleted and restored."""

import pytest

from stoa import catalog
from stoa.catalog import NewOption, NewPicture, NewProduct, NewVariant, ProductState
from stoa.catalog.errors import (
    BadChoice,
    BadCompareAt,
    BadFigure,
    BadOptions,
    BadSlug,
    NothingToSell,
    ProductChanged,
    SameChoice,
    SkuTaken,
    SlugTaken,
    UnknownCategory,
    UnknownProduct,
    UnknownVariant,
)
from stoa.kernel.money import LARGEST_AMOUNT
from stoa.kernel.text import TextMissing, TextTooLong, TextUnprintable
from tests.promises import refused, statements

SIZES = [NewOption("Size", ["S", "L"])]


def of_size(sku: str, size: str) -> NewVariant:
    return NewVariant(sku, 1000, choice={"Size": size})


async def test_a_product_is_made_with_all_that_belongs_to_it(tx, make):
    kitchen = await make.category("Kitchen")

    made = await catalog.create_product(
        tx,
        title="  Café au lait bowl ",
        description="Wide.\nDeep.",
        category_id=kitchen.id,
        state=ProductState.ACTIVE,
        options=[NewOption("Size", ["Small", "Large"]), NewOption("Glaze", ["Moss"])],
        variants=[
            NewVariant("BOWL-S", 1250, 1500, {"Glaze": "Moss", "Size": "Small"}, weight_grams=300, barcode="5012345"),
            NewVariant("BOWL-L", 1850, None, {"Glaze": "Moss", "Size": "Large"}, tracks_stock=False),
        ],
        pictures=[NewPicture("bowl", "moss", "A bowl", "BOWL-S")],
    )

    page = await catalog.product_page(tx, "cafe-au-lait-bowl")
    assert page.id == made.id
    assert (page.title, page.description, page.category_name) == ("Café au lait bowl", "Wide.\nDeep.", "Kitchen")
    assert [(option.name, option.values) for option in page.options] == [
        ("Size", ("Small", "Large")),
        ("Glaze", ("Moss",)),
    ]
    small, large = page.variants
    assert (small.sku, small.title, small.price, small.compare_at) == ("BOWL-S", "Small / Moss", 1250, 1500)
    assert (small.units, small.available, small.weight_grams, small.barcode) == (0, False, 300, "5012345")
    assert (large.choice, large.units, large.available) == ({"Size": "Large", "Glaze": "Moss"}, None, True)
    assert [(picture.motif, picture.variant_id) for picture in page.pictures] == [("bowl", small.id)]


async def test_a_slug_is_made_from_the_title_and_numbered_when_taken(tx, make):
    slugs = [(await make.product("Ärmel & Söhne’s Krug №1")).product.slug for _ in range(3)]

    assert slugs == ["armel-sohnes-krug-no1", "armel-sohnes-krug-no1-2", "armel-sohnes-krug-no1-3"]


async def test_a_title_without_a_latin_letter_still_gets_a_slug(tx, make):
    assert (await make.product("花瓶")).product.slug == "product"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"title": " "}, TextMissing),
        ({"title": "x" * 201}, TextTooLong),
        ({"title": "a\x00b"}, TextUnprintable),
        ({"slug": "Not A Slug"}, BadSlug),
        ({"variants": []}, BadOptions),
        ({"variants": [NewVariant("A", -1)]}, BadFigure),
        ({"variants": [NewVariant("A", LARGEST_AMOUNT + 1)]}, BadFigure),
        ({"variants": [NewVariant("A", 100, 100)]}, BadCompareAt),
        ({"variants": [NewVariant("A", 100, weight_grams=-5)]}, BadFigure),
        ({"variants": [NewVariant(" ", 100)]}, TextMissing),
        ({"variants": [NewVariant("A", 100), NewVariant("A", 100)]}, SkuTaken),
        ({"variants": [NewVariant("A", 100), NewVariant("B", 100)]}, SameChoice),
        ({"variants": [NewVariant("A", 100, choice={"Size": "S"})]}, BadChoice),
        ({"options": SIZES, "variants": [NewVariant("A", 100)]}, BadChoice),
        ({"options": SIZES, "variants": [of_size("A", "XL")]}, BadChoice),
        ({"options": SIZES, "variants": [of_size("A", "S"), of_size("B", "S")]}, SameChoice),
        ({"options": SIZES + SIZES, "variants": [of_size("A", "S")]}, BadOptions),
        ({"options": [NewOption("Size", [])], "variants": [of_size("A", "S")]}, BadOptions),
        ({"options": [NewOption("Size", ["S", "S"])], "variants": [of_size("A", "S")]}, BadOptions),
        ({"options": [NewOption(str(n), ["S"]) for n in range(6)]}, BadOptions),
        ({"pictures": [NewPicture("mug", "sea", "A mug", "OTHER")]}, UnknownVariant),
    ],
)
async def test_a_product_that_cannot_be_is_refused_and_nothing_is_made(tx, change, kind):
    plain = {"title": "Mug", "variants": [NewVariant("MUG", 100)]}

    with refused(kind):
        await catalog.create_product(tx, **(plain | change))

    assert (await catalog.staff_products(tx)).items == ()


async def test_a_category_of_another_store_is_unknown(database, tx, other_store):
    async with database.store(other_store.id) as elsewhere:
        theirs = await catalog.create_category(elsewhere, name="Theirs")

    with refused(UnknownCategory):
        await catalog.create_product(tx, title="Mug", variants=[NewVariant("MUG", 1)], category_id=theirs.id)


async def test_a_taken_slug_or_sku_is_refused(tx, make):
    await make.product("Mug", slug="mug", variants=[NewVariant("MUG", 100)])

    with refused(SlugTaken):
        await make.product("Another", slug="mug")
    with refused(SkuTaken) as refusal:
        await make.product("Another", variants=[NewVariant("MUG", 100)])

    assert refusal.value.sku == "MUG"
    assert len((await catalog.staff_products(tx)).items) == 1


async def test_many_products_cost_as_many_statements_as_one(database, tx):
    counts = []
    for many in (1, 40):
        new = [
            NewProduct(
                f"Thing {n}", [of_size(f"{many}-{n}-S", "S"), of_size(f"{many}-{n}-L", "L")], SIZES,
                [NewPicture("mug", "sea", "A mug")],
            )
            for n in range(many)
        ]  # fmt: skip
        with statements(database) as seen:
            await catalog.create_products(tx, products=new)
        counts.append(len(seen))

    assert counts[0] == counts[1] <= 13


async def test_a_change_counts_a_revision_and_a_stale_one_is_refused(tx, make):
    made = await make.product("Mug", description="Round.")

    changed = await catalog.update_product(tx, product_id=made.id, revision=1, title="Cup")
    with refused(ProductChanged) as refusal:
        await catalog.update_product(tx, product_id=made.id, revision=1, title="Beaker")

    assert (refusal.value.revision, refusal.value.read) == (2, 1)
    assert (changed.title, changed.title_folded, changed.description, changed.slug) == ("Cup", "cup", "Round.", "mug")


async def test_a_draft_is_not_shown_until_it_is_published_and_no_longer_when_archived(tx, make):
    made = await make.product("Mug", state=ProductState.DRAFT)
    with refused(UnknownProduct):
        await catalog.product_page(tx, "mug")

    await catalog.publish(tx, product_id=made.id)
    assert (await catalog.product_page(tx, "mug")).id == made.id

    await catalog.archive(tx, product_id=made.id)
    with refused(UnknownProduct):
        await catalog.shop_product(tx, made.id)
    assert (await catalog.staff_product(tx, made.id)).state == "archived"


async def test_a_product_with_nothing_to_sell_is_not_published(tx, make):
    made = await make.product("Mug", state=ProductState.DRAFT)
    (variant,) = made.variants.values()
    await catalog.deactivate_variant(tx, variant_id=variant.id)

    with refused(NothingToSell):
        await catalog.publish(tx, product_id=made.id)

    assert (await catalog.staff_product(tx, made.id)).state == "draft"


async def test_a_deleted_product_is_gone_and_can_be_restored(tx, make):
    made = await make.product("Mug", variants=[NewVariant("MUG", 100)])

    await catalog.delete_product(tx, product_id=made.id)
    with refused(UnknownProduct):
        await catalog.staff_product(tx, made.id)
    assert await catalog.variants_for_sale(tx, [made.variants["MUG"].id]) == {}
    assert [gone.id for gone in (await catalog.deleted_products(tx)).items] == [made.id]

    await catalog.restore_product(tx, product_id=made.id)
    assert (await catalog.deleted_products(tx)).items == ()
    assert [variant.sku for variant in (await catalog.product_page(tx, "mug")).variants] == ["MUG"]


async def test_restoring_onto_a_taken_slug_or_sku_is_refused(tx, make):
    first = await make.product("Mug", variants=[NewVariant("MUG", 100)])
    await catalog.delete_product(tx, product_id=first.id)
    second = await make.product("Mug", variants=[NewVariant("MUG", 100)])
    assert second.product.slug == "mug"

    with refused(SlugTaken):
        await catalog.restore_product(tx, product_id=first.id)
    await catalog.update_product(tx, product_id=second.id, slug="cup")
    with refused(SkuTaken):
        await catalog.restore_product(tx, product_id=first.id)

    assert first.product.deleted_at is not None


async def test_a_product_comes_back_without_a_category_that_went_meanwhile(tx, make):
    shelf = await make.category()
    made = await make.product("Mug", category_id=shelf.id)
    await catalog.delete_product(tx, product_id=made.id)
    await catalog.delete_category(tx, category_id=shelf.id)

    restored = await catalog.restore_product(tx, product_id=made.id)

    assert restored.category_id is None

"""Making products: with their options, variants, prices and pictures, one or many in a handful of statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from stoa.catalog.categories import lock_category
from stoa.catalog.choices import (
    MOST_VARIANTS,
    NewOption,
    NewPicture,
    NewVariant,
    check_choices_differ,
    checked_options,
)
from stoa.catalog.errors import BadOptions, SkuTaken, SlugTaken, UnknownVariant
from stoa.catalog.models import OptionValue, Picture, Product, ProductOption, ProductState, Variant
from stoa.catalog.slugs import NUMBERED_STEM, checked_slug, free_slug, slugify
from stoa.catalog.variant_rows import check_skus_free, checked_variant, insert_variants
from stoa.db.transaction import Tx
from stoa.db.violations import refusing
from stoa.kernel.folding import fold
from stoa.kernel.text import PARAGRAPHS, clean
from stoa.stores import settings_of

LONGEST_TITLE = 200
MOST_PICTURES = 100


@dataclass(frozen=True)
class NewProduct:
    """A product to be made. Without a `slug` one is made from the title."""

    title: str
    variants: Sequence[NewVariant]
    options: Sequence[NewOption] = ()
    pictures: Sequence[NewPicture] = ()
    slug: str | None = None
    description: str = ""
    category_id: UUID | None = None
    state: ProductState = ProductState.DRAFT


@dataclass(frozen=True)
class CreatedProduct:
    """What was made: the product's row, and its variants by SKU."""

    product: Product
    variants: Mapping[str, Variant]

    @property
    def id(self) -> UUID:
        """The product's id."""
        return self.product.id


async def create_product(
    tx: Tx,
    *,
    title: str,
    variants: Sequence[NewVariant],
    options: Sequence[NewOption] = (),
    pictures: Sequence[NewPicture] = (),
    slug: str | None = None,
    description: str = "",
    category_id: UUID | None = None,
    state: ProductState = ProductState.DRAFT,
) -> CreatedProduct:
    """Make one product with all that belongs to it.

    Raises BadOptions, BadChoice, SameChoice, SkuTaken, SlugTaken, BadSlug, BadFigure, BadCompareAt, UnknownCategory,
    and what `clean` raises of texts.
    """
    new = NewProduct(title, variants, options, pictures, slug, description, category_id, state)
    (created,) = await create_products(tx, products=[new])
    return created


async def create_products(tx: Tx, *, products: Sequence[NewProduct]) -> list[CreatedProduct]:
    """Make many products, all or none; the number of statements does not grow with theirs.

    Raises as `create_product`.
    """
    checked = [_checked(new) for new in products]
    skus = [variant.sku for new in checked for variant in new.variants]
    _refuse_twice(skus)
    for category_id in sorted({new.category_id for new in checked if new.category_id is not None}):
        await lock_category(tx, category_id)
    slugs = await _slugs(tx, checked)
    await check_skus_free(tx, skus)
    rows = [_product_row(tx, new, slug) for new, slug in zip(checked, slugs, strict=True)]
    tx.session.add_all(rows)
    with refusing({"products_slug_key": SlugTaken(slug=", ".join(slugs)[:200])}):
        await tx.flush()
    choices = await _insert_options(tx, list(zip(rows, checked, strict=True)))
    currency = (await settings_of(tx)).currency
    wanted = [(row.id, n, v) for row, new in zip(rows, checked, strict=True) for n, v in enumerate(new.variants)]
    by_sku = {variant.sku: variant for variant in await insert_variants(tx, wanted, choices, currency)}
    for row, new in zip(rows, checked, strict=True):
        _add_pictures(tx, row.id, new.pictures, by_sku)
        tx.emit("product.created", row.id)
    await tx.flush()
    return [
        CreatedProduct(row, {v.sku: by_sku[v.sku] for v in new.variants})
        for row, new in zip(rows, checked, strict=True)
    ]


def _add_pictures(tx: Tx, product_id: UUID, pictures: Sequence[NewPicture], variants: Mapping[str, Variant]) -> None:
    for position, new in enumerate(pictures):
        tx.add(
            Picture(
                product_id=product_id,
                variant_id=variants[new.sku].id if new.sku is not None else None,
                motif=clean("motif", new.motif, 60, required=True),
                palette=clean("palette", new.palette, 60, required=True),
                alt=clean("alt", new.alt, 300),
                position=position,
            )
        )


def _checked(new: NewProduct) -> NewProduct:
    """The product with texts trimmed and everything refused that needs no look at the store."""
    title = clean("title", new.title, LONGEST_TITLE, required=True)
    if not 1 <= len(new.variants) <= MOST_VARIANTS:
        raise BadOptions(reason=f"“{title}” needs 1 to {MOST_VARIANTS} variants, and has {len(new.variants)}")
    options = checked_options(new.options)
    values = {option.name: option.values for option in options}
    variants = [checked_variant(variant, values) for variant in new.variants]
    _refuse_twice([variant.sku for variant in variants])
    check_choices_differ({variant.sku: variant.choice for variant in variants})
    _check_pictures(new.pictures, [variant.sku for variant in variants])
    return NewProduct(
        title,
        variants,
        options,
        new.pictures,
        None if new.slug is None else checked_slug(new.slug),
        clean("description", new.description, PARAGRAPHS, lines=True),
        new.category_id,
        new.state,
    )


def _check_pictures(pictures: Sequence[NewPicture], skus: Sequence[str]) -> None:
    if len(pictures) > MOST_PICTURES:
        raise BadOptions(reason=f"a product has at most {MOST_PICTURES} pictures")
    for picture in pictures:
        if picture.sku is not None and picture.sku not in skus:
            raise UnknownVariant(variant=picture.sku[:60])


def _refuse_twice(skus: Sequence[str]) -> None:
    if len(set(skus)) < len(skus):
        raise SkuTaken(sku=next(sku for n, sku in enumerate(skus) if sku in skus[:n]))


def _product_row(tx: Tx, new: NewProduct, slug: str) -> Product:
    return Product(
        store_id=tx.store_id,
        id=tx.new_id(),
        slug=slug,
        title=new.title,
        title_folded=fold(new.title)[:LONGEST_TITLE],
        description=new.description,
        category_id=new.category_id,
        state=new.state,
        created_at=tx.now,
        updated_at=tx.now,
    )


async def _slugs(tx: Tx, products: Sequence[NewProduct]) -> list[str]:
    """A slug for each: the one asked for, which must be free, or the next free one made from the title."""
    wanted = [new.slug or slugify(new.title) or "product" for new in products]
    found = await tx.execute(_TAKEN, {"store": tx.store_id, "slugs": sorted(set(wanted)), "stem": NUMBERED_STEM})
    taken = set(found.scalars())
    given: list[str] = []
    for new, slug in zip(products, wanted, strict=True):
        if new.slug is not None and slug in taken:
            raise SlugTaken(slug=slug)
        given.append(free_slug(slug, taken))
        taken.add(given[-1])
    return given


# Of each slug wanted: itself, and it with a number (":" comes after "9"), as far as they are taken.
_TAKEN = text("""
SELECT taken.slug FROM unnest(CAST(:slugs AS text[])) wanted (slug) CROSS JOIN LATERAL (
    SELECT slug FROM products
    WHERE store_id = :store AND deleted_at IS NULL AND slug = wanted.slug
    UNION ALL
    SELECT slug FROM products
    WHERE store_id = :store AND deleted_at IS NULL
        AND slug >= left(wanted.slug, :stem) || '-0' AND slug < left(wanted.slug, :stem) || '-:'
) taken
""")


async def _insert_options(
    tx: Tx, products: Sequence[tuple[Product, NewProduct]]
) -> dict[tuple[UUID, str, str], tuple[UUID, UUID]]:
    """Insert options and values; (product, option, value) in words gives their ids."""
    options: list[ProductOption] = []
    values: list[OptionValue] = []
    ids: dict[tuple[UUID, str, str], tuple[UUID, UUID]] = {}
    for product, new in products:
        for position, option in enumerate(new.options):
            row = ProductOption(
                store_id=tx.store_id, id=tx.new_id(), product_id=product.id, name=option.name, position=position
            )
            options.append(row)
            for n, word in enumerate(option.values):
                value = OptionValue(store_id=tx.store_id, id=tx.new_id(), option_id=row.id, value=word, position=n)
                values.append(value)
                ids[product.id, option.name, word] = (row.id, value.id)
    tx.session.add_all(options)
    await tx.flush()
    tx.session.add_all(values)
    await tx.flush()
    return ids

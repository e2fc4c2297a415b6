"""Variants of products that exist: added, changed, taken out of sale; and found for selling."""

from collections import defaultdict
from types import EllipsisType
from uuid import UUID

from sqlalchemy import select

from stoa.catalog.choices import MOST_VALUES, MOST_VARIANTS, NewVariant, check_choices_differ
from stoa.catalog.editing import lock_product, touch
from stoa.catalog.errors import BadOptions, SkuTaken, UnknownVariant
from stoa.catalog.figures import LARGEST_POSITION, LARGEST_WEIGHT_GRAMS, checked_figure
from stoa.catalog.models import OptionValue, ProductOption, Variant, VariantOption
from stoa.catalog.variant_rows import LONGEST_SKU, check_skus_free, checked_sku, checked_variant, insert_variants
from stoa.db.transaction import Tx
from stoa.db.violations import refusing
from stoa.kernel.text import clean
from stoa.stores import settings_of


async def add_variant(tx: Tx, *, product_id: UUID, variant: NewVariant) -> Variant:
    """Add a variant behind the others.

    Raises UnknownProduct, BadChoice, SameChoice, SkuTaken, BadFigure, BadCompareAt, BadOptions when there are too many.
    """
    product = await lock_product(tx, product_id)
    ids = await _value_ids(tx, product_id)
    options: dict[str, list[str]] = {}
    for _, option, value in ids:
        options.setdefault(option, []).append(value)
    new = checked_variant(variant, options)
    standing = await _standing_choices(tx, product_id)
    if len(standing) >= MOST_VARIANTS:
        raise BadOptions(reason=f"a product has at most {MOST_VARIANTS} variants")
    await check_skus_free(tx, [new.sku])
    check_choices_differ({**standing, new.sku: new.choice})
    currency = (await settings_of(tx)).currency
    (row,) = await insert_variants(tx, [(product_id, len(standing), new)], ids, currency)
    await touch(tx, product)
    return row


async def add_option_value(tx: Tx, *, product_id: UUID, option: str, value: str) -> None:
    """Give an option of a product one more value, behind the others; one it has already is left as it is.

    Raises UnknownProduct, BadOptions for an option the product does not have.
    """
    product = await lock_product(tx, product_id)
    word = clean("value", value, 60, required=True)
    ids = await _value_ids(tx, product_id)
    values = [known for _, name, known in ids if name == option]
    if not values:
        raise BadOptions(reason=f"the product has no option “{option[:60]}”")
    if word in values:
        return
    if len(values) >= MOST_VALUES:
        raise BadOptions(reason=f"“{option}” has {MOST_VALUES} values already")
    option_id, _ = ids[product_id, option, values[0]]
    tx.add(OptionValue(option_id=option_id, value=word, position=len(values)))
    await touch(tx, product)


async def update_variant(
    tx: Tx,
    *,
    variant_id: UUID,
    sku: str | None = None,
    barcode: str | EllipsisType | None = ...,
    weight_grams: int | None = None,
    position: int | None = None,
    requires_shipping: bool | None = None,
    tracks_stock: bool | None = None,
    is_active: bool | None = None,
) -> Variant:
    """Change what is given and leave the rest. An inactive variant is not sold.

    Raises UnknownVariant, SkuTaken, BadFigure.
    """
    variant = await lock_variant(tx, variant_id)
    # Everything is checked before anything changes, so that a refusal leaves the variant as it was.
    wanted_sku = variant.sku if sku is None else checked_sku(sku)
    if wanted_sku != variant.sku:
        await check_skus_free(tx, [wanted_sku])
    wanted_barcode = variant.barcode if isinstance(barcode, EllipsisType) else barcode
    if wanted_barcode is not None:
        wanted_barcode = clean("barcode", wanted_barcode, LONGEST_SKU) or None
    given = {
        "weight_grams": _figure("weight_grams", weight_grams, LARGEST_WEIGHT_GRAMS),
        "position": _figure("position", position, LARGEST_POSITION),
        "requires_shipping": requires_shipping,
        "tracks_stock": tracks_stock,
        "is_active": is_active,
    }
    variant.sku, variant.barcode = wanted_sku, wanted_barcode
    for name, value in given.items():
        if value is not None:
            setattr(variant, name, value)
    with refusing({"variants_sku_key": SkuTaken(sku=variant.sku)}):
        await tx.flush()
    await touch(tx, await lock_product(tx, variant.product_id))
    return variant


async def deactivate_variant(tx: Tx, *, variant_id: UUID) -> Variant:
    """Take one variant out of sale; its stock and history stay. Raises UnknownVariant."""
    return await update_variant(tx, variant_id=variant_id, is_active=False)


async def variant_by_sku(tx: Tx, sku: str) -> Variant:
    """The living variant with this SKU. Raises UnknownVariant."""
    variant = await tx.one_or_none(select(Variant).where(Variant.sku == sku, Variant.deleted_at.is_(None)))
    if variant is None:
        raise UnknownVariant(variant=sku)
    return variant


async def lock_variant(tx: Tx, variant_id: UUID) -> Variant:
    """The variant, after its product was locked: products before variants, so that no two writers wait in a ring.

    Raises UnknownVariant.
    """
    product_id = await tx.one_or_none(
        select(Variant.product_id).where(Variant.id == variant_id, Variant.deleted_at.is_(None))
    )
    if product_id is None:
        raise UnknownVariant(variant=variant_id)
    await lock_product(tx, product_id)
    one = select(Variant).where(Variant.id == variant_id).execution_options(populate_existing=True)
    variant = await tx.one_or_none(one)
    assert variant is not None, "variants are never removed, only marked as deleted"
    return variant


def _figure(field: str, given: int | None, largest: int) -> int | None:
    return None if given is None else checked_figure(field, given, largest=largest)


async def _value_ids(tx: Tx, product_id: UUID) -> dict[tuple[UUID, str, str], tuple[UUID, UUID]]:
    """(product, option, value) in words -> the ids of option and value, in the order they are shown."""
    found = await tx.execute(
        select(ProductOption.name, OptionValue.value, ProductOption.id, OptionValue.id)
        .join(
            OptionValue,
            (OptionValue.store_id == ProductOption.store_id) & (OptionValue.option_id == ProductOption.id),
        )
        .where(ProductOption.product_id == product_id)
        .order_by(ProductOption.position, OptionValue.position)
    )
    return {(product_id, name, value): (option_id, value_id) for name, value, option_id, value_id in found}


async def _standing_choices(tx: Tx, product_id: UUID) -> dict[str, dict[str, str]]:
    """What the living variants of a product choose, by SKU."""
    found = await tx.execute(
        select(Variant.sku, ProductOption.name, OptionValue.value)
        .outerjoin(
            VariantOption, (VariantOption.store_id == Variant.store_id) & (VariantOption.variant_id == Variant.id)
        )
        .outerjoin(
            ProductOption,
            (ProductOption.store_id == VariantOption.store_id) & (ProductOption.id == VariantOption.option_id),
        )
        .outerjoin(
            OptionValue,
            (OptionValue.store_id == VariantOption.store_id) & (OptionValue.id == VariantOption.value_id),
        )
        .where(Variant.product_id == product_id, Variant.deleted_at.is_(None))
    )
    choices: dict[str, dict[str, str]] = defaultdict(dict)
    for sku, option, value in found:
        if option is None:
            choices[sku] = {}
        else:
            choices[sku][option] = value
    return choices

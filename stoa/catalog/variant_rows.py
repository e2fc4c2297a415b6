"""The rows of variants, checked and inserted together with their choices and prices: by sets, for one or for many."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select

from stoa.catalog.choices import NewVariant, checked_choice, choice_title
from stoa.catalog.errors import BadCompareAt, SkuTaken
from stoa.catalog.figures import LARGEST_WEIGHT_GRAMS, checked_figure
from stoa.catalog.models import Price, Variant, VariantOption
from stoa.db.transaction import Tx
from stoa.db.violations import refusing
from stoa.kernel.money import LARGEST_AMOUNT
from stoa.kernel.text import clean

LONGEST_SKU = 64

# (product, option, value) in words -> the ids of option and value.
ValueIds = Mapping[tuple[UUID, str, str], tuple[UUID, UUID]]


def checked_sku(sku: str) -> str:
    """The SKU without the space around it. Raises what `clean` raises."""
    return clean("sku", sku, LONGEST_SKU, required=True)


def checked_variant(new: NewVariant, options: Mapping[str, Sequence[str]]) -> NewVariant:
    """The variant with texts trimmed. `options` are the product's, with their values.

    Raises BadFigure, BadCompareAt, BadChoice, and what `clean` raises.
    """
    check_price(new.price, new.compare_at)
    checked_figure("weight_grams", new.weight_grams, largest=LARGEST_WEIGHT_GRAMS)
    barcode = clean("barcode", new.barcode, LONGEST_SKU) if new.barcode else None
    sku = checked_sku(new.sku)
    choice = {name.strip(): value.strip() for name, value in new.choice.items()}
    return replace(new, sku=sku, barcode=barcode or None, choice=checked_choice(sku, choice, options))


def check_price(price: int, compare_at: int | None) -> None:
    """Refuse an amount below zero or beyond counting, and a price before that is not above the price.

    Raises BadFigure, BadCompareAt.
    """
    checked_figure("price", price, largest=LARGEST_AMOUNT)
    if compare_at is not None:
        checked_figure("compare_at", compare_at, largest=LARGEST_AMOUNT)
        if compare_at <= price:
            raise BadCompareAt(compare_at=compare_at, price=price)


async def check_skus_free(tx: Tx, skus: Sequence[str]) -> None:
    """Refuse the first SKU that another variant of the store has. Raises SkuTaken."""
    taken = await tx.scalars(select(Variant.sku).where(Variant.sku.in_(skus), Variant.deleted_at.is_(None)))
    if taken:
        raise SkuTaken(sku=min(taken))


async def insert_variants(
    tx: Tx, wanted: Sequence[tuple[UUID, int, NewVariant]], value_ids: ValueIds, currency: str
) -> list[Variant]:
    """Insert variants (product, position, checked variant), then their choices and prices: three statements.

    Raises SkuTaken where somebody else was quicker.
    """
    variants = [_variant_row(tx, product_id, position, new) for product_id, position, new in wanted]
    tx.session.add_all(variants)
    with refusing({"variants_sku_key": SkuTaken(sku=", ".join(new.sku for _, _, new in wanted)[:200])}):
        await tx.flush()
    for variant, (product_id, _, new) in zip(variants, wanted, strict=True):
        for name, value in new.choice.items():
            option_id, value_id = value_ids[product_id, name, value]
            tx.add(VariantOption(variant_id=variant.id, option_id=option_id, value_id=value_id))
        tx.add(Price(variant_id=variant.id, currency=currency, amount=new.price, compare_at_amount=new.compare_at))
    await tx.flush()
    return variants


def _variant_row(tx: Tx, product_id: UUID, position: int, new: NewVariant) -> Variant:
    return Variant(
        store_id=tx.store_id,
        id=tx.new_id(),
        product_id=product_id,
        sku=new.sku,
        title=choice_title(new.choice),
        barcode=new.barcode,
        weight_grams=new.weight_grams,
        requires_shipping=new.requires_shipping,
        tracks_stock=new.tracks_stock,
        position=position,
        created_at=tx.now,
    )

"""One product with all that is shown of it, in four statements; and variants as carts and prices need them."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from stoa.catalog.errors import UnknownProduct
from stoa.catalog.listing import PictureView
from stoa.catalog.models import BeyondStock, Category, OptionValue, Picture, Product, ProductOption, ProductState
from stoa.db.transaction import Tx


@dataclass(frozen=True)
class OptionView:
    """An option and its values, in the order they are shown."""

    id: UUID
    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class VariantView:
    """A variant as it can be bought. Amounts are minor units; `units` are those free now, None where none are counted.

    `later` are those that may be ordered beyond stock (`beyond_stock` says as what), which are sent on `ships_on` or
    when they are there. `available` says whether one can be bought: it is active, has a price, and a unit is free, may
    be ordered beyond stock, or need not be counted.
    """

    id: UUID
    sku: str
    title: str
    choice: dict[str, str]
    price: int | None
    compare_at: int | None
    units: int | None
    available: bool
    is_active: bool
    weight_grams: int
    barcode: str | None
    requires_shipping: bool
    later: int
    beyond_stock: BeyondStock
    ships_on: date | None


@dataclass(frozen=True)
class ProductPage:
    """A product with its options, variants and pictures."""

    id: UUID
    slug: str
    title: str
    description: str
    state: ProductState
    revision: int
    created_at: datetime
    updated_at: datetime
    category_id: UUID | None
    category_slug: str | None
    category_name: str | None
    currency: str
    options: tuple[OptionView, ...]
    variants: tuple[VariantView, ...]
    pictures: tuple[PictureView, ...]


@dataclass(frozen=True)
class VariantForSale:
    """What selling needs to know of a variant. `sellable`: it and its product are in the shop, and it has a price."""

    id: UUID
    product_id: UUID
    product_slug: str
    product_title: str
    title: str
    sku: str
    price: int | None
    compare_at: int | None
    currency: str
    weight_grams: int
    requires_shipping: bool
    tracks_stock: bool
    units: int | None
    sellable: bool
    picture: PictureView | None


async def product_page(tx: Tx, slug: str) -> ProductPage:
    """A published product by its slug, with what of it can be bought. Raises UnknownProduct."""
    shown = (Product.slug == slug, Product.state == ProductState.ACTIVE)
    return await _assemble(tx, shown, slug, with_inactive=False)


async def shop_product(tx: Tx, product_id: UUID) -> ProductPage:
    """A published product by its id, with what of it can be bought. Raises UnknownProduct."""
    shown = (Product.id == product_id, Product.state == ProductState.ACTIVE)
    return await _assemble(tx, shown, product_id, with_inactive=False)


async def staff_product(tx: Tx, product_id: UUID) -> ProductPage:
    """A product in any state, with inactive variants too. Raises UnknownProduct."""
    return await _assemble(tx, (Product.id == product_id,), product_id, with_inactive=True)


async def variants_for_sale(tx: Tx, variant_ids: Collection[UUID]) -> dict[UUID, VariantForSale]:
    """The variants with these ids, in one statement; unknown and deleted ones are not in the answer."""
    found = await tx.execute(_FOR_SALE, {"store": tx.store_id, "ids": [*variant_ids]})
    return {row["id"]: _for_sale(dict(row)) for row in found.mappings()}


async def _assemble(tx: Tx, shown: tuple[Any, ...], asked: UUID | str, *, with_inactive: bool) -> ProductPage:
    above = (Category.store_id == Product.store_id) & (Category.id == Product.category_id)
    statement = select(Product, Category).outerjoin(Category, above).where(Product.deleted_at.is_(None), *shown)
    found = (await tx.execute(statement)).one_or_none()
    if found is None:
        raise UnknownProduct(product=asked)
    product, category = found
    options = await _options(tx, product.id)
    currency, variants = await _variants(tx, product.id, options, with_inactive)
    pictures = await tx.scalars(
        select(Picture).where(Picture.product_id == product.id).order_by(Picture.position, Picture.id)
    )
    return ProductPage(
        id=product.id,
        slug=product.slug,
        title=product.title,
        description=product.description,
        state=ProductState(product.state),
        revision=product.revision,
        created_at=product.created_at,
        updated_at=product.updated_at,
        category_id=product.category_id,
        category_slug=category.slug if category else None,
        category_name=category.name if category else None,
        currency=currency,
        options=options,
        variants=variants,
        pictures=tuple(PictureView(each.motif, each.palette, each.alt, each.variant_id) for each in pictures),
    )


async def _options(tx: Tx, product_id: UUID) -> tuple[OptionView, ...]:
    found = await tx.execute(
        select(ProductOption.id, ProductOption.name, OptionValue.value)
        .join(
            OptionValue,
            (OptionValue.store_id == ProductOption.store_id) & (OptionValue.option_id == ProductOption.id),
        )
        .where(ProductOption.product_id == product_id)
        .order_by(ProductOption.position, ProductOption.id, OptionValue.position, OptionValue.id)
    )
    options: dict[tuple[UUID, str], list[str]] = defaultdict(list)
    for option_id, name, value in found:
        options[option_id, name].append(value)
    return tuple(OptionView(option_id, name, tuple(values)) for (option_id, name), values in options.items())


async def _variants(
    tx: Tx, product_id: UUID, options: tuple[OptionView, ...], with_inactive: bool
) -> tuple[str, tuple[VariantView, ...]]:
    """The store's currency, and the variants in the order they are shown. (A store always has its one currency row.)"""
    values = {"store": tx.store_id, "product": product_id, "inactive": with_inactive}
    rows = (await tx.execute(_VARIANTS, values)).mappings().all()
    names = {option.id: option.name for option in options}
    variants = []
    for row in rows:
        if row["id"] is None:
            continue
        chosen = {names[option]: value for option, value in zip(row["options"] or [], row["values"] or [], strict=True)}
        units = None if not row["tracks_stock"] else int(row["units"] or 0)
        later = int(row["later"] or 0) if row["tracks_stock"] else 0
        variants.append(
            VariantView(
                id=row["id"],
                sku=row["sku"],
                title=row["title"],
                choice={option.name: chosen[option.name] for option in options if option.name in chosen},
                price=row["amount"],
                compare_at=row["compare_at_amount"],
                units=units,
                available=row["is_active"] and row["amount"] is not None and (units != 0 or later > 0),
                is_active=row["is_active"],
                weight_grams=row["weight_grams"],
                barcode=row["barcode"],
                requires_shipping=row["requires_shipping"],
                later=later,
                beyond_stock=BeyondStock(row["beyond_stock"]),
                ships_on=row["ships_on"],
            )
        )
    return rows[0]["currency"], tuple(variants)


def _for_sale(row: dict[str, Any]) -> VariantForSale:
    motif, palette, alt = row.pop("motif"), row.pop("palette"), row.pop("alt")
    row["units"] = int(row["units"] or 0) if row["tracks_stock"] else None
    row["sellable"] = row["sellable"] and row["price"] is not None
    return VariantForSale(**row, picture=None if motif is None else PictureView(motif, palette, alt))


_VARIANTS = text("""
SELECT shop.currency, variant.id, variant.sku, variant.title, variant.is_active, variant.tracks_stock,
    variant.weight_grams, variant.barcode, variant.requires_shipping, variant.beyond_stock, variant.ships_on,
    price.amount, price.compare_at_amount, stock.units, stock.later, choice.options, choice.values
FROM store_settings shop
LEFT JOIN variants variant ON variant.store_id = :store AND variant.product_id = :product
    AND variant.deleted_at IS NULL AND (variant.is_active OR CAST(:inactive AS boolean))
LEFT JOIN prices price
    ON price.store_id = :store AND price.variant_id = variant.id AND price.currency = shop.currency
LEFT JOIN LATERAL (
    SELECT sum(units) FILTER (WHERE NOT is_later) AS units, sum(units) FILTER (WHERE is_later) AS later
    FROM sellable_stock WHERE store_id = :store AND variant_id = variant.id
) stock ON true
LEFT JOIN LATERAL (
    SELECT array_agg(chosen.option_id) AS options, array_agg(known.value) AS values
    FROM variant_options chosen
    JOIN option_values known ON known.store_id = :store AND known.id = chosen.value_id
    WHERE chosen.store_id = :store AND chosen.variant_id = variant.id
) choice ON true
WHERE shop.store_id = :store
ORDER BY variant.position, variant.id
""")

_FOR_SALE = text("""
SELECT variant.id, variant.product_id, product.slug AS product_slug, product.title AS product_title, variant.title,
    variant.sku, price.amount AS price, price.compare_at_amount AS compare_at, shop.currency,
    variant.weight_grams, variant.requires_shipping, variant.tracks_stock, stock.units,
    variant.is_active AND product.state = 'active' AND product.deleted_at IS NULL AS sellable,
    picture.motif, picture.palette, picture.alt
FROM variants variant
JOIN products product ON product.store_id = :store AND product.id = variant.product_id
JOIN store_settings shop ON shop.store_id = :store
LEFT JOIN prices price
    ON price.store_id = :store AND price.variant_id = variant.id AND price.currency = shop.currency
LEFT JOIN LATERAL (
    SELECT sum(units) AS units FROM sellable_stock WHERE store_id = :store AND variant_id = variant.id
) stock ON true
LEFT JOIN LATERAL (
    -- Its own picture, else that of the variant most like it: the red one in another size; else the product's first.
    SELECT shown.motif, shown.palette, shown.alt
    FROM pictures shown
    LEFT JOIN LATERAL (
        SELECT count(*) AS alike
        FROM variant_options mine
        JOIN variant_options its ON its.store_id = :store AND its.variant_id = shown.variant_id
            AND its.option_id = mine.option_id AND its.value_id = mine.value_id
        WHERE mine.store_id = :store AND mine.variant_id = variant.id
    ) choice ON true
    WHERE shown.store_id = :store AND shown.product_id = product.id
    ORDER BY shown.variant_id IS NOT DISTINCT FROM variant.id DESC, choice.alike DESC, shown.position, shown.id
    LIMIT 1
) picture ON true
WHERE variant.store_id = :store AND variant.id = ANY(CAST(:ids AS uuid[])) AND variant.deleted_at IS NULL
""")

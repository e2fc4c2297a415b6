"""Changing products that exist: words, category, state; deleting and restoring."""

from types import EllipsisType
from uuid import UUID

from sqlalchemy import select, update

from stoa.catalog.categories import lock_category
from stoa.catalog.errors import NothingToSell, ProductChanged, SkuTaken, SlugTaken, UnknownProduct
from stoa.catalog.models import Category, Price, Product, ProductState, Variant
from stoa.catalog.products import LONGEST_TITLE
from stoa.catalog.slugs import checked_slug
from stoa.db.transaction import Tx
from stoa.db.violations import refusing
from stoa.kernel.folding import fold
from stoa.kernel.text import PARAGRAPHS, clean
from stoa.stores import settings_of


async def update_product(
    tx: Tx,
    *,
    product_id: UUID,
    revision: int | None = None,
    title: str | None = None,
    slug: str | None = None,
    description: str | None = None,
    category_id: UUID | EllipsisType | None = ...,
    state: ProductState | None = None,
) -> Product:
    """Change what is given and leave the rest; `category_id=None` takes the product off its shelf.

    With `revision`, only if the product is still the one that was read.

    Raises UnknownProduct, ProductChanged, SlugTaken, BadSlug, UnknownCategory, NothingToSell.
    """
    product = await lock_product(tx, product_id, revision=revision)
    # Everything is checked before anything changes, so that a refusal leaves the product as it was.
    wanted_title = product.title if title is None else clean("title", title, LONGEST_TITLE, required=True)
    words = product.description if description is None else clean("description", description, PARAGRAPHS, lines=True)
    wanted_category = product.category_id if isinstance(category_id, EllipsisType) else category_id
    if wanted_category is not None and wanted_category != product.category_id:
        await lock_category(tx, wanted_category)
    if slug is not None and slug != product.slug:
        await _check_slug_free(tx, checked_slug(slug))
    if state == ProductState.ACTIVE and state != product.state:
        await _check_sellable(tx, product_id)
    product.title, product.title_folded = wanted_title, fold(wanted_title)[:LONGEST_TITLE]
    product.description, product.category_id = words, wanted_category
    product.slug, product.state = slug or product.slug, state or product.state
    await touch(tx, product)
    return product


async def publish(tx: Tx, *, product_id: UUID) -> Product:
    """Show a product to shoppers. Raises UnknownProduct, NothingToSell."""
    return await update_product(tx, product_id=product_id, state=ProductState.ACTIVE)


async def archive(tx: Tx, *, product_id: UUID) -> Product:
    """Take a product out of the shop and keep it for the books. Raises UnknownProduct."""
    return await update_product(tx, product_id=product_id, state=ProductState.ARCHIVED)


async def delete_product(tx: Tx, *, product_id: UUID, revision: int | None = None) -> None:
    """Delete a product with its variants, whose SKUs become free; it can be restored.

    Raises UnknownProduct, ProductChanged.
    """
    product = await lock_product(tx, product_id, revision=revision)
    product.deleted_at = product.updated_at = tx.now
    living = update(Variant).where(Variant.product_id == product_id, Variant.deleted_at.is_(None))
    await tx.execute(living.values(deleted_at=tx.now))
    tx.emit("product.deleted", product_id)
    await tx.flush()


async def restore_product(tx: Tx, *, product_id: UUID) -> Product:
    """Put a deleted product back, with the variants that went with it; without its category if that is gone.

    Raises UnknownProduct, SlugTaken, SkuTaken where its name or one of its SKUs was given to another meanwhile.
    """
    product = await lock_product(tx, product_id, deleted=True)
    if product.deleted_at is None:
        return product
    await _check_slug_free(tx, product.slug)
    went_with_it = (Variant.product_id == product_id, Variant.deleted_at == product.deleted_at)
    skus = await tx.scalars(select(Variant.sku).where(*went_with_it))
    taken = await tx.scalars(select(Variant.sku).where(Variant.sku.in_(skus), Variant.deleted_at.is_(None)))
    if taken:
        raise SkuTaken(sku=min(taken))
    if product.category_id is not None and await _category_is_gone(tx, product.category_id):
        product.category_id = None
    with refusing({"variants_sku_key": SkuTaken(sku=", ".join(skus)[:200])}):
        await tx.execute(update(Variant).where(*went_with_it).values(deleted_at=None))
    product.deleted_at = None
    tx.emit("product.restored", product_id)
    await touch(tx, product)
    return product


async def lock_product(tx: Tx, product_id: UUID, *, revision: int | None = None, deleted: bool = False) -> Product:
    """The product as it is now, locked until the end of the transaction; with `deleted`, also a deleted one.

    Raises UnknownProduct, ProductChanged.
    """
    one = select(Product).where(Product.id == product_id).with_for_update()
    product = await tx.one_or_none(one.execution_options(populate_existing=True))
    if product is None or (product.deleted_at is not None and not deleted):
        raise UnknownProduct(product=product_id)
    if revision is not None and revision != product.revision:
        raise ProductChanged(revision=product.revision, read=revision)
    return product


async def touch(tx: Tx, product: Product) -> None:
    """Count one more revision of the product and say that it changed. Raises SlugTaken where a race was lost."""
    product.revision += 1
    product.updated_at = tx.now
    tx.emit("product.changed", product.id, revision=product.revision)
    with refusing({"products_slug_key": SlugTaken(slug=product.slug)}):
        await tx.flush()


async def _check_slug_free(tx: Tx, slug: str) -> None:
    if await tx.one_or_none(select(Product.id).where(Product.slug == slug, Product.deleted_at.is_(None))):
        raise SlugTaken(slug=slug)


async def _check_sellable(tx: Tx, product_id: UUID) -> None:
    currency = (await settings_of(tx)).currency
    sellable = (
        select(Variant.id)
        .join(Price, (Price.store_id == Variant.store_id) & (Price.variant_id == Variant.id))
        .where(Variant.product_id == product_id, Variant.is_active, Variant.deleted_at.is_(None))
        .where(Price.currency == currency)
    )
    if await tx.one_or_none(sellable.limit(1)) is None:
        raise NothingToSell()


async def _category_is_gone(tx: Tx, category_id: UUID) -> bool:
    stays = select(Category.id).where(Category.id == category_id, Category.deleted_at.is_(None))
    return await tx.one_or_none(stays.with_for_update(read=True)) is None

"""Categories: the shelves of the shop, and how they stand in one another."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, func, select

from stoa.catalog.errors import (
    CategoryInItself,
    CategoryInUse,
    CategoryTooDeep,
    SlugTaken,
    UnknownCategory,
)
from stoa.catalog.figures import LARGEST_POSITION, checked_figure
from stoa.catalog.models import Category, Product
from stoa.catalog.slugs import checked_slug, free_slug, slugify
from stoa.db.transaction import Tx
from stoa.db.violations import refusing
from stoa.kernel.text import PARAGRAPHS, clean

DEEPEST = 8


@dataclass(frozen=True)
class CategoryNode:
    """A category with those that stand in it, in the order they are shown."""

    id: UUID
    slug: str
    name: str
    description: str
    is_active: bool
    children: tuple["CategoryNode", ...]


async def create_category(
    tx: Tx,
    *,
    name: str,
    slug: str | None = None,
    parent_id: UUID | None = None,
    description: str = "",
    position: int = 0,
) -> Category:
    """Put up a shelf. Without a `slug` one is made from the name.

    Raises SlugTaken, BadSlug, UnknownCategory (the parent), CategoryTooDeep.
    """
    shelves = await _lock_shelves(tx)
    category = Category(
        name=clean("name", name, required=True),
        slug=_slug_among(shelves.values(), slug, name),
        parent_id=parent_id,
        description=clean("description", description, PARAGRAPHS, lines=True),
        position=checked_figure("position", position, largest=LARGEST_POSITION),
        created_at=tx.now,
    )
    if parent_id is not None:
        _check_depth(shelves, parent_id, below=1)
    tx.add(category)
    await _flush(tx, category.slug)
    return category


async def update_category(
    tx: Tx,
    *,
    category_id: UUID,
    name: str | None = None,
    slug: str | None = None,
    description: str | None = None,
    position: int | None = None,
    is_active: bool | None = None,
) -> Category:
    """Change what is given and leave the rest. An inactive category is not shown to shoppers.

    Raises UnknownCategory, SlugTaken, BadSlug.
    """
    shelves = await _lock_shelves(tx)
    category = _known(shelves, category_id)
    # Everything is checked before anything changes, so that a refusal leaves the category as it was.
    wanted_name = category.name if name is None else clean("name", name, required=True)
    words = category.description
    if description is not None:
        words = clean("description", description, PARAGRAPHS, lines=True)
    place = category.position if position is None else checked_figure("position", position, largest=LARGEST_POSITION)
    if slug is not None and slug != category.slug:
        category.slug = _slug_among(shelves.values(), slug, wanted_name)
    category.name, category.description, category.position = wanted_name, words, place
    if is_active is not None:
        category.is_active = is_active
    await _flush(tx, category.slug)
    return category


async def move_category(tx: Tx, *, category_id: UUID, parent_id: UUID | None) -> Category:
    """Put a category, with all in it, into another one; None puts it at the top.

    Raises UnknownCategory, CategoryInItself, CategoryTooDeep.
    """
    shelves = await _lock_shelves(tx)
    category = _known(shelves, category_id)
    if parent_id is not None:
        _known(shelves, parent_id)
        if category_id in [shelf.id for shelf in _path(shelves, parent_id)]:
            raise CategoryInItself(name=category.name)
        _check_depth(shelves, parent_id, below=_height(shelves, category_id))
    category.parent_id = parent_id
    await tx.flush()
    return category


async def delete_category(tx: Tx, *, category_id: UUID) -> None:
    """Take a shelf away; it can be restored.

    Raises UnknownCategory, CategoryInUse while a product or another category stands on it.
    """
    shelves = await _lock_shelves(tx)
    category = _known(shelves, category_id)
    on_it = select(func.count()).where(Product.category_id == category_id, Product.deleted_at.is_(None))
    products = await tx.one_or_none(on_it.where(Product.store_id == tx.store_id)) or 0
    categories = sum(shelf.parent_id == category_id for shelf in shelves.values())
    if products or categories:
        raise CategoryInUse(name=category.name, products=products, categories=categories)
    category.deleted_at = tx.now
    await tx.flush()


async def restore_category(tx: Tx, *, category_id: UUID) -> Category:
    """Put a deleted category back; at the top if its parent is gone meanwhile.

    Raises UnknownCategory, SlugTaken.
    """
    shelves = await _lock_shelves(tx)
    category = await tx.get(Category, category_id)
    if category is None:
        raise UnknownCategory(category=category_id)
    if category.deleted_at is not None:
        category.slug = _slug_among(shelves.values(), category.slug, category.name)
        if category.parent_id not in shelves:
            category.parent_id = None
        category.deleted_at = None
        await _flush(tx, category.slug)
    return category


async def category_tree(tx: Tx, *, with_inactive: bool = False) -> tuple[CategoryNode, ...]:
    """The whole tree in one statement. Without `with_inactive`, what stands in an inactive one is left out too."""
    shelves = await tx.scalars(_living().order_by(Category.position, Category.name, Category.id))
    return _nodes([shelf for shelf in shelves if shelf.is_active or with_inactive], None)


async def category_and_below(tx: Tx, slug: str) -> tuple[Category, list[UUID]]:
    """The category with this slug, if shoppers see it, and the ids of it and of every active one in it.

    Raises UnknownCategory.
    """
    shelves = {shelf.id: shelf for shelf in await tx.scalars(_living().where(Category.is_active))}
    found = next((shelf for shelf in shelves.values() if shelf.slug == slug), None)
    if found is None or not _path(shelves, found.id):
        raise UnknownCategory(category=slug[:100])
    return found, [shelf_id for shelf_id in shelves if found in _path(shelves, shelf_id)]


async def lock_category(tx: Tx, category_id: UUID) -> None:
    """See to it that the category stays until the end of the transaction. Raises UnknownCategory."""
    stays = _living().where(Category.id == category_id).with_for_update(read=True)
    if await tx.one_or_none(stays) is None:
        raise UnknownCategory(category=category_id)


def _living() -> Select[Category]:
    return select(Category).where(Category.deleted_at.is_(None))


async def _lock_shelves(tx: Tx) -> dict[UUID, Category]:
    """All categories, locked in order of id: two moves at once could otherwise close a ring."""
    fresh = _living().order_by(Category.id).with_for_update().execution_options(populate_existing=True)
    return {shelf.id: shelf for shelf in await tx.scalars(fresh)}


async def _flush(tx: Tx, slug: str) -> None:
    with refusing({"categories_slug_key": SlugTaken(slug=slug)}):
        await tx.flush()


def _known(shelves: dict[UUID, Category], category_id: UUID) -> Category:
    if category_id not in shelves:
        raise UnknownCategory(category=category_id)
    return shelves[category_id]


def _slug_among(shelves: Iterable[Category], slug: str | None, name: str) -> str:
    taken = {shelf.slug for shelf in shelves}
    if slug is None:
        return free_slug(slugify(name) or "category", taken)
    if checked_slug(slug) in taken:
        raise SlugTaken(slug=slug)
    return slug


def _path(shelves: dict[UUID, Category], category_id: UUID) -> list[Category]:
    """The category and those it stands in, upwards; it ends where one is not among `shelves`."""
    path: list[Category] = []
    at: UUID | None = category_id
    while at is not None and at in shelves:
        path.append(shelves[at])
        at = shelves[at].parent_id
    # An inactive one above hides what is in it: the path then does not reach the top, and is no path for shoppers.
    return path if at is None else []


def _height(shelves: dict[UUID, Category], category_id: UUID) -> int:
    """How many levels the category and those in it take."""
    inner = [shelf.id for shelf in shelves.values() if shelf.parent_id == category_id]
    return 1 + max((_height(shelves, each) for each in inner), default=0)


def _check_depth(shelves: dict[UUID, Category], parent_id: UUID, *, below: int) -> None:
    _known(shelves, parent_id)
    if len(_path(shelves, parent_id)) + below > DEEPEST:
        raise CategoryTooDeep(deepest=DEEPEST)


def _nodes(shelves: list[Category], parent_id: UUID | None) -> tuple[CategoryNode, ...]:
    return tuple(
        CategoryNode(shelf.id, shelf.slug, shelf.name, shelf.description, shelf.is_active, _nodes(shelves, shelf.id))
        for shelf in shelves
        if shelf.parent_id == parent_id
    )

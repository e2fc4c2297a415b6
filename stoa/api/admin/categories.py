"""Categories: the shelves of the shop."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from stoa import catalog
from stoa.api.admin.who import StaffTx
from stoa.api.catalog_views import StaffCategoryView
from stoa.api.views import Act, Flag, Made, Name, Page, Paragraphs, Position, Slug, may_stay, whole_list
from stoa.catalog.errors import (
    BadSlug,
    CategoryInItself,
    CategoryInUse,
    CategoryTooDeep,
    SlugTaken,
    UnknownCategory,
)
from stoa.edge.problems import refusals
from stoa.edge.routes import StaffRoute, needs
from stoa.kernel.text import TextMissing

router = APIRouter(route_class=StaffRoute, tags=["categories"])


class MakeCategory(Act):
    """A shelf. Without a slug, one is made from the name."""

    name: Name = Field(examples=["Kitchen"])
    slug: Slug | None = None
    parent_id: UUID | None = None
    description: Paragraphs = ""
    position: Position = 0


class ChangeCategory(Act):
    """What is left out stays; `parent_id: null` puts it at the top."""

    name: Name = may_stay()
    slug: Slug = may_stay()
    parent_id: UUID | None = may_stay()
    description: Paragraphs = may_stay()
    position: Position = may_stay()
    is_active: Flag = may_stay()


class CategoryMade(Made):
    """The category, and the slug it has."""

    slug: str


@router.get("/categories", summary="Read the categories")
@needs("catalog.read")
async def read_categories(tx: StaffTx) -> Page[StaffCategoryView]:
    """The whole tree, inactive ones too."""
    return whole_list(StaffCategoryView, await catalog.category_tree(tx, with_inactive=True))


@router.post(
    "/categories",
    status_code=201,
    summary="Make a category",
    responses=refusals(SlugTaken, BadSlug, UnknownCategory, CategoryTooDeep, TextMissing),
)
@needs("catalog.write")
async def make_category(body: MakeCategory, tx: StaffTx) -> CategoryMade:
    """Put up a shelf."""
    return CategoryMade.of(await catalog.create_category(tx, **body.model_dump()))


@router.patch(
    "/categories/{category_id}",
    summary="Change a category",
    responses=refusals(UnknownCategory, SlugTaken, BadSlug, CategoryInItself, CategoryTooDeep, TextMissing),
)
@needs("catalog.write")
async def change_category(category_id: UUID, body: ChangeCategory, tx: StaffTx) -> CategoryMade:
    """Its words, its place, whether shoppers see it. What is in it moves with it."""
    changes = body.given()
    if "parent_id" in changes:
        await catalog.move_category(tx, category_id=category_id, parent_id=changes.pop("parent_id"))
    return CategoryMade.of(await catalog.update_category(tx, category_id=category_id, **changes))


@router.delete(
    "/categories/{category_id}",
    status_code=204,
    summary="Delete a category",
    responses=refusals(UnknownCategory, CategoryInUse),
)
@needs("catalog.write")
async def delete_category(category_id: UUID, tx: StaffTx) -> None:
    """Only an empty one. It can be restored."""
    await catalog.delete_category(tx, category_id=category_id)


@router.post(
    "/categories/{category_id}/restore",
    summary="Restore a category",
    responses=refusals(UnknownCategory, SlugTaken),
)
@needs("catalog.write")
async def restore_category(category_id: UUID, tx: StaffTx) -> CategoryMade:
    """At the top, if what it stood in is gone."""
    return CategoryMade.of(await catalog.restore_category(tx, category_id=category_id))

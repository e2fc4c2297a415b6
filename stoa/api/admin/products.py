"""Products: made with their options, variants, prices and pictures; changed, shown, put away."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import Field

from stoa import catalog
from stoa.api.admin.variants import MakeVariant
from stoa.api.admin.who import Revision, StaffTx
from stoa.api.catalog_views import StaffCardView, StaffProductView, State
from stoa.api.views import Act, Cursor, Limit, Made, Name, Page, Paragraphs, Slug, View, may_stay, page_of
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
)
from stoa.edge.problems import refusals
from stoa.edge.routes import StaffRoute, needs
from stoa.edge.versions import NotThatVersion, tell_revision
from stoa.kernel.cursors import BadCursor
from stoa.kernel.text import TextMissing

router = APIRouter(route_class=StaffRoute, tags=["products"])

Word = Annotated[str, Field(max_length=60)]
_CHANGED = (ProductChanged, NotThatVersion)


class MakeOption(Act):
    """A way in which the variants differ, and its values in the order they are shown."""

    name: Word = Field(examples=["Size"])
    values: list[Word] = Field(min_length=1, max_length=100, examples=[["Small", "Large"]])


class MakePicture(Act):
    """A drawing by motif and palette, and what it shows in words."""

    motif: Word = Field(examples=["mug"])
    palette: Word = Field(examples=["clay"])
    alt: str = Field(default="", max_length=300)


class MakeProduct(Act):
    """A product with all that belongs to it. Without a slug, one is made from the title."""

    title: Name = Field(examples=["Blue mug"])
    slug: Slug | None = None
    description: Paragraphs = ""
    category_id: UUID | None = None
    state: State = "draft"
    options: list[MakeOption] = Field(default=[], max_length=5)
    variants: list[MakeVariant] = Field(min_length=1, max_length=500)
    pictures: list[MakePicture] = Field(default=[], max_length=50)


class ChangeProduct(Act):
    """What is left out stays; `category_id: null` takes it off its shelf."""

    title: Name = may_stay()
    slug: Slug = may_stay()
    description: Paragraphs = may_stay()
    category_id: UUID | None = may_stay()


class VariantMade(View):
    """A variant's id, by its SKU."""

    id: UUID
    sku: str


class ProductMade(Made):
    """The product, the slug it has, and its variants."""

    slug: str
    variants: list[VariantMade]


class ProductSaved(Made):
    """What If-Match may name from now on."""

    slug: str
    state: State
    revision: int


@router.get("/products", summary="List products", responses=refusals(BadCursor))
@needs("catalog.read")
async def list_products(
    tx: StaffTx,
    state: State | None = None,
    category_id: UUID | None = None,
    q: Annotated[str | None, Query(description="how the title begins", max_length=200)] = None,
    sort: catalog.Order = catalog.Order.NEWEST,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[StaffCardView]:
    """Drafts and archived ones too."""
    page = await catalog.staff_products(
        tx,
        state=catalog.ProductState(state) if state else None,
        category_id=category_id,
        search=q,
        order=sort,
        cursor=cursor,
        limit=limit,
    )
    return page_of(StaffCardView, page)


@router.post(
    "/products",
    status_code=201,
    summary="Make a product",
    responses=refusals(
        BadOptions, BadChoice, SameChoice, SkuTaken, SlugTaken, BadSlug, BadFigure, BadCompareAt, UnknownCategory,
        TextMissing,
    ),
)  # fmt: skip
@needs("catalog.write")
async def make_product(body: MakeProduct, tx: StaffTx) -> ProductMade:
    """With its options, variants, prices and pictures: all of it, or nothing."""
    whole: dict[str, Any] = body.model_dump(exclude={"options", "variants", "pictures", "state"})
    made = await catalog.create_product(
        tx,
        **whole,
        state=catalog.ProductState(body.state),
        options=[catalog.NewOption(option.name, option.values) for option in body.options],
        variants=[variant.new() for variant in body.variants],
        pictures=[catalog.NewPicture(**picture.model_dump()) for picture in body.pictures],
    )
    variants = [VariantMade.of(variant) for variant in made.variants.values()]
    return ProductMade(id=made.id, slug=made.product.slug, variants=variants)


@router.get("/products/{product_id}", summary="Read a product", responses=refusals(UnknownProduct))
@needs("catalog.read")
async def read_product(product_id: UUID, tx: StaffTx, request: Request) -> StaffProductView:
    """In any state, with inactive variants too. Keep the ETag: a change can name it."""
    product = await catalog.staff_product(tx, product_id)
    tell_revision(request, product.revision)
    return StaffProductView.of(product)


@router.patch(
    "/products/{product_id}",
    summary="Change a product",
    responses=refusals(UnknownProduct, *_CHANGED, SlugTaken, BadSlug, UnknownCategory, TextMissing),
)
@needs("catalog.write")
async def change_product(product_id: UUID, body: ChangeProduct, tx: StaffTx, revision: Revision) -> ProductSaved:
    """Its words and its place. With If-Match only if it is still as it was read."""
    return ProductSaved.of(await catalog.update_product(tx, product_id=product_id, revision=revision, **body.given()))


@router.post(
    "/products/{product_id}/publish",
    summary="Publish a product",
    responses=refusals(UnknownProduct, NothingToSell),
)
@needs("catalog.write")
async def publish_product(product_id: UUID, tx: StaffTx) -> ProductSaved:
    """Show it to shoppers."""
    return ProductSaved.of(await catalog.publish(tx, product_id=product_id))


@router.post("/products/{product_id}/archive", summary="Archive a product", responses=refusals(UnknownProduct))
@needs("catalog.write")
async def archive_product(product_id: UUID, tx: StaffTx) -> ProductSaved:
    """Take it out of the shop and keep it for the books."""
    return ProductSaved.of(await catalog.archive(tx, product_id=product_id))


@router.delete(
    "/products/{product_id}",
    status_code=204,
    summary="Delete a product",
    responses=refusals(UnknownProduct, *_CHANGED),
)
@needs("catalog.write")
async def delete_product(product_id: UUID, tx: StaffTx, revision: Revision) -> None:
    """With its variants, whose SKUs become free. It can be restored."""
    await catalog.delete_product(tx, product_id=product_id, revision=revision)


@router.post(
    "/products/{product_id}/restore",
    summary="Restore a product",
    responses=refusals(UnknownProduct, SlugTaken, SkuTaken),
)
@needs("catalog.write")
async def restore_product(product_id: UUID, tx: StaffTx) -> ProductSaved:
    """With the variants that went with it."""
    return ProductSaved.of(await catalog.restore_product(tx, product_id=product_id))

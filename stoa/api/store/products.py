"""Looking around: categories and products."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from stoa import catalog
from stoa.api.catalog_views import CardView, CategoryView, ProductView
from stoa.api.store.who import StoreTx
from stoa.api.views import Cursor, Limit, Page, page_of, whole_list
from stoa.catalog.errors import UnknownCategory, UnknownProduct
from stoa.edge.problems import refusals
from stoa.edge.routes import StoreRoute
from stoa.kernel.cursors import BadCursor

router = APIRouter(route_class=StoreRoute, tags=["catalog"])


@router.get("/categories", summary="Read the categories")
async def read_categories(tx: StoreTx) -> Page[CategoryView]:
    """The whole tree at once: those at the top, with those in them."""
    return whole_list(CategoryView, await catalog.category_tree(tx))


@router.get("/products", summary="List products", responses=refusals(UnknownCategory, BadCursor))
async def list_products(
    tx: StoreTx,
    category: Annotated[
        str | None, Query(description="a category's slug; those in it count too", max_length=80)
    ] = None,
    q: Annotated[str | None, Query(description="how the title begins", max_length=200)] = None,
    sort: Annotated[catalog.Order, Query(description="with `q` always by title")] = catalog.Order.NEWEST,
    cursor: Cursor = None,
    limit: Limit = 24,
) -> Page[CardView]:
    """Published products, a page at a time."""
    page = await catalog.shop_products(tx, category=category, search=q, order=sort, cursor=cursor, limit=limit)
    return page_of(CardView, page)


@router.get("/products/{slug}", summary="Read a product", responses=refusals(UnknownProduct))
async def read_product(tx: StoreTx, slug: Annotated[str, Path(max_length=80, examples=["blue-mug"])]) -> ProductView:
    """A published product with its variants, what they cost and how many there are."""
    return ProductView.of(await catalog.product_page(tx, slug))

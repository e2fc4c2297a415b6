"""Looking around: the whole shop, one shelf, what begins with a word."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import Response

from stoa import catalog
from stoa.catalog.errors import UnknownCategory
from stoa.storefront.routes import PageRoute
from stoa.storefront.shelves import path_to
from stoa.storefront.visit import Here

router = APIRouter(route_class=PageRoute)

ROWS = 24
_LONGEST_SEARCH = 100
# How many pages back the address remembers. Before those there is the way to the first page.
_TRAIL = 10
_BETWEEN = "~"

Search = Annotated[str, Query(max_length=_LONGEST_SEARCH)]
Trail = Annotated[str, Query(max_length=4_000)]


@dataclass(frozen=True)
class Pager:
    """Links to the pages around this one; None where there is none."""

    first: str | None
    previous: str | None
    next: str | None

    @property
    def is_needed(self) -> bool:
        """Whether there is more than one page."""
        return self.first is not None or self.next is not None


@router.get("/")
async def home(visit: Here, q: Search = "", sort: catalog.Order = catalog.Order.NEWEST, page: Trail = "") -> Response:
    """The whole shop, newest first; or the products whose names begin with `q`."""
    found = await catalog.shop_products(visit.tx, search=q, order=sort, cursor=_cursor(page), limit=ROWS)
    return await visit.page(
        "home.html",
        cards=found.items,
        pager=_pager("/", page, found.next, q=q, sort=sort),
        q=q.strip(),
        sort=sort,
        # The newest in front; the others from further back, so that it is not the first row once more.
        collage=found.items[::7][:3] if not q.strip() and not page else (),
    )


@router.get("/categories/{slug}")
async def shelf(visit: Here, slug: str, sort: catalog.Order = catalog.Order.NEWEST, page: Trail = "") -> Response:
    """One shelf and what stands on those in it."""
    found = await catalog.shop_products(visit.tx, category=slug, order=sort, cursor=_cursor(page), limit=ROWS)
    path = path_to(await visit.shelves(), slug)
    if not path:
        raise UnknownCategory(category=slug)
    return await visit.page(
        "shelf.html",
        path=path,
        category=path[-1],
        cards=found.items,
        pager=_pager(f"/categories/{slug}", page, found.next, sort=sort),
        sort=sort,
        is_first=not page,
    )


def _cursor(trail: str) -> str | None:
    return trail.rpartition(_BETWEEN)[2] or None


def _pager(path: str, trail: str, following: str | None, *, q: str = "", sort: catalog.Order) -> Pager:
    """Lists go on from a key and know no page before; so the address carries the keys it came by."""
    kept = {"q": q.strip()} if q.strip() else {}
    if sort is not catalog.Order.NEWEST:
        kept["sort"] = str(sort)
    passed = [key for key in trail.split(_BETWEEN) if key]

    def link(keys: list[str]) -> str:
        query = urlencode(kept | ({"page": _BETWEEN.join(keys[-_TRAIL:])} if keys else {}))
        return f"{path}?{query}" if query else path

    return Pager(
        first=link([]) if passed else None,
        previous=link(passed[:-1]) if len(passed) > 1 else None,
        next=link([*passed, following]) if following else None,
    )

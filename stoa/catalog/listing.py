"""Lists of products: for shoppers and for staff, by pages that go on from a key.

However many products a page has, it costs the same number of statements: one, and one more for a category. The
statement takes a page of ids from an index first and then looks up the rest of each product. What is in stock it
reads from the view `sellable_stock`, which inventory keeps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, select, text

from stoa.catalog.categories import category_and_below
from stoa.catalog.models import Product, ProductState
from stoa.db.transaction import Tx
from stoa.kernel.cursors import BadCursor, decode, encode
from stoa.kernel.folding import fold
from stoa.kernel.pages import Page, check_page_size


class Order(StrEnum):
    """How a list is sorted."""

    NEWEST = "newest"
    TITLE = "title"


@dataclass(frozen=True)
class PictureView:
    """A picture: its drawing, and what it shows in words."""

    motif: str
    palette: str
    alt: str
    variant_id: UUID | None = None


@dataclass(frozen=True)
class ProductCard:
    """A product as a list shows it. Amounts are minor units of `currency`, of the cheapest active variant."""

    id: UUID
    slug: str
    title: str
    state: ProductState
    currency: str
    from_price: int | None
    compare_at: int | None
    price_varies: bool
    variants: int
    only_variant_id: UUID | None
    available: bool
    picture: PictureView | None
    revision: int
    updated_at: datetime


async def shop_products(
    tx: Tx,
    *,
    category: str | None = None,
    search: str | None = None,
    order: Order = Order.NEWEST,
    cursor: str | None = None,
    limit: int = 24,
) -> Page[ProductCard]:
    """What shoppers see: published products; of a category (its slug) and those in it; titles beginning with `search`.

    Raises UnknownCategory, BadCursor, BadPageSize.
    """
    categories = None if category is None else (await category_and_below(tx, category))[1]
    return await _page(tx, [ProductState.ACTIVE], categories, search, order, cursor, limit)


async def staff_products(
    tx: Tx,
    *,
    state: ProductState | None = None,
    category_id: UUID | None = None,
    search: str | None = None,
    order: Order = Order.NEWEST,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[ProductCard]:
    """What staff see: drafts and archived products too; one state or one category, where asked.

    Raises BadCursor, BadPageSize.
    """
    states = [*ProductState] if state is None else [state]
    categories = None if category_id is None else [category_id]
    return await _page(tx, states, categories, search, order, cursor, limit)


async def deleted_products(tx: Tx, *, cursor: str | None = None, limit: int = 50) -> Page[Product]:
    """What can still be restored, newest first. Raises BadCursor, BadPageSize."""
    check_page_size(limit)
    deleted = select(Product).where(Product.deleted_at.is_not(None))
    if cursor is not None:
        deleted = deleted.where(Product.id < _after(cursor, by_title=False)["after"])
    rows = await tx.scalars(deleted.order_by(Product.id.desc()).limit(limit + 1))
    return Page(tuple(rows[:limit]), encode([str(rows[limit - 1].id)]) if len(rows) > limit else None)


async def _page(
    tx: Tx,
    states: Sequence[ProductState],
    categories: list[UUID] | None,
    search: str | None,
    order: Order,
    cursor: str | None,
    limit: int,
) -> Page[ProductCard]:
    check_page_size(limit)
    beginning = fold(search or "")[:200]
    by_title = order is Order.TITLE or beginning != ""
    values: dict[str, Any] = {"store": tx.store_id, "rows": limit + 1}
    if categories is not None:
        values["categories"] = categories
    if beginning:
        values["beginning"] = beginning
    if cursor is not None:
        values |= _after(cursor, by_title)
    statement = _statement(states, by_title, categories is not None, beginning != "", cursor is not None)
    rows = (await tx.execute(text(statement), values)).mappings().all()
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(tuple(_card(row) for row in rows[:limit]), None if last is None else _cursor(last, by_title))


def _statement(
    states: Sequence[ProductState], by_title: bool, in_categories: bool, beginning: bool, after: bool
) -> str:
    """The list's SQL: a page of each state (and category) asked for, merged into one, then looked up.

    Each of these pages is one short walk along an index, so no more rows are read than are asked for. The states are
    written out, not given as values: the planner then knows which of them are rare.
    """
    sort = "title_folded, id" if by_title else "id DESC"
    of_each_state = "\n    UNION ALL\n".join(
        "\n".join(
            [
                "    (SELECT id, slug, title, title_folded, state, revision, updated_at FROM products",
                "    WHERE store_id = :store AND deleted_at IS NULL AND state = '" + state.value + "'",
                "      AND category_id = shelf.id" * in_categories,
                # A range is a prefix in byte order; unlike `^@` it uses the index even before the prefix is known.
                "      AND title_folded >= :beginning AND title_folded < :beginning || chr(1114111)" * beginning,
                "      AND (title_folded, id) > (:after_title, :after)" * (after and by_title),
                "      AND id < :after" * (after and not by_title),
                "    ORDER BY " + sort + " LIMIT :rows)",
            ]
        )
        for state in states
    )
    return "\n".join(
        [
            "SELECT page.*, shop.currency, offer.*, picture.motif, picture.palette, picture.alt FROM (",
            "  SELECT found.* FROM ",
            "  unnest(CAST(:categories AS uuid[])) shelf (id) CROSS JOIN LATERAL" * in_categories,
            "  (" + of_each_state + ") found ORDER BY " + sort + " LIMIT :rows",
            ") page",
            _LOOKED_UP,
            "ORDER BY " + ("page.title_folded, page.id" if by_title else "page.id DESC"),
        ]
    )


_LOOKED_UP = """
CROSS JOIN (SELECT currency FROM store_settings WHERE store_id = :store) shop
CROSS JOIN LATERAL (
    SELECT count(*) AS variants, min(price.amount) AS from_price, max(price.amount) AS to_price,
        (array_agg(price.compare_at_amount ORDER BY price.amount, variant.position))[1] AS compare_at,
        (array_agg(variant.id ORDER BY variant.position))[1] AS first_variant_id,
        coalesce(bool_or(price.amount IS NOT NULL AND (NOT variant.tracks_stock OR EXISTS (
            SELECT FROM sellable_stock stock
            WHERE stock.store_id = :store AND stock.variant_id = variant.id AND stock.units > 0
        ))), false) AS available
    FROM variants variant
    LEFT JOIN prices price
        ON price.store_id = :store AND price.variant_id = variant.id AND price.currency = shop.currency
    WHERE variant.store_id = :store AND variant.product_id = page.id
        AND variant.is_active AND variant.deleted_at IS NULL
) offer
LEFT JOIN LATERAL (
    SELECT motif, palette, alt FROM pictures
    WHERE store_id = :store AND product_id = page.id ORDER BY position, id LIMIT 1
) picture ON true
"""


def _card(row: RowMapping) -> ProductCard:
    return ProductCard(
        id=row["id"],
        slug=row["slug"],
        title=row["title"],
        state=ProductState(row["state"]),
        currency=row["currency"],
        from_price=row["from_price"],
        compare_at=row["compare_at"],
        price_varies=row["from_price"] != row["to_price"],
        variants=row["variants"],
        only_variant_id=row["first_variant_id"] if row["variants"] == 1 else None,
        available=row["available"],
        picture=None if row["motif"] is None else PictureView(row["motif"], row["palette"], row["alt"]),
        revision=row["revision"],
        updated_at=row["updated_at"],
    )


def _cursor(row: RowMapping, by_title: bool) -> str:
    return encode([row["title_folded"], str(row["id"])] if by_title else [str(row["id"])])


def _after(cursor: str, by_title: bool) -> dict[str, Any]:
    """The key the page goes on from. Raises BadCursor for one of another list."""
    key = decode(cursor, (str, str) if by_title else (str,))
    try:
        after = UUID(key[-1])
    except ValueError:
        raise BadCursor() from None
    return {"after": after, "after_title": key[0]} if by_title else {"after": after}

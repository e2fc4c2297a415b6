"""What the catalog and the warehouses say about the lines of a cart."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import text

from stoa.db.calls import Row
from stoa.db.transaction import Tx


@dataclass(frozen=True, slots=True)
class VariantFacts:
    """A variant as it stands now. `price` is None where it has none in the cart's currency.

    `in_stock` and `later` are the units that may be promised to this cart, of those that are there and beyond them:
    those that are free, and those that it holds.
    """

    variant_id: UUID
    product_slug: str
    sku: str
    title: str
    variant_title: str
    price: int | None
    is_sold: bool
    tracks_stock: bool
    requires_shipping: bool
    beyond_stock: str
    ships_on: date | None
    in_stock: int
    later: int

    @property
    def available(self) -> int:
        """All the units that may be promised."""
        return self.in_stock + self.later

    @property
    def full_title(self) -> str:
        """Product and choice, as a person names it."""
        return f"{self.title}, {self.variant_title}" if self.variant_title else self.title

    def can_serve(self, quantity: int) -> bool:
        """Whether so many may be promised now."""
        return not self.tracks_stock or quantity <= self.available


async def variant_facts(tx: Tx, *, variant_ids: Collection[UUID], currency: str) -> dict[UUID, VariantFacts]:
    """The facts of these variants to a cart that holds nothing, by id; unknown ones are absent. One statement."""
    rows = await tx.execute(_FACTS, {"store": tx.store_id, "ids": [*variant_ids], "currency": currency})
    return {row["variant_id"]: facts_of(row) for row in rows.mappings()}


def facts_of(row: Row) -> VariantFacts:
    """The facts that a row of `stoa.variant_facts` tells."""
    return VariantFacts(
        row["variant_id"],
        row["product_slug"],
        row["sku"],
        row["title"],
        row["variant_title"],
        row["price"],
        row["is_sold"],
        row["tracks_stock"],
        row["requires_shipping"],
        row["beyond_stock"],
        row["ships_on"],
        row["in_stock"],
        row["later"],
    )


_FACTS = text("""
SELECT wanted.variant_id, facts.*
FROM unnest(CAST(:ids AS uuid[])) AS wanted (variant_id)
CROSS JOIN LATERAL stoa.variant_facts(:store, wanted.variant_id, CAST(:currency AS text)) facts
""")

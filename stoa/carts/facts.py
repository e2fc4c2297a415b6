"""What the catalog and the warehouses say about the lines of a cart, read in two statements."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text

from stoa.carts.models import Cart, CartLine
from stoa.db.transaction import Tx
from stoa.inventory.availability import available_units
from stoa.inventory.reservations import Hold


@dataclass(frozen=True, slots=True)
class VariantFacts:
    """A variant as it stands now. `price` is None where it has none in the cart's currency; `available` are the units
    that may be promised to this cart: those that are free, and those that it holds."""

    variant_id: UUID
    product_slug: str
    sku: str
    title: str
    variant_title: str
    price: int | None
    is_sold: bool
    tracks_stock: bool
    requires_shipping: bool
    available: int

    @property
    def full_title(self) -> str:
        """Product and choice, as a person names it."""
        return f"{self.title}, {self.variant_title}" if self.variant_title else self.title

    def can_serve(self, quantity: int) -> bool:
        """Whether so many may be promised now."""
        return not self.tracks_stock or quantity <= self.available


async def variant_facts(
    tx: Tx, *, variant_ids: Collection[UUID], currency: str, hold: Hold | None = None
) -> dict[UUID, VariantFacts]:
    """The facts of these variants, by id; unknown ones are absent. What is in `hold` is there for who holds it."""
    rows = (await tx.execute(_FACTS, {"store": tx.store_id, "ids": [*variant_ids], "currency": currency})).all()
    free = await available_units(tx, [row.variant_id for row in rows if row.tracks_stock])
    if hold is not None:
        free = {variant_id: units + hold.of(variant_id).quantity for variant_id, units in free.items()}
    return {row.variant_id: VariantFacts(**row._mapping, available=free.get(row.variant_id, 0)) for row in rows}


async def lines_of(tx: Tx, cart: Cart) -> list[CartLine]:
    """The lines of a cart in their order."""
    return list(await tx.scalars(select(CartLine).where(CartLine.cart_id == cart.id).order_by(CartLine.position)))


# Named as the fields of VariantFacts.
_FACTS = text("""
SELECT variant.id AS variant_id, product.slug AS product_slug, variant.sku, product.title,
    variant.title AS variant_title, price.amount AS price,
    variant.is_active AND variant.deleted_at IS NULL AND product.state = 'active' AND product.deleted_at IS NULL
        AND price.amount IS NOT NULL AS is_sold,
    variant.tracks_stock, variant.requires_shipping
FROM variants variant
JOIN products product ON product.store_id = :store AND product.id = variant.product_id
LEFT JOIN prices price
    ON price.store_id = :store AND price.variant_id = variant.id AND price.currency = CAST(:currency AS text)
WHERE variant.store_id = :store AND variant.id = ANY(CAST(:ids AS uuid[]))
""")

"""What the catalog and the warehouses say about the lines of a cart, read in two statements."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, select

from stoa.carts.models import Cart, CartLine
from stoa.catalog.models import Price, Product, ProductState, Variant
from stoa.db.transaction import Tx
from stoa.inventory.availability import available_units


@dataclass(frozen=True)
class VariantFacts:
    """A variant as it stands now. `price` is None where it has none in the cart's currency."""

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


async def variant_facts(tx: Tx, *, variant_ids: Collection[UUID], currency: str) -> dict[UUID, VariantFacts]:
    """The facts of these variants, by id; unknown ones are absent."""
    rows = (
        await tx.execute(
            select(Variant, Product, Price.amount)
            .join(Product, and_(Product.store_id == Variant.store_id, Product.id == Variant.product_id))
            .outerjoin(
                Price,
                and_(Price.store_id == Variant.store_id, Price.variant_id == Variant.id, Price.currency == currency),
            )
            .where(Variant.id.in_(variant_ids))
        )
    ).all()
    free = await available_units(tx, [variant.id for variant, _, _ in rows if variant.tracks_stock])
    return {
        variant.id: VariantFacts(
            variant_id=variant.id,
            product_slug=product.slug,
            sku=variant.sku,
            title=product.title,
            variant_title=variant.title,
            price=amount,
            is_sold=_is_sold(variant, product) and amount is not None,
            tracks_stock=variant.tracks_stock,
            requires_shipping=variant.requires_shipping,
            available=free.get(variant.id, 0),
        )
        for variant, product, amount in rows
    }


async def lines_of(tx: Tx, cart: Cart) -> list[CartLine]:
    """The lines of a cart in their order."""
    return list(await tx.scalars(select(CartLine).where(CartLine.cart_id == cart.id).order_by(CartLine.position)))


def _is_sold(variant: Variant, product: Product) -> bool:
    return (
        variant.is_active
        and variant.deleted_at is None
        and product.state == ProductState.ACTIVE
        and product.deleted_at is None
    )

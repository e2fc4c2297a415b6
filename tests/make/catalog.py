"""What a store sells and has in stock."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from stoa import budgets, catalog, inventory
from stoa.catalog.models import Category, Variant
from stoa.db.transaction import Tx
from stoa.inventory.models import Warehouse


@dataclass
class MakesCatalog:
    """The part of `Make` that fills shelves."""

    tx: Tx

    async def category(self, name: str = "Kitchen", **more: object) -> Category:
        """A category."""
        return await catalog.create_category(self.tx, name=name, **more)  # type: ignore[arg-type]

    async def product(self, title: str = "Mug", *, stock: int | None = None, **more: object) -> catalog.CreatedProduct:
        """A published product, of one variant unless told otherwise; `stock` units of each are on hand."""
        sku = f"SKU-{self.tx.new_id().hex[-10:]}"
        plain: dict[str, object] = {
            "variants": [catalog.NewVariant(sku=sku, price=1250)],
            "state": catalog.ProductState.ACTIVE,
        }
        created = await catalog.create_product(self.tx, title=title, **(plain | more))  # type: ignore[arg-type]
        if stock:
            warehouse = await self.warehouse()
            receipts = [inventory.Receipt(v.id, warehouse.id, stock) for v in created.variants.values()]
            await inventory.receive_many(self.tx, receipts=receipts)
        return created

    async def variant(
        self, *, stock: int | None = None, price: int = 1250, title: str = "Mug", **more: object
    ) -> Variant:
        """The one variant of a published product; `stock` units are on hand in the store's warehouse."""
        new = catalog.NewVariant(sku=f"SKU-{self.tx.new_id().hex[-10:]}", price=price, **more)  # type: ignore[arg-type]
        created = await self.product(title, stock=stock, variants=[new])
        return created.variants[new.sku]

    async def warehouse(self, code: str = "main", **more: object) -> Warehouse:
        """The warehouse with this code, made the first time."""
        known = {each.code: each for each in await inventory.list_warehouses(self.tx)}
        if code in known:
            return known[code]
        return await inventory.create_warehouse(self.tx, code=code, name=code.title(), **more)  # type: ignore[arg-type]

    async def code(self, code: str = "WELCOME5", *, amount: int = 500, uses: int = 100, **more: object) -> budgets.Code:
        """A discount code."""
        return await budgets.create_code(self.tx, code=code, amount=amount, uses=uses, **more)  # type: ignore[arg-type]

    async def in_stock(self, variant_id: UUID) -> Mapping[str, int]:
        """The figures of the variant's one level."""
        (level,) = await inventory.levels_of_variants(self.tx, variant_ids=[variant_id])
        return {name: getattr(level, name) for name in ("on_hand", "committed", "reserved", "safety", "short")}

"""The smallest valid thing of each kind, built through the operations a merchant uses."""

from dataclasses import dataclass
from uuid import UUID

from stoa import stores
from tests.make.catalog import MakesCatalog


@dataclass
class Make(MakesCatalog):
    """`make.variant(stock=1)`: what is not said is given a plain value."""

    async def store(self, **settings: object) -> "MadeStore":
        """A store with a name of its own."""
        slug = f"shop-{self.tx.new_id().hex[-12:]}"
        host = f"{slug}.localhost"
        plain: dict[str, object] = {
            "currency": "GBP",
            "time_zone": "Europe/London",
            "shipping_amount": 395,
            "payment_methods": ["test", "cash_on_delivery", "bank_transfer"],
        }
        store = await stores.open_store(self.tx, slug=slug, name="The Test Shop", hosts=[host], **(plain | settings))  # type: ignore[arg-type]
        return MadeStore(store.id, slug, host)


@dataclass(frozen=True)
class MadeStore:
    """A store that was made."""

    id: UUID
    slug: str
    host: str

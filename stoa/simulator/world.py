"""Two server processes' worth of house over one database, a clock for all, and the stores that are simulated."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

import asyncpg

from stoa import catalog, inventory, stores
from stoa.catalog.choices import NewVariant
from stoa.catalog.models import ProductState
from stoa.config import Config
from stoa.db.engine import connect
from stoa.db.transaction import Database, Tx
from stoa.edge.directory import StoreEntry
from stoa.edge.house import House
from stoa.inventory.receipts import Receipt
from stoa.simulator.clock import SimulatedClock
from stoa.simulator.ledger import Ledger
from stoa.simulator.store import SimulatedStore
from stoa.stores.models import Store
from stoa.stores.settings import settings_of
from stoa.webhooks.courier import Courier

VARIANTS = 8


@dataclass
class World:
    """Everything that acts take place in."""

    houses: Sequence[House]
    clock: SimulatedClock
    stores: list[SimulatedStore] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    courier: Courier | None = None
    lines: "list[asyncpg.Connection[asyncpg.Record]]" = field(default_factory=list)

    @property
    def database(self) -> Database:
        """The first house's."""
        return self.houses[0].database

    @asynccontextmanager
    async def line(self) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
        """A connection of one's own as the server role, as the relay has one; kept for the next."""
        line = self.lines.pop() if self.lines else await connect(self.houses[0].config.server_url)
        yield line
        self.lines.append(line)

    async def close(self) -> None:
        """Finish what is being written."""
        for line in self.lines:
            await line.close()
        for house in self.houses:
            await house.close()


async def open_world(config: Config, *, begins_at: datetime, houses: int = 2) -> World:
    """The houses, over the database of this installation; no stores yet."""
    clock = SimulatedClock(begins_at)
    return World([House.open(config, clock=clock) for _ in range(houses)], clock)


async def open_store(world: World, dice: Random, *, slug: str) -> SimulatedStore:
    """A store with settings of all kinds, a few warehouses, and a few things to sell, some of them scarce."""
    async with world.database.platform(now=world.clock()) as tx:
        settings = random_settings(dice) | {"currency": dice.choice(["GBP", "EUR", "JPY", "KWD"])}
        store = await stores.open_store(
            tx, slug=slug, name=f"The shop {slug}", hosts=[f"{slug}.localhost"], time_zone="Europe/London",
            payment_methods=["test", "cash_on_delivery", "bank_transfer", "card", "card"], card_provider="test",
            **settings,
        )  # fmt: skip
        simulated = SimulatedStore(entry_of(store, await settings_of(tx)))
        for n in range(dice.choice([1, 2, 3])):
            simulated.warehouses.append(await add_warehouse(tx, dice, n))
        for n in range(VARIANTS):
            simulated.variants.append(await _add_variant(tx, dice, n))
        await inventory.receive_many(
            tx,
            receipts=[
                Receipt(variant, warehouse, dice.choice([1, 3, 10, 40]))
                for variant in simulated.variants
                for warehouse in simulated.warehouses
                if dice.random() < 0.8
            ],
        )
    world.stores.append(simulated)
    return simulated


def entry_of(store: Store, settings: Any) -> StoreEntry:
    """The store as the edge knows it."""
    return StoreEntry(store.id, store.slug, store.name, store.state, settings)


def random_settings(dice: Random) -> dict[str, Any]:
    """How a store may sell."""
    return {
        "allocation": dice.choice(["priority", "priority", "nearest", "fewest_parcels"]),
        "splits_orders": dice.random() < 0.75,
        "hold_minutes": dice.choice([1, 15, 60]),
        "card_capture": dice.choice(["automatic", "manual"]),
        "tax_rate_ppm": dice.choice([0, 200_000, 77_000]),
        "tax_display": dice.choice(["inclusive", "exclusive"]),
        "rounding": dice.choice(["unit", "line", "total"]),
        "shipping_amount": dice.choice([0, 395, 1000]),
        "free_shipping_from": dice.choice([None, 2000]),
    }


async def add_warehouse(tx: Tx, dice: Random, n: int) -> UUID:
    """A place that ships."""
    made = await inventory.create_warehouse(
        tx, code=f"w{n}", name=f"Warehouse {n}", country=dice.choice(["GB", "DE", "FR"]), priority=dice.randrange(3)
    )
    return made.id


async def _add_variant(tx: Tx, dice: Random, n: int) -> UUID:
    variant = NewVariant(
        sku=f"SKU-{n}",
        price=dice.choice([0, 1, 99, 1250, 3333]),
        tracks_stock=n != 0,
        requires_shipping=n != 1,
    )
    made = await catalog.create_product(tx, title=f"Thing {n}", variants=[variant], state=ProductState.ACTIVE)
    return made.variants[variant.sku].id

"""A year of trade, sold again: look through the file, ready the shop, sell, read back, reconcile.

Interrupted at any moment and started again it goes on where it stopped: what has an order is passed over, what has a
cart is sold from that cart, and stock and customers are there once.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from stoa.db.transaction import Database
from stoa.kernel.refusals import Invalid
from stoa.transfers.online_retail import ids
from stoa.transfers.online_retail.books import BookedStock, read_books
from stoa.transfers.online_retail.grouping import count_rows, read_invoices
from stoa.transfers.online_retail.reconciling import Reconciliation, reconcile
from stoa.transfers.online_retail.recount import recount
from stoa.transfers.online_retail.selling import Seller, Sold
from stoa.transfers.online_retail.shop import Shop, ready_shop
from stoa.transfers.online_retail.survey import Survey, survey_of

Stage = Literal["reading", "readying", "selling", "reconciling"]

# Told what is being done now, and of how many invoices, or of how many more (stage None).
Told = Callable[[Stage | None, int], None]


class NothingToSell(Invalid):
    """The file, or as much of it as was asked for, holds no invoice."""

    code = "online_retail.empty"
    says = "{path} holds no invoice, so there is nothing to sell."

    path: str


@dataclass(frozen=True)
class Replayed:
    """What was found, done and proven. Seconds are wall clock; `selling_seconds` those of carts, quotes and orders."""

    survey: Survey
    shop: Shop
    sold: Sold
    stock: BookedStock
    reconciliation: Reconciliation
    selling_seconds: float
    seconds: float

    @property
    def orders_per_second(self) -> float:
        """Orders placed by this run for each second of selling."""
        return self.sold.placed / self.selling_seconds if self.selling_seconds else 0.0


async def replay(
    database: Database,
    path: Path,
    *,
    secret_key: bytes,
    limit: int | None = None,
    slug: str = ids.SLUG,
    told: Told = lambda _stage, _count: None,
) -> Replayed:
    """Sell the first `limit` invoices of the file, or all, in the store called `slug`, and reconcile.

    The file is read before anything is written.

    Raises FileMissing, NotTheFile, BadRow, NothingToSell, AnotherShop; Unavailable where the database goes away.
    """
    begun = time.monotonic()
    told("reading", 0)
    counted = count_rows(path, limit)
    survey = survey_of(read_invoices(path, counted))
    if not survey.by_invoice:
        raise NothingToSell(path=str(path))
    told("readying", 0)
    shop = await ready_shop(database, survey, slug)
    told("selling", len(counted))
    selling = time.monotonic()
    seller = Seller(database, shop, secret_key=secret_key, told=lambda count: told(None, count))
    sold = await seller.sell(read_invoices(path, counted))
    sold_at = time.monotonic()
    told("reconciling", 0)
    books = await read_books(database, shop.id, counted.keys())
    return Replayed(
        survey=survey,
        shop=shop,
        sold=sold,
        stock=books.stock,
        reconciliation=reconcile(survey, recount(path, limit), books, sold.refused),
        selling_seconds=sold_at - selling,
        seconds=time.monotonic() - begun,
    )

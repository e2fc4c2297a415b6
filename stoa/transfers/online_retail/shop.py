"""The shop that sells the file: opened once, and filled with whatever of the file it lacks yet."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text

from stoa import catalog, inventory, stores
from stoa.catalog.models import Category, Variant
from stoa.customers.bulk import KnownCustomer, add_known_customers
from stoa.db.transaction import Database, Tx
from stoa.inventory.bulk import Correction, correct_many
from stoa.kernel.refusals import Conflict
from stoa.stores.models import Store, StoreSettings
from stoa.transfers.online_retail import ids
from stoa.transfers.online_retail.countries import HOME
from stoa.transfers.online_retail.invoices import RowKind
from stoa.transfers.online_retail.survey import Article, Survey

OPENING = "opening stock: all that the file sells, loses and gives away"

_REASONS = {
    RowKind.STOCK_LOST: "lost",
    RowKind.STOCK_FOUND: "found",
    RowKind.GIVEN_AWAY: "given away",
}


class AnotherShop(Conflict):
    """A store with the slug sells in other money or lives in another time zone."""

    code = "online_retail.another_shop"
    says = "The store {slug} is there and keeps {currency} and {time_zone}; the file needs GBP and Europe/London."

    slug: str
    currency: str
    time_zone: str


@dataclass(frozen=True)
class Shop:
    """The store, ready to sell: its variants by stock code."""

    id: UUID
    variants: Mapping[str, UUID]
    received: int
    corrected: int


async def ready_shop(database: Database, survey: Survey, slug: str = ids.SLUG) -> Shop:
    """Open the store if there is none, and make the articles, customers and stock it lacks. Safe to run again.

    Raises AnotherShop.
    """
    assert survey.first_at is not None, "a file without invoices needs no shop"
    opened = ids.instant(survey.first_at) - timedelta(hours=1)
    store_id = await _store(database, opened, slug)
    async with database.store(store_id, now=opened) as tx:
        variants = await _articles(tx, survey.articles.values())
        await _customers(tx, survey)
    async with database.store(store_id, now=opened) as tx:
        received = await _opening_stock(tx, survey, variants)
        corrected = await _corrections(tx, survey, variants)
    return Shop(store_id, variants, received, corrected)


async def _store(database: Database, opened: datetime, slug: str) -> UUID:
    async with database.platform(now=opened) as tx:
        known = await tx.one_or_none(select(Store).where(Store.slug == slug, Store.deleted_at.is_(None)))
        if known is not None:
            await tx.enter(known.id)
            settings = await stores.settings_of(tx)
            if (settings.currency, settings.time_zone) != ("GBP", ids.TIME_ZONE):
                raise AnotherShop(slug=slug, currency=settings.currency, time_zone=settings.time_zone)
            return known.id
        store = await stores.open_store(
            tx,
            slug=slug,
            name="Online Retail",
            currency="GBP",
            hosts=[f"{slug}.localhost"],
            time_zone=ids.TIME_ZONE,
            locale="en-GB",
            tax_rate_ppm=0,
            mails_enabled=False,
            shipping_title="Postage and carriage",
            payment_methods=["bank_transfer"],
        )
        await inventory.create_warehouse(tx, code="main", name="Main warehouse", country=HOME)
        await catalog.create_category(tx, name="Gifts")
        await catalog.create_category(tx, name="Charges and services")
        return store.id


async def _articles(tx: Tx, articles: Iterable[Article]) -> dict[str, UUID]:
    """A product of one variant for each stock code; services only where one was sold."""
    wanted = [article for article in articles if article.units_sold or not article.is_service]
    known = await _variants(tx)
    goods, services = [
        await tx.one_or_none(select(Category.id).where(Category.name == name))
        for name in ("Gifts", "Charges and services")
    ]
    new = [_product(one, services if one.is_service else goods) for one in wanted if one.code not in known]
    for begin in range(0, len(new), 1_000):
        await catalog.create_products(tx, products=new[begin : begin + 1_000])
    return await _variants(tx)


async def _variants(tx: Tx) -> dict[str, UUID]:
    found = await tx.execute(select(Variant.sku, Variant.id).where(Variant.deleted_at.is_(None)))
    return {row.sku: row.id for row in found}


def _product(article: Article, category_id: UUID | None) -> catalog.NewProduct:
    variant = catalog.NewVariant(
        sku=article.code,
        price=article.list_price,
        tracks_stock=not article.is_service,
        requires_shipping=not article.is_service,
    )
    return catalog.NewProduct(
        title=article.title, variants=[variant], category_id=category_id, state=catalog.ProductState.ACTIVE
    )


async def _customers(tx: Tx, survey: Survey) -> None:
    known = [
        KnownCustomer(
            ids.customer_id(tx.store_id, number), ids.email_of(number), f"Customer {number}", ids.instant(since)
        )
        for number, since in survey.customers.items()
    ]
    await add_known_customers(tx, known=known)


async def _opening_stock(tx: Tx, survey: Survey, variants: Mapping[str, UUID]) -> int:
    """Receive what is needed and was not received before; the units received now."""
    # One at a time: two runs that both look before either receives would receive twice.
    await tx.one_or_none(select(StoreSettings.id).with_for_update())
    (warehouse,) = [one for one in await inventory.list_warehouses(tx) if one.code == "main"]
    before = {
        row.variant_id: int(row.units) for row in await tx.execute(_RECEIVED, {"store": tx.store_id, "why": OPENING})
    }
    receipts = []
    for article in survey.articles.values():
        if not article.is_service and (short := article.units_needed - before.get(variants[article.code], 0)) > 0:
            receipts.append(inventory.Receipt(variants[article.code], warehouse.id, short))
    for begin in range(0, len(receipts), 4_000):
        await inventory.receive_many(tx, receipts=receipts[begin : begin + 4_000], reason=OPENING)
    return sum(receipt.quantity for receipt in receipts)


async def _corrections(tx: Tx, survey: Survey, variants: Mapping[str, UUID]) -> int:
    """Write the movements of rows that are no sale, at their own dates; how many were new."""
    (warehouse,) = [one for one in await inventory.list_warehouses(tx) if one.code == "main"]
    corrections = []
    for note in survey.notes:
        at = ids.instant(note.at)
        reason = f"{_REASONS[note.kind]}, invoice {note.invoice}" + (f": {note.remark}" if note.remark else "")
        made = ids.movement_id(tx.store_id, note.invoice, note.place, at)
        corrections.append(Correction(made, variants[note.code], warehouse.id, note.by, reason))
    return await correct_many(tx, corrections=corrections)


_RECEIVED = text("""
SELECT level.variant_id, sum(movement.on_hand) AS units
FROM stock_movements movement
JOIN stock_levels level ON level.store_id = :store AND level.id = movement.level_id
WHERE movement.store_id = :store AND movement.kind = 'receive' AND movement.reason = CAST(:why AS text)
GROUP BY level.variant_id
""")

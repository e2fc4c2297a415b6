"""The demo: Kiln & Thread, a shop of things for the house and for small people, filled through plain operations."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from stoa import budgets, catalog, inventory, people, stores
from stoa.blueprints.wares import SHELVES, WARES
from stoa.db.transaction import Database, Tx
from stoa.kernel.ids import child_id
from stoa.stores.errors import HostTaken, SlugTaken
from stoa.stores.models import OFFERED, CardProvider, Store

SLUG = "kiln"
NAME = "Kiln & Thread"


@dataclass(frozen=True)
class Login:
    """Somebody who can sign in to the demo."""

    who: str
    name: str
    role: str
    email: str
    password: str


LOGINS = (
    Login("Owner", "Rosalind Kiln", "owner", "owner@kilnandthread.example", "clay-and-wool"),
    Login("Staff", "Tom Thread", "staff", "staff@kilnandthread.example", "warp-and-weft"),
)


@dataclass(frozen=True)
class DemoStore:
    """The shop: pages worth a visit (label and path), and who can sign in."""

    store_id: UUID
    slug: str = SLUG
    pages: tuple[tuple[str, str], ...] = (
        ("Shop", "/"),
        ("API of the shop", "/api/store/v1/openapi.json"),
        ("API of the back office", "/api/admin/v1/openapi.json"),
    )
    logins: tuple[Login, ...] = LOGINS
    discount_code: str = "WELCOME5"


async def fill(database: Database) -> DemoStore:
    """Open and fill the demo's shop in one transaction; where it stands already, leave it as it is."""
    for _ in range(2):
        try:
            async with database.platform() as tx:
                standing = await tx.one_or_none(select(Store.id).where(Store.slug == SLUG, Store.deleted_at.is_(None)))
                return DemoStore(standing or await _open(tx))
        except (SlugTaken, IntegrityError) as error:
            # Somebody else opens it at this moment: the second look finds their shop.
            lost = error
    raise lost


async def _open(tx: Tx) -> UUID:
    """The shop opened a month ago and has put something new on its shelves every day since."""
    today = tx.now
    tx.now = today - timedelta(days=len(WARES) + 1)
    store = await stores.open_store(
        tx,
        slug=SLUG,
        name=NAME,
        currency="GBP",
        locale="en-GB",
        time_zone="Europe/London",
        tax_rate_ppm=200_000,
        shipping_amount=395,
        free_shipping_from=5000,
        payment_methods=[*OFFERED],
        card_provider=CardProvider.TEST,
        bank_details="Kiln & Thread Ltd, sort code 00-00-00, account 00000000 (a demo: please send nothing)",
        mail_from=f"{NAME} <hello@kilnandthread.example>",
    )
    # The first is the one that mails lead to: the address that the demo prints.
    for n, host in enumerate(("localhost", "127.0.0.1", "kiln.localhost"), 1):
        await _lead_here(tx, store.id, host, n)
    await _hire(tx)
    await _stock_shelves(tx)
    tx.now = today
    await budgets.create_code(tx, code="WELCOME5", amount=500, uses=10_000)
    return store.id


async def _lead_here(tx: Tx, store_id: UUID, host: str, n: int) -> None:
    try:
        await stores.add_host(tx, store_id=store_id, host=host, host_id=child_id(store_id, n))
    except HostTaken:
        # Another store of this installation is reached there already; kiln.localhost remains.
        return


async def _hire(tx: Tx) -> None:
    await people.ensure_roles(tx)
    for login in LOGINS:
        known = await people.user_of_email(tx, login.email)
        user = known or await people.create_user(tx, email=login.email, password=login.password, name=login.name)
        await people.give_role(tx, user_id=user.id, role=login.role)


async def _stock_shelves(tx: Tx) -> None:
    shelves: dict[str, UUID] = {}
    for position, shelf in enumerate(SHELVES):
        parent_id = shelves[shelf.within] if shelf.within else None
        made = await catalog.create_category(
            tx,
            name=shelf.name,
            slug=shelf.slug,
            description=shelf.description,
            parent_id=parent_id,
            position=position,
        )
        shelves[shelf.slug] = made.id
    stroud = await inventory.create_warehouse(tx, code="STROUD", name="The workshop in Stroud", country="GB")
    leeds = await inventory.create_warehouse(tx, code="LEEDS", name="The store room in Leeds", country="GB", priority=1)
    for ware in WARES:
        tx.now += timedelta(days=1)
        product = await catalog.create_product(
            tx,
            title=ware.title,
            description=ware.words,
            category_id=shelves[ware.shelf],
            options=ware.options(),
            variants=ware.variants(),
            pictures=ware.pictures(),
            state=catalog.ProductState.ACTIVE,
        )
        # A third of everything waits in Leeds.
        there = ware.stock // 3
        here = ware.stock - there
        receipts = [
            inventory.Receipt(variant.id, warehouse.id, units)
            for variant in product.variants.values()
            for warehouse, units in ((stroud, here), (leeds, there))
            if units and variant.tracks_stock
        ]
        await inventory.receive_many(tx, receipts=receipts, reason="first delivery")

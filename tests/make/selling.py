"""From nothing to a placed order, in the steps a shopper takes: something to sell, a cart, a quote, the order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from stoa import carts
from stoa.carts.holding import Holder
from stoa.catalog.models import Price, Product, ProductState, Variant
from stoa.checkout.placing import Outcome, Placed, Submission, order_token, place_orders
from stoa.customers.postal import PostalAddress
from stoa.db.engine import connect
from stoa.db.transaction import Database, Tx
from stoa.inventory.models import MovementKind, StockLevel, StockMovement, Warehouse
from stoa.kernel.clock import utc_now
from stoa.orders.numbers import NumberLeases
from stoa.payments.methods import Tender, tender_by
from stoa.stores.models import PaymentMethod
from stoa.stores.settings import settings_of
from tests.conftest import SECRET_KEY
from tests.make import MadeStore

ADA = PostalAddress(
    name="Ada Lovelace", line1="12 St James's Square", city="London", postal_code="SW1Y 4JH", country="GB"
)


@dataclass(frozen=True)
class ReadyCart:
    """A cart that has been quoted and waits to be ordered."""

    cart_id: UUID
    quote_id: UUID
    token: str
    total: int

    @property
    def holder(self) -> Holder:
        """Who may order it."""
        return Holder.of_token(self.token)


@dataclass(frozen=True)
class MadeOrder:
    """An order that was placed; it opens to a guest by its token."""

    id: UUID
    number: int
    token: str
    cart: ReadyCart
    total: int
    state: str
    payment_state: str


async def sellable(
    tx: Tx,
    *,
    price: int = 1250,
    stock: int = 100,
    title: str = "A mug",
    sku: str | None = None,
    tracks_stock: bool = True,
    requires_shipping: bool = True,
) -> UUID:
    """A variant for sale in the store's currency, in stock where stock is counted; its id."""
    sku = sku or f"SKU-{tx.new_id().hex[-12:].upper()}"
    stamps: dict[str, Any] = {"created_at": tx.now}
    product = tx.add(
        Product(
            slug=sku.lower(), title=title, title_folded=title.lower(), state=ProductState.ACTIVE,
            updated_at=tx.now, **stamps,
        )
    )  # fmt: skip
    await tx.flush()
    variant = tx.add(
        Variant(
            product_id=product.id, sku=sku, tracks_stock=tracks_stock, requires_shipping=requires_shipping, **stamps
        )
    )
    await tx.flush()
    tx.add(Price(variant_id=variant.id, currency=(await settings_of(tx)).currency, amount=price))
    if tracks_stock:
        level = tx.add(StockLevel(variant_id=variant.id, warehouse_id=await _warehouse(tx), on_hand=stock))
        await tx.flush()
        if stock:
            tx.add(StockMovement(level_id=level.id, kind=MovementKind.RECEIVE, on_hand=stock, actor=str(tx.actor)))
    await tx.flush()
    return variant.id


async def ready_cart(
    database: Database,
    store: MadeStore,
    *,
    wanted: Mapping[UUID, int] | None = None,
    email: str = "ada@example.com",
    shipping: PostalAddress | None = ADA,
    phone: str = "",
    code: str | None = None,
    customer_id: UUID | None = None,
    at: datetime | None = None,
) -> ReadyCart:
    """A quoted cart with a contact. `wanted` is units by variant id; without it, two of a new mug."""
    async with database.store(store.id, now=at) as tx:
        wanted = wanted or {await sellable(tx): 2}
        cart = await carts.open_cart(tx, secret_key=SECRET_KEY, customer_id=customer_id)
        await tx.flush()
        opens = carts.cart_token(SECRET_KEY, cart.id)
        whose: dict[str, Any] = {"cart_id": cart.id, "holder": Holder.of_token(opens)}
        await carts.add_lines(tx, **whose, wanted=[carts.Wanted(*item) for item in wanted.items()])
        await carts.set_contact(tx, **whose, email=email, shipping=shipping, phone=phone)
        if code is not None:
            await carts.apply_code(tx, **whose, code=code)
        quote = await carts.quote(tx, **whose)
    return ReadyCart(cart.id, quote.id, opens, quote.total)


async def submit(
    database: Database,
    store: MadeStore,
    *ready: ReadyCart,
    method: PaymentMethod = PaymentMethod.TEST,
    tenders: Sequence[Tender] = (),
    at: datetime | None = None,
) -> list[tuple[Submission, Outcome]]:
    """Hand the carts in as one batch, over a connection of its own; each submission with its outcome.

    They are paid by `tenders`, or without any by one of this method. Where a card is among them, the stock is held.
    """
    tenders = [*tenders] or [tender_by(method, card_provider="test")]
    asks = any(tender.terms.asks for tender in tenders)
    submissions = [
        Submission.new(
            cart_id=cart.cart_id, quote_id=cart.quote_id, holder=cart.holder, at=at or utc_now(), actor="guest",
            tenders=tenders, secret_key=SECRET_KEY,
            hold_until=(at or utc_now()) + timedelta(minutes=15) if asks else None,
        )
        for cart in ready
    ]  # fmt: skip
    connection = await connect(database.server_url)
    try:
        numbers = await NumberLeases().take(connection, store.id, len(submissions))
        outcomes = await place_orders(connection, store.id, submissions, numbers)
    finally:
        await connection.close()
    return list(zip(submissions, outcomes, strict=True))


async def placed_order(
    database: Database,
    store: MadeStore,
    *,
    method: PaymentMethod = PaymentMethod.TEST,
    tenders: Sequence[Tender] = (),
    at: datetime | None = None,
    **cart: Any,
) -> MadeOrder:
    """A placed order, committed; `cart` is what `ready_cart` takes. Fails the test where it is refused."""
    ready = await ready_cart(database, store, at=at, **cart)
    [(_, outcome)] = await submit(database, store, ready, method=method, tenders=tenders, at=at)
    assert isinstance(outcome, Placed), outcome
    return MadeOrder(
        id=outcome.order_id,
        number=outcome.number,
        token=order_token(SECRET_KEY, outcome.order_id),
        cart=ready,
        total=outcome.total,
        state=outcome.state,
        payment_state=outcome.payment_state,
    )


async def _warehouse(tx: Tx) -> UUID:
    """The store's first warehouse, made where it has none."""
    found = await tx.scalars(select(Warehouse).order_by(Warehouse.priority, Warehouse.id).limit(1))
    warehouse = found[0] if found else tx.add(Warehouse(code="main", name="Main"))
    await tx.flush()
    return warehouse.id

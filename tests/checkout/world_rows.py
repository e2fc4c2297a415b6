"""Build a world in a store, hand submissions in, and read back everything that stands there."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Table, insert, text

from stoa.budgets.models import Budget, BudgetEntry, DiscountCode
from stoa.carts.holding import Holder
from stoa.carts.models import Cart, OrderContact, Quote
from stoa.catalog.models import Price, Product, Variant
from stoa.checkout.placing import Key, Submission
from stoa.customers.models import Customer
from stoa.db.models import StoreOwned
from stoa.db.tables import metadata
from stoa.db.transaction import Database
from stoa.inventory.models import Reservation, ReservationItem, StockLevel, StockMovement, Warehouse
from stoa.kernel.ids import child_id, hash_token, named_id
from stoa.payments.methods import tender_by
from stoa.pricing import Basket as PricedBasket
from stoa.pricing import BasketLine, FixedDiscount, ShippingRate, total
from stoa.stores.models import PaymentMethod, StoreSettings
from tests.checkout.worlds import NOW, QUOTED_AT, Asked, Basket, World, world_id

ROUTE = "POST /orders"
CODE_AMOUNT = 250

Rows = Iterator[tuple[type[StoreOwned], dict[str, Any]]]


async def build(database: Database, store_id: UUID, world: World) -> None:
    """Insert the world's rows, parents first, each table in one statement."""
    rows: dict[type[StoreOwned], list[dict[str, Any]]] = {}
    for model, values in (*_stock(world), *_codes(world), *_carts(world)):
        rows.setdefault(model, []).append({"store_id": store_id, **values})
    async with database.store(store_id) as tx:
        await tx.execute(text("SET LOCAL synchronous_commit = off"))
        # Through the connection: the session would keep what we only want written.
        connection = await tx.session.connection()
        in_order = [table.name for table in metadata.sorted_tables]
        for model, found in sorted(rows.items(), key=lambda item: in_order.index(str(item[0].__tablename__))):
            await connection.execute(insert(_table(model)), found)


def submission(world: World, n: int, asked: Asked) -> Submission:
    """The n-th submission; the same ids in every store."""
    at = NOW + timedelta(minutes=asked.minutes_later)
    order_id = named_id(at, f"order {n}")
    key = None
    if asked.key is not None:
        key = Key(asked.key.owner, ROUTE, asked.key.key, request_hash=bytes([asked.key.request]) * 32)
    return Submission(
        cart_id=world_id("cart", asked.basket),
        quote_id=_quote_id(world, asked),
        holder=_holder(asked),
        tenders=[tender_by(asked.method, card_provider="test")],
        at=at,
        order_id=order_id,
        order_token_hash=hash_token(str(order_id)),
        actor=f"test:{n}",
        hold_until=at + timedelta(minutes=15) if asked.method == PaymentMethod.CARD else None,
        key=key,
    )


async def everything(database: Database, store_id: UUID) -> dict[str, list[Any]]:
    """Every row of every table of the store, the store's own id left out."""
    async with database.store(store_id) as tx:
        rows = await tx.execute(_EVERYTHING, {"store": store_id})
        return {name: found for name, found in rows if found is not None}


def _table(model: type[StoreOwned]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


def _quote_id(world: World, asked: Asked) -> UUID:
    match asked.quote:
        case "current":
            return world_id("quote", asked.basket)
        case "older":
            return world_id("older quote", asked.basket)
        case "of the next cart":
            return world_id("quote", (asked.basket + 1) % len(world.baskets))
        case _:
            return world_id("unknown quote", asked.basket)


def _holder(asked: Asked) -> Holder:
    match asked.holder:
        case "token":
            return Holder.of_token(f"cart {asked.basket}")
        case "customer":
            return Holder(customer_id=world_id("customer", 0))
        case "other customer":
            return Holder(customer_id=world_id("customer", 1))
        case "staff":
            return Holder(staff=True)
        case _:
            return Holder.of_token("something else")


def _stock(world: World) -> Rows:
    yield StoreSettings, {
        "id": world_id("settings", 0), "currency": "GBP", "allocation": world.allocation, "splits_orders": world.splits,
    }  # fmt: skip
    for n, depot in enumerate(world.warehouses):
        latitude, longitude = _microdegrees(depot.spot)
        yield Warehouse, {
            "id": world_id("warehouse", n), "code": f"w{n}", "name": "", "priority": depot.priority,
            "is_active": depot.is_active, "kind": "backorder" if depot.later else "shipping", "country": depot.country,
            "latitude_microdegrees": latitude, "longitude_microdegrees": longitude,
        }  # fmt: skip
    for n, article in enumerate(world.articles):
        product_id, variant_id = world_id("product", n), world_id("variant", n)
        yield Product, {
            "id": product_id, "slug": f"p{n}", "title": f"Thing {n}", "title_folded": f"thing {n}",
            "state": "draft" if article.sold == "draft" else "active", "created_at": QUOTED_AT, "updated_at": QUOTED_AT,
        }  # fmt: skip
        yield Variant, {
            "id": variant_id, "product_id": product_id, "sku": f"s{n}", "tracks_stock": article.tracked,
            "is_active": article.sold != "inactive", "created_at": QUOTED_AT,
            "deleted_at": QUOTED_AT if article.sold == "deleted" else None,
            "beyond_stock": "backorder" if any(depot.later for depot in world.warehouses) else "none",
        }  # fmt: skip
        if article.price_now is not None:
            yield Price, {
                "id": world_id("price", n), "variant_id": variant_id, "currency": "GBP", "amount": article.price_now,
            }  # fmt: skip
        for w, level in enumerate(article.levels):
            if level is None:
                continue
            level_id = world_id(f"level {n}", w)
            held = sum(held.units for b in world.baskets for held in b.holds if held[:2] == (n, w))
            figures = {"on_hand": level.on_hand + held, "committed": level.committed}
            yield StockLevel, {
                "id": level_id, "variant_id": variant_id, "warehouse_id": world_id("warehouse", w),
                "safety": level.safety, "short": level.short, "reserved": level.reserved + held, **figures,
            }  # fmt: skip
            yield StockMovement, _movement(child_id(level_id, 1), level_id, "receive", **figures)
            if level.reserved:
                yield from _held_by_another(n, w, level.reserved)


def _movement(movement_id: UUID, level_id: UUID, kind: str, **figures: Any) -> dict[str, Any]:
    nothing = {"on_hand": 0, "committed": 0, "reserved": 0, "reservation_id": None}
    return {"id": movement_id, "level_id": level_id, "kind": kind, "actor": "test", **nothing, **figures}


def _held_by_another(article: int, warehouse: int, units: int) -> Rows:
    """Somebody else's cart holds so many, and is not bought here."""
    name = f"another's {article} {warehouse}"
    hold_id = world_id(f"hold of {name}", 0)
    yield Cart, _cart(world_id(f"cart of {name}", 0), name, reservation_id=hold_id)
    yield from _hold(hold_id, world_id(f"cart of {name}", 0), [(article, warehouse, units)])


def _hold(hold_id: UUID, cart_id: UUID, holds: Sequence[tuple[int, int, int]], *, past: bool = False) -> Rows:
    """A hold with its items and their movements."""
    yield Reservation, {
        "id": hold_id, "cart_id": cart_id, "created_at": QUOTED_AT,
        "expires_at": NOW - timedelta(minutes=1) if past else NOW + timedelta(minutes=5),
    }  # fmt: skip
    for n, (article, warehouse, units) in enumerate(holds, start=1):
        level_id = world_id(f"level {article}", warehouse)
        yield ReservationItem, {
            "id": child_id(hold_id, n), "reservation_id": hold_id, "level_id": level_id,
            "variant_id": world_id("variant", article), "quantity": units,
        }  # fmt: skip
        yield (
            StockMovement,
            _movement(child_id(hold_id, n), level_id, "reserve", reserved=units, reservation_id=hold_id),
        )


def _cart(cart_id: UUID, token: str, **values: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(("customer_id", "contact_id", "discount_code_id", "quote_id", "reservation_id"))
    return {
        "id": cart_id, "token_hash": hash_token(token), "currency": "GBP", "created_at": QUOTED_AT,
        "expires_at": NOW + timedelta(days=20), **nothing, **values,
    }  # fmt: skip


def _microdegrees(spot: tuple[int, int] | None) -> tuple[int | None, int | None]:
    return (None, None) if spot is None else (spot[0] * 1_000_000, spot[1] * 1_000_000)


def _codes(world: World) -> Rows:
    for n, uses in enumerate(world.codes):
        budget_id = world_id("budget", n)
        yield Budget, {"id": budget_id, "kind": "code_uses", "balance": uses, "created_at": QUOTED_AT}
        yield BudgetEntry, {"id": child_id(budget_id, 1), "budget_id": budget_id, "amount": uses}
        yield DiscountCode, {
            "id": world_id("code", n), "code": f"CODE{n}", "amount": CODE_AMOUNT, "currency": "GBP",
            "budget_id": budget_id, "created_at": QUOTED_AT,
        }  # fmt: skip


def _carts(world: World) -> Rows:
    for n in range(2):
        email = f"{n}@example.com"
        yield Customer, {
            "id": world_id("customer", n), "email": email, "email_folded": email, "created_at": QUOTED_AT,
        }  # fmt: skip
    for n, basket in enumerate(world.baskets):
        latitude, longitude = _microdegrees(basket.spot)
        yield OrderContact, {
            "id": world_id("contact", n), "email": "" if basket.missing else "someone@example.com",
            "country": basket.country, "latitude_microdegrees": latitude, "longitude_microdegrees": longitude,
        }  # fmt: skip
        yield (
            Cart,
            _cart(
                world_id("cart", n),
                f"cart {n}",
                customer_id=None if basket.customer is None else world_id("customer", basket.customer),
                contact_id=world_id("contact", n),
                discount_code_id=None if basket.code is None else world_id("code", basket.code),
                quote_id=None if basket.changed else world_id("quote", n),
                reservation_id=world_id("hold", n) if basket.holds else None,
                expires_at=NOW - timedelta(minutes=1) if basket.expired else NOW + timedelta(days=20),
            ),
        )
        if basket.holds:
            yield from _hold(world_id("hold", n), world_id("cart", n), basket.holds, past=basket.hold_past)
        yield Quote, _quote(world, n, basket, "older quote")
        yield Quote, _quote(world, n, basket, "quote")


def _quote(world: World, n: int, basket: Basket, kind: str) -> dict[str, Any]:
    totals = total(priced(world, n, basket))
    uses_code = basket.code is not None and totals.discount > 0
    return {
        "id": world_id(kind, n), "cart_id": world_id("cart", n), "currency": "GBP", "tax_included": world.tax_included,
        "subtotal": totals.subtotal, "discount": totals.discount, "shipping": totals.shipping,
        "shipping_tax": totals.shipping_tax, "tax": totals.tax, "total": totals.total, "shipping_title": "Post",
        "lines": [
            {
                "line": position, "variant_id": str(line.variant_id), "sku": "s", "title": "Thing", "variant_title": "",
                "quantity": line.quantity, "unit_price": line.unit_price, "amount": line.amount,
                "override_reason": line.override_reason, "discount": line.discount, "tax": line.tax,
                "tax_rate_ppm": world.tax_rate_ppm, "total": line.total,
            }
            for position, line in enumerate(totals.lines, start=1)
        ],
        "explanation": [],
        "budget_ids": [world_id("budget", basket.code or 0)] if uses_code else [],
        "budget_amounts": [1] if uses_code else [],
        "missing": list(basket.missing), "created_at": QUOTED_AT,
        "expires_at": NOW - timedelta(minutes=1) if basket.quote_expired else NOW + timedelta(minutes=20),
    }  # fmt: skip


def priced(world: World, n: int, basket: Basket) -> PricedBasket:
    """The basket as pricing wants it."""
    return PricedBasket(
        currency="GBP",
        lines=tuple(
            BasketLine(
                id=world_id(f"line of {n}", position),
                variant_id=world_id("variant", line.article),
                quantity=line.quantity,
                unit_price=world.articles[line.article].price,
                override_amount=line.staff_price,
                override_reason=None if line.staff_price is None else "agreed",
            )
            for position, line in enumerate(basket.lines)
        ),
        tax_rate_ppm=world.tax_rate_ppm,
        tax_included=world.tax_included,
        rounding="total",
        shipping=ShippingRate("Post", world.shipping, free_from=1000),
        discount=None if basket.code is None else FixedDiscount("CODE", CODE_AMOUNT, world_id("budget", basket.code)),
    )


def _read_everything(tables: Sequence[str]) -> str:
    # When an event was told is the database's own to say.
    rows = "SELECT json_agg(to_jsonb(t) - 'store_id' - 'told_at' ORDER BY t.id) FROM {0} t WHERE store_id = :store"
    return " UNION ALL ".join(f"SELECT '{table}', ({rows.format(table)})" for table in tables)


# A global table may name a store too (its hosts); a store's own has it in its key.
_OWNED = [name for name, table in metadata.tables.items() if "store_id" in table.primary_key.columns]
_EVERYTHING = text(_read_everything(_OWNED))

"""The till: paying through the public API, and looking at every row that came of it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import select

from stoa import orders
from stoa.db.transaction import Database
from stoa.inventory.models import Reservation, StockLevel
from stoa.payments.models import Payment, PaymentAttempt, PretendCharge
from tests.api.calls import Caller, ready_cart
from tests.make import MadeStore
from tests.make.selling import sellable


@dataclass
class Till:
    """One store's till. Everything it sells costs 25.00 and is sent for 3.95: an order comes to 28.95."""

    database: Database
    store: MadeStore
    shop: Caller

    async def mug(self, *, stock: int = 10) -> UUID:
        """Something to buy."""
        async with self.database.store(self.store.id) as tx:
            return await sellable(tx, price=2500, stock=stock)

    async def buys(self, token: str | None = None, *, mug: UUID | None = None, **more: Any) -> dict[str, Any]:
        """An order paid by a card with this token, as completing the cart answered it."""
        answer = await self.completes(token, mug=mug, **more)
        assert answer.status_code == 201, answer.text
        order: dict[str, Any] = answer.json()
        return order

    async def completes(self, token: str | None = None, *, mug: UUID | None = None, **more: Any) -> httpx.Response:
        """The answer to completing a cart of one mug by a card with this token."""
        cart, guest, quote = await ready_cart(self.shop, (mug or await self.mug(), 1))
        headers = more.pop("headers", {})
        body = {"quote_id": quote["id"], "return_url": "https://shop.example/back"} | more
        if "payments" not in body:
            body |= {"payment_method": "card"} | ({"token": token} if token else {})
        return await guest.ask("POST", f"{cart}/complete", json=body, headers=headers)

    async def order(self, order: dict[str, Any]) -> orders.OrderView:
        """The order as it stands."""
        async with self.database.store(self.store.id) as tx:
            return await orders.order_by_id(tx, order_id=UUID(order["id"]))

    async def attempts(self, order: dict[str, Any]) -> list[tuple[str, str, int]]:
        """Kind, state and amount of everything that was asked of providers, in order."""
        async with self.database.store(self.store.id) as tx:
            rows = await tx.scalars(
                select(PaymentAttempt)
                .where(PaymentAttempt.order_id == UUID(order["id"]))
                .order_by(PaymentAttempt.opened_at, PaymentAttempt.id)
            )
            return [(row.kind, row.state, row.amount) for row in rows]

    async def attempt_ids(self, order: dict[str, Any], kind: str) -> list[UUID]:
        """The attempts of this kind."""
        async with self.database.store(self.store.id) as tx:
            return list(
                await tx.scalars(
                    select(PaymentAttempt.id)
                    .where(PaymentAttempt.order_id == UUID(order["id"]), PaymentAttempt.kind == kind)
                    .order_by(PaymentAttempt.id)
                )
            )

    async def payments(self, order: dict[str, Any]) -> list[tuple[str, int, int, int, int]]:
        """Status, promised, taken, given back and being given back of each tender."""
        async with self.database.store(self.store.id) as tx:
            rows = await tx.scalars(
                select(Payment).where(Payment.order_id == UUID(order["id"])).order_by(Payment.position)
            )
            return [(row.status, row.authorized, row.captured, row.refunded, row.refunding) for row in rows]

    async def hold(self, order: dict[str, Any]) -> str | None:
        """The state of what the order held."""
        async with self.database.store(self.store.id) as tx:
            return await tx.one_or_none(select(Reservation.state).where(Reservation.order_id == UUID(order["id"])))

    async def stock(self, mug: UUID) -> tuple[int, int]:
        """How many are committed and reserved."""
        async with self.database.store(self.store.id) as tx:
            level = await tx.one_or_none(select(StockLevel).where(StockLevel.variant_id == mug))
            assert level is not None
            return level.committed, level.reserved

    async def charges(self) -> list[tuple[str, int, int]]:
        """The test provider's books: status, taken and given back."""
        async with self.database.store(self.store.id) as tx:
            rows = await tx.scalars(select(PretendCharge).order_by(PretendCharge.created_at, PretendCharge.id))
            return [(row.status, row.captured, row.refunded) for row in rows]


def history(view: orders.OrderView) -> list[tuple[str, str, str]]:
    """What happened, and how the order stood after it."""
    return [(row.kind, row.state, row.payment_state) for row in view.history]

"""The till: paying through the public API, and looking at every row that came of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import httpx
from sqlalchemy import select

from stoa import orders
from stoa.adapters.payment_test import decide
from stoa.db.transaction import Database
from stoa.inventory.models import Reservation, StockLevel
from stoa.payments.models import Payment, PaymentAttempt, PretendCharge, ProviderMessage, SavedPaymentMethod
from tests.api.calls import STORE_API, Caller, in_process, ready_cart
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

    @classmethod
    @asynccontextmanager
    async def of(cls, database: Database, store: MadeStore, app: Any) -> AsyncIterator["Till"]:
        """The till of another store."""
        async with in_process(app, store.host) as client:
            yield cls(database, store, Caller(client, STORE_API))

    async def ready(self, mug: UUID | None = None) -> tuple[str, Caller, dict[str, Any]]:
        """A cart of one mug that could be bought: its path, who has it, and its quote."""
        return await ready_cart(self.shop, (mug or await self.mug(), 1))

    def with_token(self, order: dict[str, Any]) -> Caller:
        """Whoever bought the order."""
        return self.shop.as_(order_token=order["token"])

    async def pays_again(self, order: dict[str, Any], token: str | None, **headers: str) -> dict[str, Any]:
        """What is answered to paying the order by another card."""
        body = {"payment_method": "card"} | ({"token": token} if token else {})
        paid: dict[str, Any] = await self.with_token(order).do(
            "POST", f"/orders/{order['id']}/payments", body, **headers
        )
        return paid

    async def answers_the_bank(self, action: dict[str, str], *, yes: bool) -> None:
        """The shopper goes to the test provider's page and says yes or no."""
        reference = action["redirect_url"].rpartition("/")[2]
        await decide(self.database, self.store.id, reference, approves=yes)

    async def messages(self) -> list[str]:
        """What providers told unasked, message by message."""
        async with self.database.store(self.store.id) as tx:
            return list(await tx.scalars(select(ProviderMessage.kind).order_by(ProviderMessage.id)))

    async def kept(self) -> int:
        """How many cards the store's customers keep."""
        async with self.database.store(self.store.id) as tx:
            return len(await tx.scalars(select(SavedPaymentMethod.id)))

    async def order(self, order: dict[str, Any]) -> orders.OrderView:
        """The order as it stands."""
        async with self.database.store(self.store.id) as tx:
            return await orders.order_by_id(tx, order_id=UUID(order["id"]))

    async def attempts(self, order: dict[str, Any]) -> list[tuple[str, str, int]]:
        """Kind, state and amount of all that was asked of providers: in order, and at one instant by tender."""
        async with self.database.store(self.store.id) as tx:
            rows = await tx.scalars(
                select(PaymentAttempt)
                .join(Payment, Payment.id == PaymentAttempt.payment_id)
                .where(PaymentAttempt.order_id == UUID(order["id"]))
                .order_by(PaymentAttempt.opened_at, Payment.position, PaymentAttempt.id)
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


T = TypeVar("T")


async def wait_for(look: Callable[[], Awaitable[T]], done: Callable[[T], bool]) -> T:
    """Look until it is so; fails the test after ten seconds."""
    for _ in range(200):
        if done(found := await look()):
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(f"it did not come to be: {found}")


def history(view: orders.OrderView) -> list[tuple[str, str, str]]:
    """What happened, and how the order stood after it."""
    return [(row.kind, row.state, row.payment_state) for row in view.history]

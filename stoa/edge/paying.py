"""Paying after placing: the provider is asked at once, and where that cannot be, a job does it in a while.

What the shopper is then told is read from the rows: a repeated request is told the same, and goes on where the one
before it stopped.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import orjson
import structlog

from stoa.checkout import Key
from stoa.checkout.errors import UnknownPaymentMethod
from stoa.db.transaction import Actor, Tx
from stoa.edge.directory import StoreEntry
from stoa.edge.house import House
from stoa.edge.idempotency import claim, keep_answer
from stoa.edge.submitting import Way, tender_of
from stoa.kernel.text import shown
from stoa.orders.attempting import talk
from stoa.orders.capturing import payments_asked
from stoa.orders.charging import CardGiven, begin_payments
from stoa.orders.charging import pay_again as pay_once_more
from stoa.orders.models import Order
from stoa.orders.reading import find_order
from stoa.orders.states import OrderState
from stoa.payments.errors import NoAccount
from stoa.payments.models import AttemptKind, AttemptState, Payment, PaymentStatus
from stoa.payments.provider import ProviderUnreachable
from stoa.payments.providers import Providers
from stoa.payments.saved import card_of
from stoa.stores.models import PaymentMethod

# A shopper is not kept waiting longer than this; the job goes on.
SECONDS = 10.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class WayGiven:
    """A way of paying as a client says it. `amount` is minor units; None pays what the others leave."""

    method: str
    amount: int | None = None
    token: str | None = None
    saved_id: UUID | None = None
    keeps_card: bool = False
    return_url: str | None = None

    @property
    def way(self) -> Way:
        """As it is submitted."""
        return self.method, self.amount


@dataclass(frozen=True)
class OrderHolder:
    """Who asks about an order: whoever has its token, or the customer who bought it."""

    token: str | None = None
    customer_id: UUID | None = None


@dataclass(frozen=True)
class Standing:
    """How an order that asked for money stands. `next_action` is what the shopper has to do, where that is so;
    `failure` is why the latest tender failed, in the provider's words."""

    state: str
    payment_state: str
    next_action: Mapping[str, Any] = field(default_factory=dict)
    failure_code: str | None = None
    failure: str | None = None


async def cards_of(house: House, store_id: UUID, ways: Sequence[WayGiven], actor: Actor) -> dict[int, CardGiven]:
    """What the providers need of the cards that were given, by the tenders' positions; empty where none was.

    Raises SavedMethodNotFound.
    """
    cards = {
        position: CardGiven(each.token, each.return_url, each.keeps_card and actor.kind == "customer")
        for position, each in enumerate(ways, start=1)
        if each.method == PaymentMethod.CARD
    }
    saved = [
        (position, each.saved_id) for position, each in enumerate(ways, start=1) if each.saved_id and position in cards
    ]
    if saved:
        customer_id = actor.id if actor.kind == "customer" else None
        async with house.database.store(store_id, actor=actor, clock=house.clock) as tx:
            for position, saved_id in saved:
                kept = await card_of(tx, customer_id=customer_id, saved_id=saved_id)
                cards[position] = replace(cards[position], token=kept.token, keeps_card=False)
    return cards


async def begin(
    house: House, store_id: UUID, order_id: UUID, *, cards: Mapping[int, CardGiven], actor: Actor
) -> Standing:
    """Ask for what an order's providers hold, where nobody has, and wait a while for their answer."""
    async with house.database.store(store_id, actor=actor, clock=house.clock) as tx:
        attempts = await begin_payments(tx, order_id=order_id, cards=cards)
    if attempts:
        house.bell.ring(store_id)
    await asyncio.gather(*(ask_now(house, store_id, attempt_id) for attempt_id in attempts))
    return await standing(house, store_id, order_id)


async def ask_now(house: House, store_id: UUID, attempt_id: UUID, *, again: bool = False) -> None:
    """Ask the provider about an attempt that is committed. Where it does not answer, a job asks again."""
    providers = providers_of(house)
    try:
        await talk(house.database, providers, store_id, attempt_id, again=again, seconds=SECONDS, clock=house.clock)
    except (ProviderUnreachable, NoAccount) as error:
        log.warning("provider_silent", attempt_id=str(attempt_id), error=str(error))
    # Whatever was asked for in turn (taking what was promised) is told to the relay.
    house.bell.ring(store_id)


async def standing(house: House, store_id: UUID, order_id: UUID) -> Standing:
    """How the order stands now."""
    async with house.database.store(store_id, clock=house.clock) as tx:
        return await standing_of(tx, order_id)


async def standing_of(tx: Tx, order_id: UUID) -> Standing:
    """How the order stands as this transaction sees it."""
    order = await tx.get(Order, order_id)
    assert order is not None, "it was placed"
    asked = await payments_asked(tx, order_id=order_id)
    waiting = [one for each in asked for one in each.attempts if one.state == AttemptState.WAITING]
    action = next((each.next_action for each in waiting if each.next_action), {})
    failed = _failed(order, [each.payment for each in asked])
    if failed is None:
        return Standing(order.state, order.payment_state, action)
    return Standing(order.state, order.payment_state, action, failed.failure_code, failed.failure_reason)


def _failed(order: Order, payments: Sequence[Payment]) -> Payment | None:
    """The tender that failed and has no other in its place. An order that goes ahead waits on for what failed."""
    if order.state == OrderState.PENDING and payments and payments[-1].status == PaymentStatus.FAILED:
        return payments[-1]
    if order.state == OrderState.CONFIRMED:
        return next((each for each in payments if each.status == PaymentStatus.PENDING and each.failure_code), None)
    return None


def providers_of(house: House) -> Providers:
    """The providers as this process reaches them."""
    return Providers(house.database, house.secret_key, house.config.payment_apis)


async def pay_again(
    house: House,
    store: StoreEntry,
    order_id: UUID,
    *,
    way: WayGiven,
    holder: OrderHolder,
    actor: Actor,
    key: Key | None,
) -> Standing:
    """Pay an order whose payment failed, by another card, or the same once more.

    Raises OrderNotFound, UnknownPaymentMethod, SavedMethodNotFound, NothingToPay, PaymentPending, TooManyPayments, and
    what an idempotency key is refused for.
    """
    cards = await cards_of(house, store.id, [way], actor)
    attempt_id = None
    async with house.database.store(store.id, actor=actor, clock=house.clock) as tx:
        order = await find_order(tx, order_id=order_id, token=holder.token, customer_id=holder.customer_id)
        tender = tender_of(store, way.method, None)
        if not cards:
            raise UnknownPaymentMethod(method=shown(way.method), offered=PaymentMethod.CARD)
        if key is None or await claim(tx, key) is None:
            attempt_id = await pay_once_more(tx, order_id=order.id, tender=tender, card=cards[1])
            if key is not None:
                await keep_answer(tx, key, 201, orjson.dumps({"order_id": str(order.id)}), {})
    if attempt_id is not None:
        await ask_now(house, store.id, attempt_id)
    return await standing(house, store.id, order_id)


async def look_again(house: House, store_id: UUID, order_id: UUID, *, holder: OrderHolder) -> Standing:
    """Ask the providers what became of payments that wait for the shopper, who is back from their pages.

    Raises OrderNotFound.
    """
    async with house.database.store(store_id, clock=house.clock) as tx:
        order = await find_order(tx, order_id=order_id, token=holder.token, customer_id=holder.customer_id)
        waiting = [
            attempt.id
            for asked in await payments_asked(tx, order_id=order.id)
            for attempt in asked.attempts
            if attempt.settled_at is None and attempt.kind == AttemptKind.AUTHORIZE
        ]
    await asyncio.gather(*(ask_now(house, store_id, attempt_id, again=True) for attempt_id in waiting))
    return await standing(house, store_id, order_id)

"""Paying after placing: the provider is asked at once, and where that cannot be, a job does it in a while.

What the shopper is then told is read from the rows: a repeated request is told the same, and goes on where the one
before it stopped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select

from stoa.db.transaction import Actor
from stoa.edge.house import House
from stoa.edge.submitting import Way
from stoa.orders.models import Order
from stoa.orders.states import OrderState
from stoa.orders.talking import talk
from stoa.orders.tendering import CardGiven, begin_payments
from stoa.payments.errors import NoAccount
from stoa.payments.models import AttemptState, Payment, PaymentAttempt, PaymentStatus
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
    for attempt_id in attempts:
        await ask_now(house, store_id, attempt_id)
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
        order = await tx.get(Order, order_id)
        assert order is not None, "it was placed"
        payments = await tx.scalars(select(Payment).where(Payment.order_id == order_id).order_by(Payment.id))
        waiting = await tx.scalars(
            select(PaymentAttempt)
            .where(
                PaymentAttempt.payment_id.in_([each.id for each in payments]),
                PaymentAttempt.state == AttemptState.WAITING,
            )
            .order_by(PaymentAttempt.id)
        )
    action = next((each.next_action for each in waiting if each.next_action), {})
    failed = payments[-1] if payments and payments[-1].status == PaymentStatus.FAILED else None
    if order.state != OrderState.PENDING or failed is None:
        return Standing(order.state, order.payment_state, action)
    return Standing(order.state, order.payment_state, action, failed.failure_code, failed.failure_reason)


def providers_of(house: House) -> Providers:
    """The providers as this process reaches them."""
    return Providers(house.database, house.secret_key)

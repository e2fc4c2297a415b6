"""Shoppers pay by card at the test provider in all its moods: it promises, refuses, waits for the shopper, answers late
or twice or not at all; and the house asks again, or gives up.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from stoa.adapters.payment_test import decide, tell
from stoa.adapters.pretend_books import charge_of
from stoa.db.transaction import GUEST, SYSTEM, Tx
from stoa.edge.paying import Standing, ask_now, providers_of, standing
from stoa.kernel.ids import child_id
from stoa.orders import capturing
from stoa.orders.attempting import talk
from stoa.orders.charging import CardGiven, pay_again
from stoa.orders.jobs import expire_orders
from stoa.payments.methods import tender_by
from stoa.payments.models import Payment, PaymentAttempt
from stoa.payments.provider import ProviderUnreachable
from stoa.simulator.acts import STAFF, Doing, Scene, kind
from stoa.simulator.store import SimulatedOrder
from stoa.stores.models import PaymentMethod

# The test provider's tokens (`stoa.adapters.payment_test`), and how often each is shown.
CARDS = {
    "test_ok": 12,
    "test_declined": 2,
    "test_declined:lost_card": 1,
    "test_insufficient_funds": 1,
    "test_3ds": 5,
    "test_slow:30": 1,
    "test_down": 1,
    "test_flaky": 2,
    "test_lost": 2,
    "test_twice": 2,
    "test_late:50": 2,
    "test_late_declined:50": 1,
    "test_refund_fails": 1,
    "test_capture_fails": 1,
    "test_void_fails": 1,
}

RETURN_URL = "https://shop.example/back"

# Jobs that have to wait for a provider do not wait long here.
PATIENCE_SECONDS = 2.0
LEFT_OPEN = timedelta(minutes=2)


def a_card(at: Scene) -> CardGiven:
    """A card, which may be a bad one."""
    (token,) = at.dice.choices([*CARDS], [*CARDS.values()])
    return CardGiven(token=token, return_url=RETURN_URL)


def reference_of(stands: Standing) -> str | None:
    """The test provider's reference, where it waits for the shopper: the end of the address they are sent to."""
    url = str(stands.next_action.get("redirect_url", ""))
    return url.rpartition("/")[2] or None


@kind("pay with another card", role="shopper", weight=3)
def pay_with_another_card(at: Scene) -> Doing | None:
    """In the place of one that failed; refused where none did."""
    order = at.order(like=lambda order: "card" in order.methods)
    if order is None:
        return None
    card = a_card(at)

    async def do() -> str:
        tender = tender_by("card", card_provider="test")

        async def work(tx: Tx) -> UUID:
            return await pay_again(tx, order_id=order.id, tender=tender, card=card)

        attempt_id = await at.inside(work, actor=GUEST)
        await ask_now(at.house, at.store.id, attempt_id)
        stands = await standing(at.house, at.store.id, order.id)
        order.waits_at = reference_of(stands) or order.waits_at
        return f"{stands.state} {stands.payment_state} {stands.failure_code or ''}"

    return Doing(do, (order.id,), {"card": card.token})


@kind("answer the bank", role="shopper", weight=5)
def answer_the_bank(at: Scene) -> Doing | None:
    """Yes or no on the provider's page, late or early, perhaps twice."""
    order = at.order(like=lambda order: order.waits_at is not None)
    if order is None or order.waits_at is None:
        return None
    reference, approves = order.waits_at, at.maybe(0.75)

    async def do() -> None:
        await decide(at.house.database, at.store.id, reference, approves=approves)

    return Doing(do, (order.id,), {"approves": approves})


@kind("take what is promised", role="staff", weight=3)
def capture(at: Scene) -> Doing | None:
    """All of it or a part, perhaps more than is promised; the provider is asked at once or by a job later."""
    order = at.order(like=lambda order: "card" in order.methods)
    if order is None:
        return None
    amount = at.dice.choice([None, None, None, 1, order.total // 2 + 1, order.total + 1])
    payment_id = child_id(order.id, at.dice.choice([1, 1, 2, 3]))
    return _ask(at, order, lambda tx: capturing.capture(tx, order_id=order.id, payment_id=payment_id, amount=amount))


@kind("let go of what is promised", role="staff", weight=1)
def void(at: Scene) -> Doing | None:
    """Refused where the order needs it."""
    order = at.order(like=lambda order: "card" in order.methods)
    if order is None:
        return None
    payment_id = child_id(order.id, at.dice.choice([1, 1, 2, 3]))
    return _ask(at, order, lambda tx: capturing.void(tx, order_id=order.id, payment_id=payment_id))


def _ask(at: Scene, order: SimulatedOrder, work: Callable[[Tx], Awaitable[PaymentAttempt]]) -> Doing:
    at_once = at.maybe(0.7)

    async def do() -> str:
        attempt = await at.inside(work, actor=STAFF)
        if at_once:
            await ask_now(at.house, at.store.id, attempt.id)
        return f"asks {attempt.amount}"

    return Doing(do, (order.id,), {"at_once": at_once})


@kind("the provider tells again", role="provider", weight=1)
def tell_again(at: Scene) -> Doing | None:
    """The same message once more, or a new one of how things stand."""
    order = at.order(like=lambda order: order.waits_at is not None)
    if order is None or order.waits_at is None:
        return None
    reference = order.waits_at

    async def do() -> None:
        await tell(at.house.database, at.store.id, reference)

    return Doing(do, (order.id,))


@kind("the provider ends a promise", role="provider", weight=1)
def end_promise(at: Scene) -> Doing | None:
    """As cards' promises end after some days; nothing, where nothing is promised."""
    order = at.order(like=lambda order: "card" in order.methods)
    if order is None:
        return None
    payment_id = child_id(order.id, at.dice.choice([1, 1, 2, 3]))

    async def do() -> str:
        reference = await at.inside(lambda tx: _ended(tx, payment_id), actor=SYSTEM)
        if reference is not None:
            await tell(at.house.database, at.store.id, reference)
        return "told" if reference else "nothing is promised"

    return Doing(do, (order.id,))


async def _ended(tx: Tx, payment_id: UUID) -> str | None:
    """The reference of a promise that ends now in the provider's books; None where there is none."""
    payment = await tx.get(Payment, payment_id)
    charge = await charge_of(tx, payment.reference) if payment else None
    if charge is None or charge.status != "authorized":
        return None
    charge.status = "voided"
    return charge.reference


@kind("ask providers again", role="job", weight=3)
def ask_again(at: Scene) -> Doing | None:
    """What has been open, or has waited for somebody, for a while."""
    return Doing(lambda: ask_about_all(at, LEFT_OPEN))


async def ask_about_all(at: Scene, left_open: timedelta) -> str:
    """Ask about every attempt that has been open so long; how many were asked about."""
    oldest = (
        select(PaymentAttempt.id)
        .join(Payment, (Payment.id == PaymentAttempt.payment_id) & (Payment.method == PaymentMethod.CARD))
        .where(PaymentAttempt.settled_at.is_(None))
        .order_by(PaymentAttempt.id)
        .limit(20)
    )

    async def work(tx: Tx) -> list[UUID]:
        return [*await tx.scalars(oldest.where(PaymentAttempt.opened_at <= tx.now - left_open))]

    found = await at.inside(work, actor=SYSTEM)
    for attempt_id in found:
        try:
            await talk(
                at.house.database, providers_of(at.house), at.store.id, attempt_id, again=True,
                seconds=PATIENCE_SECONDS, clock=at.house.clock,
            )  # fmt: skip
        except ProviderUnreachable:
            continue
    return str(len(found))


@kind("give up unpaid orders", role="job", weight=2)
def expire(at: Scene) -> Doing | None:
    """Orders whose money did not come while their stock was held."""

    async def do() -> str:
        return str(await at.inside(lambda tx: expire_orders(tx, 50), actor=SYSTEM))

    return Doing(do)

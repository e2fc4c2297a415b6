"""The test provider: it stands for one outside, moves no money, and does what the card's token tells it to.

Its books are the table `test_charges`, which it writes in transactions of its own, and nobody else does. The adapter is
`PretendProvider`, and touches no row of ours. `decide` and `tell` stand for what happens outside: the shopper answers
on the provider's page, and the provider sends a message. It comes over no net, so they hand it to where messages are
taken in (`orders.provider_messages.receive`), and that does write our rows.

    test_ok                   promised (or taken) at once; so is a card without a token
    test_declined             refused; `test_declined:lost_card` names the reason
    test_insufficient_funds   refused, for want of money
    test_3ds                  waits for the shopper, at a page where they say yes or no
    test_slow:500             answers after so many milliseconds
    test_hang                 never answers, and never heard of it
    test_down                 fails each time, and never heard of it
    test_flaky                fails the first time, and works when it is asked again
    test_lost                 done, but the answer is lost on its way
    test_twice                done, and told of twice
    test_late:500             on its way, and done after so many milliseconds, which is told
    test_late_declined:500    the same, and refused
    test_refund_fails         done, but what was taken cannot be given back; so test_capture_fails, test_void_fails
"""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select

from stoa.adapters import pretend_books as books
from stoa.adapters.pretend_books import Told
from stoa.db.transaction import Database
from stoa.orders.provider_messages import receive
from stoa.payments.models import AttemptKind, AttemptState, PretendCharge, ProviderName
from stoa.payments.provider import (
    Account,
    Ask,
    Charge,
    Notification,
    NotTheirs,
    Outcome,
    Provider,
    ProviderUnreachable,
)
from stoa.payments.providers import Surroundings

SIGNATURE = "stoa-test-signature"

_FOR_EVER_SECONDS = 3600.0

# Messages on their way: the loop itself would forget them.
_on_their_way: set["asyncio.Task[None]"] = set()


class PretendProvider:
    """The test provider, for one store."""

    def __init__(self, account: Account, database: Database) -> None:
        self._account = account
        self._database = database

    async def authorise(self, ask: Ask) -> Outcome:
        """As the token tells."""
        told = Told.by(ask.token)
        if told.name in ("slow", "hang"):
            await asyncio.sleep(told.seconds if told.name == "slow" else _FOR_EVER_SECONDS)
        if told.name == "down":
            raise ProviderUnreachable("told to be down")
        async with self._database.store(self._account.store_id) as tx:
            charge, is_new = await books.enter(tx, ask, told)
            if charge.status == "unheard" and not is_new:
                books.promise(charge)
            outcome = books.standing(charge, tx.now)
        if charge.status == "unheard":
            raise ProviderUnreachable("told to fail the first time")
        if is_new:
            self._tell_of(charge, told)
            if told.name == "lost":
                raise ProviderUnreachable("told to lose the answer")
        return outcome

    async def capture(self, ask: Ask) -> Outcome:
        """Take what was promised, or a part of it."""
        return await self._act(ask)

    async def void(self, ask: Ask) -> Outcome:
        """Let go of what was promised."""
        return await self._act(ask)

    async def refund(self, ask: Ask) -> Outcome:
        """Give back what was taken, or a part of it."""
        return await self._act(ask)

    async def find(self, ask: Ask) -> Outcome | None:
        """What the books say of the attempt."""
        async with self._database.store(self._account.store_id) as tx:
            if ask.kind == AttemptKind.AUTHORIZE:
                begun = await books.attempted(tx, ask)
                return books.standing(begun, tx.now) if begun else None
            charge = await books.charge_of(tx, ask.payment_reference)
            if charge is None or ask.attempt_id.hex not in charge.answers:
                return None
            return books.answered(charge, ask)

    async def charges_since(self, since: datetime) -> AsyncIterator[Charge]:
        """The books."""
        async with self._database.store(self._account.store_id) as tx:
            rows = await tx.scalars(
                select(PretendCharge).where(PretendCharge.created_at >= since).order_by(PretendCharge.id)
            )
        for row in rows:
            yield Charge(
                reference=row.reference,
                payment_id=UUID(row.answers["told"]["payment_id"]),
                authorized=row.amount if row.status == "authorized" else 0,
                captured=row.captured,
                refunded=row.refunded,
                currency=row.currency,
                created_at=row.created_at,
            )

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> Notification:
        """A message as `sign` signs it."""
        given = headers.get(SIGNATURE, "")
        if not hmac.compare_digest(given.encode(), sign(self._account.webhook_secret, body).encode()):
            raise NotTheirs("the signature is not the test provider's")
        try:
            message = orjson.loads(body)
            return Notification(
                message_id=str(message["id"]),
                kind=str(message["type"]),
                attempt_id=UUID(message["attempt_id"]),
                payment_reference=message["reference"],
                outcome=Outcome(
                    state=AttemptState(message["state"]),
                    reference=message["reference"],
                    payment_reference=message["reference"],
                    captured=message.get("captured", False),
                    amount=message.get("amount"),
                    reason_code=message.get("reason_code"),
                    reason=message.get("reason"),
                ),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise NotTheirs("the message cannot be read") from error

    async def _act(self, ask: Ask) -> Outcome:
        async with self._database.store(self._account.store_id) as tx:
            charge = await books.charge_of(tx, ask.payment_reference)
            if charge is None:
                return Outcome(
                    state=AttemptState.FAILED, reason_code="unknown", reason="The test provider has no such payment."
                )
            books.ripen(charge, tx.now)
            return books.act(charge, ask)

    def _tell_of(self, charge: PretendCharge, told: Told) -> None:
        """Send what a provider would send by itself, while nobody waits for it."""
        if told.name in ("late", "late_declined", "twice"):
            task = asyncio.create_task(self._tell(charge.reference, told))
            _on_their_way.add(task)
            task.add_done_callback(_on_their_way.discard)

    async def _tell(self, reference: str, told: Told) -> None:
        await asyncio.sleep(told.seconds)
        for _ in range(2 if told.name == "twice" else 1):
            await tell(self._database, self._account.store_id, reference)


async def decide(database: Database, store_id: UUID, reference: str, *, approves: bool) -> str | None:
    """The shopper says yes or no on the test provider's page; where they came from, or None where nobody is asked."""
    async with database.store(store_id) as tx:
        charge = await books.charge_of(tx, reference)
        if charge is None:
            return None
        if charge.status == "requires_action":
            books.promise(charge, refused=None if approves else "not_confirmed")
        came_from: str = charge.answers["told"]["return_url"]
    await tell(database, store_id, reference)
    return came_from


async def tell(database: Database, store_id: UUID, reference: str) -> None:
    """Tell the store how the charge stands, as a provider's webhook does; the same message for the same standing."""
    async with database.store(store_id) as tx:
        charge = await books.charge_of(tx, reference)
        assert charge is not None, "what is told about is in the books"
        outcome = books.standing(charge, tx.now)
        message = Notification(
            message_id=f"msg_{charge.id.hex}_{charge.status}",
            kind=f"charge.{charge.status}",
            attempt_id=charge.id,
            payment_reference=charge.reference,
            outcome=outcome,
        )
    await receive(database, store_id, ProviderName.TEST, message, clock=database.clock)


async def everything_told() -> None:
    """Wait for the messages that this process has on their way."""
    while _on_their_way:
        await asyncio.gather(*_on_their_way, return_exceptions=True)


def sign(secret: str, body: bytes) -> str:
    """The signature of a message: HMAC-SHA-256 in hexadecimal."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def message(charge_id: UUID, outcome: Outcome, **more: Any) -> bytes:
    """A message as the test provider sends it over HTTP."""
    told = {
        "id": f"msg_{charge_id.hex}_{outcome.state}",
        "type": f"charge.{outcome.state}",
        "attempt_id": str(charge_id),
        "reference": outcome.payment_reference,
        "state": outcome.state,
        "captured": outcome.captured,
        "amount": outcome.amount,
        "reason_code": outcome.reason_code,
        "reason": outcome.reason,
    }
    return orjson.dumps(told | more)


def open_provider(surroundings: Surroundings) -> Provider:
    """What `stoa.payments.providers` opens."""
    return PretendProvider(surroundings.account, surroundings.database)

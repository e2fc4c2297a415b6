"""Stripe, through its official client: PaymentIntents, with the attempt's id as the idempotency key of every act.

A card's token is a PaymentMethod (`pm_...`); without one, Stripe's own form in the shopper's browser gets the secret of
the intent. Every intent and refund carries our ids as metadata, so each finds its attempt again.

Stripe keeps the answer to a key for 24 hours, a failure of its own among them; so an attempt whose answer was lost is
looked up before it is asked again, and asking again within a day does nothing twice.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import orjson
import stripe
import structlog

from stoa.adapters.stripe_words import OF, NotCountable, from_stripe, intent_says, ours, refund_says, refused, to_stripe
from stoa.payments.models import AttemptKind, AttemptState
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

TIMEOUT_SECONDS = 30.0

# Of each page, and how many of them are looked through for one attempt.
_PAGE = 100
_MOST_PAGES = 20

# Their clock and ours may differ by so much.
_CLOCKS = timedelta(minutes=5)

_SIGNATURE_SECONDS = 300

log = structlog.get_logger(__name__)

# Connections live in one event loop.
_clients: "WeakKeyDictionary[asyncio.AbstractEventLoop, stripe.HTTPClient]" = WeakKeyDictionary()


class StripeProvider:
    """Stripe, for one store's account."""

    def __init__(self, account: Account, api_base: str | None) -> None:
        self._account = account
        self._store = str(account.store_id)
        self._stripe = stripe.StripeClient(
            account.secret or "none",
            http_client=_http_client(),
            base_addresses={"api": api_base} if api_base else {},
            # Whoever asks us asks again himself, after a look at what became of it.
            max_network_retries=0,
        )

    async def authorise(self, ask: Ask) -> Outcome:
        """Create the PaymentIntent, and confirm it where the card is given."""
        try:
            intent = await self._heard(self._create, ask)
        except NotCountable as error:
            return _impossible(str(error))
        except stripe.CardError as error:
            return await self._declined(error)
        except stripe.InvalidRequestError as error:
            return _said_no(error)
        except (stripe.AuthenticationError, stripe.PermissionError) as error:
            log.error("stripe_keys_refused", store_id=self._store, says=error.user_message)
            return Outcome(
                state=AttemptState.FAILED, reason_code="account", reason="This shop cannot take cards just now."
            )
        return self._says(intent, ask)

    async def capture(self, ask: Ask) -> Outcome:
        """Capture the intent; what is left is released."""
        intent_id = ask.payment_reference or ""
        try:
            intent = await self._heard(
                lambda: self._stripe.v1.payment_intents.capture_async(
                    intent_id,
                    params={"amount_to_capture": to_stripe(ask.amount, ask.currency)},
                    options=_key(ask),
                )
            )
        except NotCountable as error:
            return _impossible(str(error))
        except (stripe.CardError, stripe.InvalidRequestError) as error:
            return await self.find(ask) or _said_no(error)
        return _taken(intent, ask)

    async def void(self, ask: Ask) -> Outcome:
        """Cancel the intent."""
        intent_id = ask.payment_reference or ""
        try:
            await self._heard(
                lambda: self._stripe.v1.payment_intents.cancel_async(intent_id, params={}, options=_key(ask))
            )
        except stripe.InvalidRequestError as error:
            return await self.find(ask) or _said_no(error)
        return Outcome(state=AttemptState.SUCCEEDED, reference=intent_id)

    async def refund(self, ask: Ask) -> Outcome:
        """Refund the intent, or a part of it."""
        try:
            refund = await self._heard(
                lambda: self._stripe.v1.refunds.create_async(
                    params={
                        "payment_intent": ask.payment_reference or "",
                        "amount": to_stripe(ask.amount, ask.currency),
                        "metadata": self._ids(ask),
                    },
                    options=_key(ask),
                )
            )
        except NotCountable as error:
            return _impossible(str(error))
        except (stripe.CardError, stripe.InvalidRequestError) as error:
            return _said_no(error)
        return refund_says(refund)

    async def find(self, ask: Ask) -> Outcome | None:
        """By the intent's id where we know it; else among what was made since, by our ids in it."""
        try:
            found: Outcome | None = await self._heard(self._find, ask)
        except stripe.InvalidRequestError:
            return None
        return found

    async def charges_since(self, since: datetime) -> AsyncIterator[Charge]:
        """The account's PaymentIntents, ours and others', oldest last."""
        params: dict[str, Any] = {"created": {"gte": int(since.timestamp())}, "expand": ["data.latest_charge"]}
        async for intent in self._pages(self._stripe.v1.payment_intents.list_async, params):
            currency = intent["currency"].upper()
            charge = intent.get("latest_charge")
            refunded = charge["amount_refunded"] if charge and not isinstance(charge, str) else 0
            yield Charge(
                reference=intent["id"],
                payment_id=ours(intent, "stoa_payment"),
                authorized=from_stripe(intent["amount_capturable"], currency),
                captured=from_stripe(intent["amount_received"], currency),
                # What was let go of a promise counts as refunded with Stripe; it was never taken.
                refunded=from_stripe(min(refunded, intent["amount_received"]), currency),
                currency=currency,
                created_at=datetime.fromtimestamp(intent["created"], UTC),
            )

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> Notification:
        """An event, once its signature is verified; those of other things than payments and refunds tell nothing."""
        if not self._account.webhook_secret:
            raise NotTheirs("the store has no webhook secret of Stripe")
        try:
            stripe.WebhookSignature.verify_header(
                body, headers.get("stripe-signature", ""), self._account.webhook_secret, _SIGNATURE_SECONDS
            )
            return self._notification(orjson.loads(body))
        except stripe.SignatureVerificationError as error:
            raise NotTheirs(error.user_message or "the signature is wrong") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise NotTheirs("the message cannot be read") from error

    def _notification(self, event: Any) -> Notification:
        it, kind = event["data"]["object"], event["type"]
        attempt_id = ours(it, "stoa_attempt")
        outcome = attempt_kind = None
        if it["object"] == "payment_intent":
            attempt_kind = AttemptKind.AUTHORIZE
            outcome = intent_says(it, it["currency"].upper(), self._account.public_key)
        elif it["object"] == "refund":
            attempt_kind, outcome = AttemptKind.REFUND, refund_says(it)
        return Notification(
            message_id=event["id"],
            kind=kind,
            attempt_id=attempt_id,
            attempt_kind=attempt_kind,
            # What carries no attempt of ours was begun by somebody else.
            payment_reference=it["id"] if attempt_id and attempt_kind == AttemptKind.AUTHORIZE else None,
            outcome=outcome,
            # They count whole seconds: this is the end of the one in which it was made.
            made_at=datetime.fromtimestamp(event["created"] + 1, UTC),
        )

    async def _create(self, ask: Ask) -> Any:
        params: dict[str, Any] = {
            "amount": to_stripe(ask.amount, ask.currency),
            "currency": ask.currency.lower(),
            "capture_method": "automatic" if ask.captures else "manual",
            "payment_method_types": ["card"],
            "metadata": self._ids(ask) | ({} if ask.token else {"by_form": "yes"}),
            "expand": ["payment_method"],
        }
        customer, _, method = (ask.token or "").rpartition(OF)
        if method:
            params |= {"payment_method": method, "confirm": True}
            params |= {"return_url": ask.return_url} if ask.return_url else {}
        if customer:
            params["customer"] = customer
        elif ask.keeps_card:
            params |= {"customer": await self._new_customer(ask), "setup_future_usage": "on_session"}
        return await self._stripe.v1.payment_intents.create_async(params=params, options=_key(ask))  # type: ignore[arg-type]

    async def _new_customer(self, ask: Ask) -> str:
        """Whose card it is, at Stripe: without a name, since they need none."""
        options: Any = {"idempotency_key": f"{ask.attempt_id}-customer"}
        return (await self._stripe.v1.customers.create_async(params={"metadata": self._ids(ask)}, options=options)).id

    async def _declined(self, error: stripe.CardError) -> Outcome:
        """A card that was refused; its intent is closed, so that nobody pays it later by another way."""
        said = error.error.to_dict() if error.error is not None else {}
        intent_id = (said.get("payment_intent") or {}).get("id")
        if intent_id is None:
            return refused(said)
        with suppress(stripe.StripeError):
            await self._stripe.v1.payment_intents.cancel_async(intent_id)
        return refused(said, reference=intent_id, payment_reference=intent_id)

    async def _find(self, ask: Ask) -> Outcome | None:
        match ask.kind:
            case AttemptKind.AUTHORIZE:
                intent = await self._intent(ask)
                return None if intent is None else self._says(intent, ask)
            case AttemptKind.REFUND:
                return await self._find_refund(ask)
        intent = await self._intent(ask)
        if intent is None:
            return None
        match ask.kind, intent["status"]:
            case AttemptKind.CAPTURE, "succeeded":
                return _taken(intent, ask)
            case AttemptKind.VOID, "canceled":
                return Outcome(state=AttemptState.SUCCEEDED, reference=intent["id"])
            case (AttemptKind.CAPTURE, "canceled") | (AttemptKind.VOID, "succeeded"):
                says = f"The payment is {intent['status']} at Stripe."
                return Outcome(state=AttemptState.FAILED, reason_code=intent["status"], reason=says)
        return None

    async def _intent(self, ask: Ask) -> Any:
        if ask.payment_reference is not None:
            return _plain(
                await self._stripe.v1.payment_intents.retrieve_async(
                    ask.payment_reference, params={"expand": ["payment_method"]}
                )
            )
        since = int((ask.opened_at - _CLOCKS).timestamp())
        params: dict[str, Any] = {"created": {"gte": since}, "expand": ["data.payment_method"]}
        async for intent in self._pages(self._stripe.v1.payment_intents.list_async, params, most=_MOST_PAGES):
            if ours(intent, "stoa_attempt") == ask.attempt_id:
                return intent
        return None

    async def _find_refund(self, ask: Ask) -> Outcome | None:
        params: dict[str, Any] = {"payment_intent": ask.payment_reference or ""}
        async for refund in self._pages(self._stripe.v1.refunds.list_async, params, most=_MOST_PAGES):
            if ours(refund, "stoa_attempt") == ask.attempt_id:
                return refund_says(refund)
        return None

    async def _pages(
        self, list_async: Callable[..., Awaitable[Any]], params: dict[str, Any], *, most: int | None = None
    ) -> AsyncIterator[Any]:
        """Everything in a list of Stripe's, page by page, newest first.

        Raises ProviderUnreachable where there is more than `most` pages: what is not among them may be beyond.
        """
        after: dict[str, str] = {}
        page = 0
        while most is None or page < most:
            page += 1
            found = await self._heard(partial(list_async, params=params | after | {"limit": _PAGE}))
            for each in found["data"]:
                yield each
            if not found["has_more"] or not found["data"]:
                return
            after = {"starting_after": found["data"][-1]["id"]}
        raise ProviderUnreachable("Stripe: it has more payments than are looked through for one")

    def _says(self, intent: Any, ask: Ask) -> Outcome:
        return intent_says(intent, ask.currency, self._account.public_key)

    def _ids(self, ask: Ask) -> dict[str, str]:
        return {
            "stoa_store": self._store,
            "stoa_order": str(ask.order_id),
            "stoa_payment": str(ask.payment_id),
            "stoa_attempt": str(ask.attempt_id),
        }

    async def _heard(self, call: Callable[..., Awaitable[Any]], *given: Any) -> Any:
        """What Stripe answers; where nobody knows whether it heard, that is raised as such."""
        try:
            return _plain(await call(*given))
        except (stripe.APIConnectionError, stripe.RateLimitError, stripe.IdempotencyError) as error:
            raise ProviderUnreachable(f"Stripe: {type(error).__name__}") from error
        except stripe.StripeError as error:
            # 409: the same key is being worked on. 5xx: they do not know themselves.
            if error.http_status is None or error.http_status == 409 or error.http_status >= 500:
                raise ProviderUnreachable(f"Stripe: {error.http_status}") from error
            if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
                if call == self._create:
                    raise
                raise ProviderUnreachable("Stripe refuses the keys of the store") from error
            raise


def open_provider(surroundings: Surroundings) -> Provider:
    """What `stoa.payments.providers` opens."""
    return StripeProvider(surroundings.account, surroundings.api_base)


def _http_client() -> stripe.HTTPClient:
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        _clients[loop] = stripe.HTTPXClient(timeout=TIMEOUT_SECONDS)
    return _clients[loop]


def _plain(told: Any) -> Any:
    """What Stripe told as plain dictionaries; what we made of it ourselves as it is."""
    return told.to_dict() if isinstance(told, stripe.StripeObject) else told


def _key(ask: Ask) -> Any:
    return {"idempotency_key": str(ask.attempt_id)}


def _taken(intent: Any, ask: Ask) -> Outcome:
    return Outcome(
        state=AttemptState.SUCCEEDED,
        reference=intent["latest_charge"] if isinstance(intent.get("latest_charge"), str) else intent["id"],
        amount=from_stripe(intent["amount_received"], ask.currency),
    )


def _said_no(error: stripe.StripeError) -> Outcome:
    said = error.error.to_dict() if error.error is not None else {}
    return refused({"message": error.user_message} | said)


def _impossible(why: str) -> Outcome:
    return Outcome(state=AttemptState.FAILED, reason_code="amount", reason=f"Stripe cannot be asked for this: {why}.")

"""Stripe's objects in our words: amounts as Stripe counts them, and what an intent or a refund says of an attempt.

Written from Stripe's API reference: https://docs.stripe.com/currencies, https://docs.stripe.com/api/payment_intents and
https://docs.stripe.com/api/refunds.
"""

from typing import Any
from uuid import UUID

from stoa.kernel.money import exponent
from stoa.payments.models import AttemptState
from stoa.payments.provider import Card, Outcome

# Between Stripe's name of the customer and that of their card, in a token of ours that stands for both.
OF = "/"

# How many decimals Stripe counts with, where that is not what ISO 4217 says.
_DECIMALS = {"ISK": 2, "UGX": 2, "MGA": 0}

_LARGEST_FINE_STEP = 10


class NotCountable(Exception):
    """An amount that Stripe cannot be asked for in this currency."""


def to_stripe(amount: int, currency: str) -> int:
    """Minor units as Stripe counts them. Raises NotCountable.

    Currencies with three decimals are charged in steps of ten of the smallest.
    """
    theirs, ours = _DECIMALS.get(currency, exponent(currency)), exponent(currency)
    if ours == 3 and amount % _LARGEST_FINE_STEP:
        raise NotCountable(f"{amount} {currency} is no multiple of {_LARGEST_FINE_STEP}")
    if theirs >= ours:
        return amount * int(10 ** (theirs - ours))
    step = int(10 ** (ours - theirs))
    if amount % step:
        raise NotCountable(f"{amount} {currency} is no multiple of {step}")
    return amount // step


def from_stripe(amount: int, currency: str) -> int:
    """Stripe's count in minor units, rounded down where Stripe counts finer."""
    theirs, ours = _DECIMALS.get(currency, exponent(currency)), exponent(currency)
    return amount * int(10 ** (ours - theirs)) if ours >= theirs else amount // int(10 ** (theirs - ours))


def intent_says(intent: Any, currency: str, public_key: str) -> Outcome:
    """What has become of the authorisation that this PaymentIntent is."""
    common: dict[str, Any] = {"reference": intent["id"], "payment_reference": intent["id"]}
    match intent["status"]:
        case "succeeded":
            taken = from_stripe(intent["amount_received"], currency)
            return Outcome(state=AttemptState.SUCCEEDED, captured=True, amount=taken, card=_card(intent), **common)
        case "requires_capture":
            promised = from_stripe(intent["amount_capturable"], currency)
            return Outcome(state=AttemptState.SUCCEEDED, amount=promised, card=_card(intent), **common)
        case "canceled":
            why = intent.get("cancellation_reason") or "canceled"
            return Outcome(
                state=AttemptState.FAILED, reason_code=why, reason="The payment was cancelled at Stripe.", **common
            )
        case "requires_payment_method" if intent.get("last_payment_error") and not _asks_by_form(intent):
            return refused(intent["last_payment_error"], **common)
        case "processing":
            return Outcome(state=AttemptState.WAITING, **common)
        case _:
            return Outcome(state=AttemptState.WAITING, next_action=_next(intent, public_key), **common)


def refund_says(refund: Any) -> Outcome:
    """What has become of a refund. One that is pending is on its way; it can fail for weeks after it succeeded."""
    match refund["status"]:
        case "succeeded":
            return Outcome(state=AttemptState.SUCCEEDED, reference=refund["id"])
        case "failed" | "canceled":
            why = refund.get("failure_reason") or refund["status"]
            says = f"Stripe could not give it back: {why.replace('_', ' ')}."
            return Outcome(state=AttemptState.FAILED, reference=refund["id"], reason_code=why, reason=says)
        case _:
            return Outcome(state=AttemptState.WAITING, reference=refund["id"])


def refused(error: Any, **more: Any) -> Outcome:
    """A refusal with the reason that the bank, or else Stripe, gives."""
    return Outcome(
        state=AttemptState.FAILED,
        reason_code=error.get("decline_code") or error.get("code") or "refused",
        reason=error.get("message") or "The card was refused.",
        **more,
    )


def ours(stripe_object: Any, name: str) -> UUID | None:
    """An id that we gave along, if it is there."""
    given = (stripe_object.get("metadata") or {}).get(name)
    try:
        return UUID(given) if given else None
    except ValueError:
        return None


def _asks_by_form(intent: Any) -> bool:
    """Whether the shopper gives the card to Stripe's own form, where a card that fails can be given anew."""
    return (intent.get("metadata") or {}).get("by_form") == "yes"


def _next(intent: Any, public_key: str) -> dict[str, str]:
    action = intent.get("next_action") or {}
    if action.get("type") == "redirect_to_url":
        return {"redirect_url": action["redirect_to_url"]["url"]}
    return {"client_secret": intent["client_secret"], "public_key": public_key}


def _card(intent: Any) -> Card | None:
    """The card, where it was kept for a customer and was told along."""
    method, customer = intent.get("payment_method"), intent.get("customer")
    if not customer or not isinstance(customer, str) or method is None or isinstance(method, str):
        return None
    card = method.get("card") or {}
    return Card(
        token=f"{customer}{OF}{method['id']}",
        brand=(card.get("brand") or "").title(),
        last4=card.get("last4") or "",
        expires_month=card.get("exp_month"),
        expires_year=card.get("exp_year"),
    )

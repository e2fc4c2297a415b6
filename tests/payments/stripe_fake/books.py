"""What the stand-in remembers: intents, refunds, and the answer to every idempotency key.

By https://docs.stripe.com/api/payment_intents, https://docs.stripe.com/api/refunds and
https://docs.stripe.com/testing (the names of the test cards).
"""

import itertools
import time
from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]

CARDS = {
    "pm_card_visa": ("visa", "4242"),
    "pm_card_mastercard": ("mastercard", "4444"),
    "pm_card_visa_chargeDeclined": ("visa", "0002"),
    "pm_card_visa_chargeDeclinedInsufficientFunds": ("visa", "9995"),
    "pm_card_authenticationRequired": ("visa", "3155"),
}
DECLINES = {
    "pm_card_visa_chargeDeclined": ("generic_decline", "Your card was declined."),
    "pm_card_visa_chargeDeclinedInsufficientFunds": ("insufficient_funds", "Your card has insufficient funds."),
}


class Refused(Exception):
    """An error as Stripe answers it."""

    def __init__(self, status: int, kind: str, code: str | None, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": kind, "message": message, **({"code": code} if code else {}), **more}}


@dataclass
class Books:
    """Everything of one account."""

    intents: dict[str, Object] = field(default_factory=dict)
    refunds: dict[str, Object] = field(default_factory=dict)
    events: list[Object] = field(default_factory=list)
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def create(self, asked: Object) -> Object:
        """POST /v1/payment_intents."""
        number = next(self.numbers)
        intent_id = f"pi_fake{number:06}"
        intent: Object = {
            "id": intent_id,
            "object": "payment_intent",
            "amount": int(asked["amount"]),
            "amount_capturable": 0,
            "amount_received": 0,
            "cancellation_reason": None,
            "capture_method": asked.get("capture_method", "automatic"),
            "client_secret": f"{intent_id}_secret_x",
            "created": int(time.time()),
            "currency": asked["currency"],
            "customer": asked.get("customer"),
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": False,
            "metadata": asked.get("metadata", {}),
            "next_action": None,
            "payment_method": None,
            "return_url": asked.get("return_url"),
            "status": "requires_payment_method",
            "_refunded": 0,
        }
        self.intents[intent_id] = intent
        if asked.get("confirm") == "true":
            self.confirm(intent, asked["payment_method"])
        elif asked.get("payment_method"):
            intent |= {"status": "requires_confirmation", "payment_method": asked["payment_method"]}
        return intent

    def confirm(self, intent: Object, card: str) -> Object:
        """The card is charged, or promised, or its bank asks, or it is declined."""
        if card not in CARDS:
            raise Refused(400, "invalid_request_error", "resource_missing", f"No such PaymentMethod: '{card}'")
        intent["payment_method"] = card
        if card in DECLINES:
            code, message = DECLINES[card]
            error = {"type": "card_error", "code": "card_declined", "decline_code": code, "message": message}
            intent |= {"status": "requires_payment_method", "last_payment_error": error, "payment_method": None}
            self.tell("payment_intent.payment_failed", intent)
            raise Refused(
                402, "card_error", "card_declined", message, decline_code=code, payment_intent=shown(intent, ())
            )
        if card == "pm_card_authenticationRequired":
            url = f"https://hooks.stripe.example/3ds/{intent['id']}"
            redirect = {"type": "redirect_to_url", "redirect_to_url": {"url": url, "return_url": intent["return_url"]}}
            by_script = {"type": "use_stripe_sdk", "use_stripe_sdk": {}}
            intent |= {"status": "requires_action", "next_action": redirect if intent["return_url"] else by_script}
            self.tell("payment_intent.requires_action", intent)
            return intent
        return self.pay(intent)

    def pay(self, intent: Object) -> Object:
        """The money is there, or promised."""
        intent |= {"next_action": None, "latest_charge": intent["id"].replace("pi_", "ch_")}
        if intent["capture_method"] == "manual":
            intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
            self.tell("payment_intent.amount_capturable_updated", intent)
        else:
            intent |= {"status": "succeeded", "amount_received": intent["amount"]}
            self.tell("payment_intent.succeeded", intent)
        return intent

    def answer_bank(self, intent: Object, *, yes: bool) -> Object:
        """The shopper is through with their bank."""
        if yes:
            return self.pay(intent)
        code = "payment_intent_authentication_failure"
        error = {"type": "invalid_request_error", "code": code, "message": "The authentication failed."}
        intent |= {"status": "requires_payment_method", "last_payment_error": error, "next_action": None}
        self.tell("payment_intent.payment_failed", intent)
        return intent

    def capture(self, intent: Object, asked: Object) -> Object:
        """POST /v1/payment_intents/{id}/capture."""
        self._is_one_of(intent, "captured", "requires_capture")
        amount = int(asked.get("amount_to_capture") or intent["amount_capturable"])
        if amount > intent["amount_capturable"]:
            raise Refused(400, "invalid_request_error", "amount_too_large", "More than is capturable.")
        intent |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
        self.tell("payment_intent.succeeded", intent)
        return intent

    def cancel(self, intent: Object) -> Object:
        """POST /v1/payment_intents/{id}/cancel."""
        self._is_one_of(
            intent,
            "canceled",
            "requires_payment_method",
            "requires_capture",
            "requires_confirmation",
            "requires_action",
        )
        intent |= {"status": "canceled", "amount_capturable": 0, "next_action": None}
        self.tell("payment_intent.canceled", intent)
        return intent

    def refund(self, asked: Object) -> Object:
        """POST /v1/refunds."""
        intent = self.intent(asked["payment_intent"])
        left: int = intent["amount_received"] - intent["_refunded"]
        amount: int = int(asked["amount"]) if "amount" in asked else left
        if left == 0:
            raise Refused(400, "invalid_request_error", "charge_already_refunded", "It has already been refunded.")
        if amount > left:
            raise Refused(
                400,
                "invalid_request_error",
                None,
                f"Refund amount ({amount}) is greater than unrefunded amount ({left})",
            )
        intent["_refunded"] += amount
        refund: Object = {
            "id": f"re_fake{next(self.numbers):06}",
            "object": "refund",
            "amount": amount,
            "created": int(time.time()),
            "currency": intent["currency"],
            "metadata": asked.get("metadata", {}),
            "payment_intent": intent["id"],
            "failure_reason": None,
            "status": "succeeded",
        }
        self.refunds[refund["id"]] = refund
        self.tell("refund.created", refund)
        return refund

    def refund_comes_back(self, refund: Object) -> Object:
        """The bank could not place it: https://docs.stripe.com/refunds#failed-refunds."""
        refund |= {"status": "failed", "failure_reason": "expired_or_canceled_card"}
        self.intents[refund["payment_intent"]]["_refunded"] -= refund["amount"]
        self.tell("refund.failed", refund)
        return refund

    def intent(self, intent_id: str) -> Object:
        """The intent, or what Stripe says where there is none."""
        if intent_id not in self.intents:
            raise Refused(404, "invalid_request_error", "resource_missing", f"No such payment_intent: '{intent_id}'")
        return self.intents[intent_id]

    def tell(self, kind: str, what: Object) -> None:
        """An event of what happened, with the object as it is now."""
        number = next(self.numbers)
        self.events.append(
            {
                "id": f"evt_fake{number:06}",
                "object": "event",
                "type": kind,
                "created": int(time.time()),
                "data": {"object": shown(what, ())},
            }
        )

    def _is_one_of(self, intent: Object, wanted: str, *states: str) -> None:
        if intent["status"] not in states:
            says = f"This PaymentIntent could not be {wanted} because it has a status of {intent['status']}."
            raise Refused(
                400,
                "invalid_request_error",
                "payment_intent_unexpected_state",
                says,
                payment_intent=shown(intent, ()),
            )


def shown(what: Object, expand: tuple[str, ...]) -> Object:
    """An object as it is answered: without our own notes, and with what was asked to be told along."""
    told = {name: value for name, value in what.items() if not name.startswith("_")}
    if "payment_method" in expand and told.get("payment_method"):
        brand, last4 = CARDS[told["payment_method"]]
        card = {"brand": brand, "last4": last4, "exp_month": 4, "exp_year": 2044}
        told["payment_method"] = {"id": told["payment_method"], "object": "payment_method", "card": card}
    if "latest_charge" in expand and told.get("latest_charge"):
        # What is let go of a promise counts as refunded: https://docs.stripe.com/payments/place-a-hold-on-a-payment-method
        released = what["amount"] - what["amount_received"] if what["status"] == "succeeded" else 0
        told["latest_charge"] = {"id": told["latest_charge"], "amount_refunded": what["_refunded"] + released}
    return told

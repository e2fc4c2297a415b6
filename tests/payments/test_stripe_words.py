"""Stripe's amounts and states, as its reference describes them."""

from typing import Any

import pytest

from stoa.adapters.stripe_words import NotCountable, from_stripe, intent_says, refund_says, to_stripe


@pytest.mark.parametrize(
    ("amount", "currency", "theirs"),
    [(2895, "GBP", 2895), (500, "JPY", 500), (5, "ISK", 500), (5, "UGX", 500), (5120, "KWD", 5120), (300, "MGA", 3)],
)
def test_amounts_are_counted_as_stripe_counts_them(amount: int, currency: str, theirs: int) -> None:
    """https://docs.stripe.com/currencies#special-cases, #zero-decimal and #three-decimal."""
    assert to_stripe(amount, currency) == theirs
    assert from_stripe(theirs, currency) == amount


@pytest.mark.parametrize(("amount", "currency"), [(5124, "KWD"), (350, "MGA")])
def test_what_stripe_cannot_count_is_said(amount: int, currency: str) -> None:
    """https://docs.stripe.com/currencies#three-decimal: the last digit has to be 0."""
    with pytest.raises(NotCountable):
        to_stripe(amount, currency)


INTENT: dict[str, Any] = {
    "id": "pi_1", "amount_received": 0, "amount_capturable": 0, "client_secret": "pi_1_secret", "metadata": {},
    "next_action": None, "last_payment_error": None, "customer": None, "payment_method": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"status": "succeeded", "amount_received": 9}, ("succeeded", 9, True, None)),
        ({"status": "requires_capture", "amount_capturable": 9}, ("succeeded", 9, False, None)),
        ({"status": "processing"}, ("waiting", None, False, None)),
        ({"status": "canceled", "cancellation_reason": "expired"}, ("failed", None, False, "expired")),
        (
            {"status": "requires_payment_method", "last_payment_error": {"code": "expired_card", "message": "It is."}},
            ("failed", None, False, "expired_card"),
        ),
        # In Stripe's own form the shopper may try another card with the same intent.
        (
            {
                "status": "requires_payment_method",
                "last_payment_error": {"code": "expired_card"},
                "metadata": {"by_form": "yes"},
            },
            ("waiting", None, False, None),
        ),
    ],
)
def test_an_intent_says_what_became_of_it(more: dict[str, Any], said: tuple[Any, ...]) -> None:
    """https://docs.stripe.com/payments/paymentintents/lifecycle."""
    outcome = intent_says(INTENT | more, "GBP", "pk")

    assert (outcome.state, outcome.amount, outcome.captured, outcome.reason_code) == said


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("pending", "waiting"),
        ("requires_action", "waiting"),
        ("succeeded", "succeeded"),
        ("failed", "failed"),
        ("canceled", "failed"),
    ],
)
def test_a_refund_says_what_became_of_it(status: str, said: str) -> None:
    """https://docs.stripe.com/api/refunds/object#refund_object-status."""
    assert refund_says({"id": "re_1", "status": status, "failure_reason": None}).state == said


def test_a_bank_that_is_asked_by_script_gets_the_forms_secret() -> None:
    """https://docs.stripe.com/api/payment_intents/object#payment_intent_object-next_action: use_stripe_sdk."""
    asks = {"status": "requires_action", "next_action": {"type": "use_stripe_sdk", "use_stripe_sdk": {}}}

    assert intent_says(INTENT | asks, "GBP", "pk").next_action == {"client_secret": "pi_1_secret", "public_key": "pk"}

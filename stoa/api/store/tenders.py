"""How an order is paid, as a client says it."""

from collections.abc import Sequence
from typing import Annotated, Self
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import ConfigDict, Field

from stoa.api.views import Act, Flag, View
from stoa.edge.paying import Standing, WayGiven
from stoa.kernel.money import LARGEST_AMOUNT
from stoa.payments.errors import BadReturnUrl, PaymentsUnclear

MOST_TENDERS = 8


class CardGivenAct(Act):
    """A card, where the method is one."""

    token: str | None = Field(
        default=None,
        max_length=200,
        pattern=r"^[A-Za-z0-9_.:-]+$",
        description="the card, as the provider's own form names it",
        examples=["test_ok"],
    )
    saved_method_id: UUID | None = Field(default=None, description="a card that you keep with the shop")
    save_card: Flag = Field(default=False, description="keep the card for next time; for customers who are signed in")


class TenderAct(CardGivenAct):
    """One part of the price."""

    method: str = Field(max_length=100, examples=["card"])
    amount: Annotated[int, Field(strict=True, ge=1, le=LARGEST_AMOUNT)] | None = Field(
        default=None, description="minor units; at most one part has none, and pays what the others leave"
    )


class PaidBy(CardGivenAct):
    """How an order is paid: by one method, or in several parts."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["payment_method"]}, {"required": ["payments"]}]}
    )

    payment_method: str | None = Field(default=None, max_length=100, examples=["test"])
    payments: list[TenderAct] | None = Field(default=None, min_length=1, max_length=MOST_TENDERS)
    return_url: str | None = Field(
        default=None, max_length=2000, description="where the shopper comes back to from the provider's pages"
    )

    def ways(self) -> Sequence[WayGiven]:
        """Every part, in order. Raises PaymentsUnclear, BadReturnUrl."""
        if (self.payment_method is None) == (self.payments is None):
            raise PaymentsUnclear()
        if self.return_url is not None and not _is_address(self.return_url):
            raise BadReturnUrl()
        if self.payments is None:
            assert self.payment_method is not None, "one of both was said"
            return [self._way(self.payment_method, None, self)]
        if self.token is not None or self.saved_method_id is not None or self.save_card:
            raise PaymentsUnclear()
        return [self._way(each.method, each.amount, each) for each in self.payments]

    def _way(self, method: str, amount: int | None, card: CardGivenAct) -> WayGiven:
        return WayGiven(
            method=method,
            amount=amount,
            token=card.token,
            saved_id=card.saved_method_id,
            keeps_card=card.save_card,
            return_url=self.return_url,
        )


class PaymentStanding(View):
    """How the money of an order stands that a provider was asked for."""

    next_action: dict[str, str] | None = Field(
        description="what the shopper has to do: go to `redirect_url`, or give the provider's form the rest"
    )
    failure_code: str | None = Field(description="why the last payment failed, in the provider's word", examples=[None])
    failure: str | None = Field(description="the same as a sentence", examples=[None])

    @classmethod
    def of(cls, what: Standing) -> Self:
        """From what the edge read."""
        return cls(next_action=dict(what.next_action) or None, failure_code=what.failure_code, failure=what.failure)


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)

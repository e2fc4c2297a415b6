"""Payments of orders: what providers were asked, taking what is promised, and the store's accounts with providers."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from stoa.api.admin.who import Asked, StaffTx
from stoa.api.views import Act, Amount, Currency, Made, Page, View, whole_list
from stoa.edge.problems import refusals
from stoa.edge.routes import StaffRoute, needs
from stoa.kernel.money import LARGEST_AMOUNT
from stoa.orders import capturing
from stoa.orders.errors import OrderIsCancelled, OrderNotFound, PaymentNeeded
from stoa.orders.reading import order_by_id
from stoa.payments.accounts import list_accounts, remove_account, set_account
from stoa.payments.errors import (
    AccountNotFound,
    AlreadyAsked,
    MoreThanPromised,
    NothingToCapture,
    NothingToVoid,
    PaymentNotFound,
)

router = APIRouter(route_class=StaffRoute, tags=["payments"])

Secret = Annotated[str, Field(min_length=8, max_length=500, pattern=r"^[\x21-\x7e]+$")]


class AttemptView(View):
    """One thing that a provider was asked, and what it said."""

    id: UUID
    kind: str = Field(examples=["capture"])
    state: str = Field(description="open: nobody knows; waiting: for somebody", examples=["succeeded"])
    amount: Amount
    reference: str | None = Field(description="the provider's id of it")
    reason_code: str | None
    reason: str | None
    refund_id: UUID | None
    actor: str
    opened_at: datetime
    settled_at: datetime | None


class AskedPaymentView(View):
    """One part of an order's price, and everything that was asked about it."""

    id: UUID
    position: int
    method: str
    provider: str
    status: str
    amount: Amount
    authorized: Amount
    captured: Amount
    refunded: Amount
    refunding: Amount
    currency: Currency
    reference: str | None
    failure_code: str | None
    failure_reason: str | None
    created_at: datetime
    captured_at: datetime | None
    attempts: list[AttemptView]

    @classmethod
    def of(cls, what: Any) -> "AskedPaymentView":
        """From a payment and its attempts."""
        row = {column.key: getattr(what.payment, column.key) for column in what.payment.__table__.columns}
        return cls.model_validate(row | {"attempts": [AttemptView.of(each) for each in what.attempts]})


class TakePayment(Act):
    """Without an amount, all that the order still owes of it."""

    amount: Annotated[int, Field(strict=True, ge=1, le=LARGEST_AMOUNT, examples=[2895])] | None = None


class AttemptOpened(Made):
    """What the provider is being asked. Read the payments to see what it said."""

    id: UUID = Field(description="of the attempt")
    state: str = Field(examples=["open"])
    amount: Amount


class AccountView(View):
    """An account with a provider. Its secrets are not shown to anybody."""

    id: UUID
    provider: str
    public_key: str
    has_webhook_secret: bool


class SetAccount(Act):
    """The keys of the store's account, as the provider shows them."""

    provider: Literal["stripe"] = Field(examples=["stripe"])
    public_key: str = Field(default="", max_length=500, examples=["pk_live_..."])
    secret: Secret = Field(examples=["sk_live_..."])
    webhook_secret: Secret | None = Field(default=None, examples=["whsec_..."])


@router.get("/orders/{order_id}/payments", summary="List an order's payments", responses=refusals(OrderNotFound))
@needs("payments.read")
async def list_payments(order_id: UUID, tx: StaffTx) -> Page[AskedPaymentView]:
    """With everything that providers were asked about each, and what they said."""
    await order_by_id(tx, order_id=order_id)
    return whole_list(AskedPaymentView, await capturing.payments_asked(tx, order_id=order_id))


@router.post(
    "/orders/{order_id}/payments/{payment_id}/captures",
    status_code=201,
    summary="Take what is promised",
    responses=refusals(
        OrderNotFound, PaymentNotFound, OrderIsCancelled, NothingToCapture, MoreThanPromised, AlreadyAsked
    ),
)
@needs("payments.capture")
async def capture_payment(order_id: UUID, payment_id: UUID, body: TakePayment, tx: StaffTx) -> AttemptOpened:
    """All of it or a part; what is left of the promise is let go. The provider is asked right after."""
    return AttemptOpened.of(await capturing.capture(tx, order_id=order_id, payment_id=payment_id, amount=body.amount))


@router.post(
    "/orders/{order_id}/payments/{payment_id}/voids",
    status_code=201,
    summary="Let go of what is promised",
    responses=refusals(OrderNotFound, PaymentNotFound, PaymentNeeded, NothingToVoid, AlreadyAsked),
)
@needs("payments.capture")
async def void_payment(order_id: UUID, payment_id: UUID, tx: StaffTx) -> AttemptOpened:
    """Where the order does not need it. Cancelling an order lets go of its payments by itself."""
    return AttemptOpened.of(await capturing.void(tx, order_id=order_id, payment_id=payment_id))


@router.get("/payment-accounts", summary="List accounts with providers")
@needs("payments.manage")
async def list_payment_accounts(tx: StaffTx) -> Page[AccountView]:
    """Without their secrets."""
    return whole_list(AccountView, await list_accounts(tx))


@router.put("/payment-accounts", summary="Set the keys of an account")
@needs("payments.manage")
async def set_payment_account(body: SetAccount, tx: StaffTx, asking: Asked) -> AccountView:
    """They are kept sealed, and shown to nobody again."""
    known = await set_account(
        tx,
        provider=body.provider,
        public_key=body.public_key,
        secret=body.secret,
        webhook_secret=body.webhook_secret,
        secret_key=asking.house.secret_key,
    )
    return AccountView.of(known)


@router.delete(
    "/payment-accounts/{account_id}", status_code=204, summary="Remove an account", responses=refusals(AccountNotFound)
)
@needs("payments.manage")
async def remove_payment_account(account_id: UUID, tx: StaffTx) -> None:
    """Nothing can be asked of the provider any more; orders that it holds money of cannot be refunded through it."""
    await remove_account(tx, account_id=account_id)

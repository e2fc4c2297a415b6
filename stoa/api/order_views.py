"""Orders as both APIs show them."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from stoa import orders
from stoa.api.views import Amount, Currency, View
from stoa.db.models import StoreOwned


class OrderSummaryView(View):
    """An order as a list shows it."""

    id: UUID
    number: int
    state: str = Field(examples=["confirmed"])
    payment_state: str = Field(examples=["paid"])
    total: Amount
    currency: Currency
    units: int
    name: str
    placed_at: datetime


class StaffOrderSummaryView(OrderSummaryView):
    """An order as staff see it in a list."""

    email: str


class OrderLineView(View):
    """What was bought, as it was then."""

    id: UUID
    position: int
    variant_id: UUID
    sku: str
    title: str
    variant_title: str
    quantity: int
    cancelled: int = Field(description="how many of them were taken back")
    unit_price: Amount
    amount: Amount
    discount: Amount
    tax: Amount
    total: Amount


class StaffOrderLineView(OrderLineView):
    """A line with why its price is not the list's, if it is not."""

    override_reason: str | None
    tax_rate_ppm: int


class OrderContactView(View):
    """Who it is for; empty once the person was erased. Billing fields are null where they are the same."""

    email: str
    phone: str
    name: str
    company: str
    line1: str
    line2: str
    city: str
    region: str
    postal_code: str
    country: str
    note: str
    billing_name: str | None
    billing_company: str | None
    billing_line1: str | None
    billing_line2: str | None
    billing_city: str | None
    billing_region: str | None
    billing_postal_code: str | None
    billing_country: str | None


class PaymentView(View):
    """Money asked for, promised, received or gone back: one tender of the order."""

    id: UUID
    position: int
    method: str
    status: str
    amount: Amount
    authorized: Amount
    captured: Amount
    refunded: Amount
    refunding: Amount = Field(description="on its way back, or to be handed back, in minor units", examples=[0])
    currency: Currency
    created_at: datetime
    captured_at: datetime | None


class CancelledLineView(View):
    """Units of one line that were taken back."""

    line_id: UUID = Field(validation_alias="order_line_id")
    quantity: int
    amount: Amount


class CancellationView(View):
    """Units that were taken back together."""

    id: UUID
    reason: str = Field(examples=["customer"])
    is_whole: bool = Field(description="whether nothing of the order was left after it")
    amount: Amount = Field(description="what was taken back, delivery included")
    shipping: Amount = Field(description="how much of it is delivery")
    happened_at: datetime
    lines: list[CancelledLineView]


class StaffCancellationView(CancellationView):
    """Units that were taken back, with who did it."""

    actor: str
    note: str


class RefundPartView(View):
    """What was asked of one tender for a refund."""

    payment_id: UUID
    amount: Amount
    state: str = Field(examples=["succeeded"])
    settled_at: datetime | None


class StaffRefundPartView(RefundPartView):
    """What was asked of one tender, with the provider's reason where it refused."""

    id: UUID
    reason_code: str | None
    reason: str | None


class RefundView(View):
    """Money that goes, or went, back."""

    id: UUID
    cancellation_id: UUID | None = Field(description="of what was taken back; null where money alone went back")
    state: str = Field(description="`open`, `succeeded`, `failed` or `partly_failed`", examples=["succeeded"])
    amount: Amount
    currency: Currency
    created_at: datetime
    parts: list[RefundPartView]


class StaffRefundView(RefundView):
    """Money that goes, or went, back, with who gave it."""

    actor: str
    note: str
    parts: list[StaffRefundPartView]  # type: ignore[assignment]


class HistoryView(View):
    """What happened, and how the order stood after it."""

    kind: str
    state: str
    payment_state: str
    happened_at: datetime


class StaffHistoryView(HistoryView):
    """What happened, with who did it."""

    actor: str
    note: str


class OrderView(View):
    """An order with everything that belongs to it."""

    id: UUID
    number: int
    state: str = Field(examples=["confirmed"])
    payment_state: str = Field(examples=["paid"])
    currency: Currency
    tax_included: bool
    subtotal: Amount
    discount: Amount
    shipping: Amount
    shipping_title: str
    tax: Amount
    total: Amount
    cancelled: Amount = Field(description="what the units and the delivery that were taken back cost")
    paid: Amount = Field(description="what was taken, less what went back")
    refunded: Amount
    due: Amount
    units: int = Field(description="how many were bought, those taken back included")
    placed_at: datetime
    lines: list[OrderLineView]
    contact: OrderContactView | None
    payments: list[PaymentView]
    cancellations: list[CancellationView]
    refunds: list[RefundView]
    history: list[HistoryView]


class StaffOrderView(View):
    """An order as staff see it."""

    id: UUID
    number: int
    cart_id: UUID
    customer_id: UUID | None
    source: str
    reference: str | None
    state: str = Field(examples=["confirmed"])
    payment_state: str = Field(examples=["paid"])
    currency: Currency
    tax_included: bool
    subtotal: Amount
    discount: Amount
    shipping: Amount
    shipping_title: str
    shipping_tax: Amount
    tax: Amount
    total: Amount
    cancelled: Amount = Field(description="what the units and the delivery that were taken back cost")
    paid: Amount = Field(description="what was taken, less what went back")
    refunded: Amount
    due: Amount
    units: int = Field(description="how many were bought, those taken back included")
    placed_at: datetime
    lines: list[StaffOrderLineView]
    contact: OrderContactView | None
    payments: list[PaymentView]
    cancellations: list[StaffCancellationView]
    refunds: list[StaffRefundView]
    history: list[StaffHistoryView]


def spread(view: orders.OrderView) -> dict[str, object]:
    """The order's own columns beside its parts, as the shapes above want them."""
    parts = {name: getattr(view, name) for name in ("contact", "payments", "history", "due", "units")}
    return (
        columns_of(view.order)
        | parts
        | {
            "lines": [columns_of(line) | {"cancelled": view.cancelled_units.get(line.id, 0)} for line in view.lines],
            "cancellations": [columns_of(each.cancellation) | {"lines": each.lines} for each in view.cancellations],
            "refunds": [
                columns_of(each.refund) | {"state": each.state, "parts": each.attempts} for each in view.refunds
            ],
        }
    )


def columns_of(row: StoreOwned) -> dict[str, object]:
    """A row's columns by name."""
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}

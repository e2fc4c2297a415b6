"""Orders as both APIs show them."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from stoa import orders
from stoa.api.views import Amount, Currency, View


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
    """Money asked for or received."""

    id: UUID
    method: str
    status: str
    amount: Amount
    currency: Currency
    created_at: datetime
    captured_at: datetime | None


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
    paid: Amount
    due: Amount
    units: int
    placed_at: datetime
    lines: list[OrderLineView]
    contact: OrderContactView | None
    payments: list[PaymentView]
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
    paid: Amount
    due: Amount
    units: int
    placed_at: datetime
    lines: list[StaffOrderLineView]
    contact: OrderContactView | None
    payments: list[PaymentView]
    history: list[StaffHistoryView]


def spread(view: orders.OrderView) -> dict[str, object]:
    """The order's own columns beside its parts, as the shapes above want them."""
    order = {column.key: getattr(view.order, column.key) for column in view.order.__table__.columns}
    parts = {name: getattr(view, name) for name in ("lines", "contact", "payments", "history", "due", "units")}
    return order | parts

"""An order's page: by the token in its link, in the browser that bought it, or in the customer's account."""

from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from stoa import orders
from stoa.customers.postal import envelope
from stoa.kernel.refusals import Refusal
from stoa.orders import OrderState, OrderView
from stoa.orders.errors import OrderNotFound
from stoa.storefront.cart import pictures_of
from stoa.storefront.cookies import orders_kept
from stoa.storefront.order_words import lead, on_its_way_back, to_be_handed_back
from stoa.storefront.paying import CARDS, card_of
from stoa.storefront.routes import PageRoute, drawn_again_by
from stoa.storefront.visit import Here, Visit, see_other
from stoa.storefront.ways_to_pay import WAYS_TO_PAY
from stoa.storefront.words import words

router = APIRouter(route_class=PageRoute)


@router.get("/orders/{order_id}")
async def order(visit: Here, order_id: UUID, token: str = "") -> Response:
    """What was bought, what happens next, and how to pay where that is still to do."""
    return await _draw(visit, order_id, token[:200])


async def _refused(visit: Visit, refusal: Refusal) -> Response:
    if isinstance(refusal, OrderNotFound):
        raise refusal
    form = await visit.form()
    order_id = UUID(visit.request.path_params["order_id"])
    return await _draw(visit, order_id, form.text("token")[:200], refusal)


@router.post("/orders/{order_id}/cancellation")
@drawn_again_by(_refused)
async def cancel(visit: Here, order_id: UUID) -> Response:
    """The shopper takes back an order that the shop has not begun with."""
    token = (await visit.form()).text("token")[:200]
    view = await _opened(visit, order_id, token)
    await orders.cancel_pending_order(visit.tx, order_id=view.id)
    return see_other(f"/orders/{order_id}" + (f"?{urlencode({'token': token})}" if token else ""))


async def _draw(visit: Visit, order_id: UUID, token: str, refusal: Refusal | None = None) -> Response:
    view = await _opened(visit, order_id, token)
    method = view.payments[0].method if view.payments else ""
    card = await card_of(visit, view)
    is_cancelled = view.order.state == OrderState.CANCELLED
    return await visit.page(
        "order.html",
        status=refusal.status if refusal else 200,
        private=True,
        view=view,
        token=token,
        problem=words(refusal) if refusal else None,
        is_cancelled=is_cancelled,
        may_cancel=view.order.state == OrderState.PENDING,
        lead=lead(view, visit.money),
        going_back=on_its_way_back(view),
        handed_back_later=to_be_handed_back(view),
        order=view.order,
        pictures=await pictures_of(visit, [line.variant_id for line in view.lines]),
        way=WAYS_TO_PAY.get(method),
        card=card,
        cards=CARDS,
        is_transfer=method == "bank_transfer",
        next_steps=[] if is_cancelled or card else _next_steps(view, method),
        shipping=_lines_of(visit, view, ""),
        billing=_lines_of(visit, view, "billing_"),
    )


async def _opened(visit: Visit, order_id: UUID, token: str) -> OrderView:
    """Raises OrderNotFound."""
    kept = next((each.token for each in orders_kept(visit.jar) if each.id == order_id), "")
    for given in filter(None, (token, kept)):
        try:
            return await orders.order_by_token(visit.tx, order_id=order_id, token=given)
        except OrderNotFound:
            continue
    if visit.customer is None:
        raise OrderNotFound()
    return await orders.order_of_customer(visit.tx, order_id=order_id, customer_id=visit.customer.id)


def _next_steps(view: OrderView, method: str) -> list[str]:
    """What happens next, in order."""
    mail = f"A confirmation goes to {view.contact.email}." if view.contact and view.contact.email else None
    is_sent = bool(view.order.shipping_title)
    paid = view.due == 0
    steps = [
        mail,
        "You transfer the amount to our account, with the order number."
        if method == "bank_transfer" and not paid
        else None,
        "We pack your order"
        + (" when the money has come." if method == "bank_transfer" and not paid else " and send it off.")
        if is_sent
        else None,
        "You pay the carrier at the door." if method == "cash_on_delivery" and not paid else None,
    ]
    return [step for step in steps if step]


_ADDRESS = ("name", "company", "line1", "line2", "city", "region", "postal_code", "country")


def _lines_of(visit: Visit, view: OrderView, prefix: str) -> list[str]:
    """An address as it is written on an envelope; nothing where there is none."""
    contact = view.contact
    if contact is None or not getattr(contact, f"{prefix}country"):
        return []
    part = {name: getattr(contact, prefix + name) or "" for name in _ADDRESS}
    return envelope(**part, locale=visit.settings.locale)

"""Paying by card in the shop: choosing the card again where one failed, and coming back from the provider's page.

The shop needs no script, so it takes cards of the test provider alone; a real provider's form is the API's business.
"""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from stoa.adapters import payment_test, pretend_books
from stoa.edge.paying import OrderHolder, Standing, WayGiven, look_again, pay_again, standing_of
from stoa.kernel.refusals import NotFound
from stoa.orders import OrderState, OrderView
from stoa.orders.errors import NothingToPay, PaymentPending
from stoa.payments.models import AttemptState, PaymentStatus, ProviderName
from stoa.storefront.cookies import orders_kept
from stoa.storefront.routes import ActRoute, PageRoute
from stoa.storefront.visit import Here, Visit, see_other
from stoa.stores.models import PaymentMethod, StoreSettings

router = APIRouter(route_class=PageRoute)
acts = APIRouter(route_class=ActRoute)


# What an order that went ahead still waits for: its card's promise has ended, or another is being asked.
_OUTSTANDING = frozenset({PaymentStatus.PENDING, PaymentStatus.REQUIRES_ACTION})


@dataclass(frozen=True)
class PretendCard:
    """A card of the test provider, in a shopper's words."""

    token: str
    name: str


CARDS = (
    PretendCard("test_ok", "A card that works"),
    PretendCard("test_3ds", "A card whose bank asks you first"),
    PretendCard("test_slow:3000", "A card that takes three seconds"),
    PretendCard("test_insufficient_funds", "A card with nothing on it"),
    PretendCard("test_declined:lost_card", "A card that was reported lost"),
)


class NoSuchPage(NotFound):
    """Nobody is asked anything here."""

    code = "storefront.no_such_page"
    says = "There is nothing to confirm here; go back to your order to see how it stands."


def methods_of(settings: StoreSettings) -> list[str]:
    """The ways to pay that these pages can take."""
    takes_cards = settings.card_provider == ProviderName.TEST
    return [each for each in settings.payment_methods if each != PaymentMethod.CARD or takes_cards]


def card_chosen(typed: str) -> str:
    """The token of the card that was chosen; the first, where something else was sent."""
    return next((card.token for card in CARDS if card.token == typed), CARDS[0].token)


def back_from_bank(visit: Visit, order_id: UUID) -> str:
    """Where the provider's page sends the shopper back to."""
    return f"{visit.origin}/orders/{order_id}/back"


def next_page(visit: Visit, standing: Standing, page: str) -> str:
    """Where the shopper goes after the provider was asked: to its page, which may be one of ours, or to this one."""
    action: str = standing.next_action.get("redirect_url") or page
    return action.removeprefix(visit.origin)


async def card_of(visit: Visit, view: OrderView) -> Standing | None:
    """How the money of a card stands, where the order waits for it; None where it does not."""
    cards = [each.status for each in view.payments if each.method == PaymentMethod.CARD]
    waits = cards if view.order.state == OrderState.PENDING else _OUTSTANDING.intersection(cards)
    return await standing_of(visit.tx, view.id) if waits and view.order.state != OrderState.CANCELLED else None


@acts.post("/orders/{order_id}/pay")
async def pay(visit: Here, order_id: UUID) -> Response:
    """Pay by another card what the first did not."""
    form = await visit.form()
    token = form.text("token")[:200]
    given = WayGiven(
        method=PaymentMethod.CARD,
        token=card_chosen(form.text("card")),
        return_url=back_from_bank(visit, order_id),
    )
    try:
        standing = await pay_again(
            visit.house,
            visit.asking.store,
            order_id,
            way=given,
            holder=_holder(visit, order_id, token),
            actor=visit.actor,
            key=None,
        )
    except (NothingToPay, PaymentPending):
        # It was paid meanwhile, or the button was pressed twice: the page says how it stands.
        return see_other(_page(order_id, token))
    return see_other(next_page(visit, standing, _page(order_id, token)))


@acts.get("/orders/{order_id}/back")
async def come_back(visit: Here, order_id: UUID, token: str = "") -> Response:
    """The shopper is back from the provider's page, which is asked what came of it."""
    await look_again(visit.house, visit.asking.store.id, order_id, holder=_holder(visit, order_id, token[:200]))
    return see_other(_page(order_id, token[:200]))


@router.get("/pay/test/{reference}")
async def ask_shopper(visit: Here, reference: str) -> Response:
    """The test provider's page, in the place of a bank's."""
    charge = await pretend_books.charge_of(visit.tx, reference[:100])
    if charge is None:
        raise NoSuchPage()
    standing = pretend_books.standing(charge, visit.tx.now)
    return await visit.page(
        "pay_test.html",
        private=True,
        charge=charge,
        is_asked=standing.state == AttemptState.WAITING and bool(standing.next_action),
    )


@acts.post("/pay/test/{reference}")
async def hear_shopper(visit: Here, reference: str) -> Response:
    """Yes or no; then back to the shop."""
    says_yes = (await visit.form()).text("answer") == "yes"
    came_from = await payment_test.decide(
        visit.house.database, visit.asking.store.id, reference[:100], approves=says_yes
    )
    if came_from is None:
        raise NoSuchPage()
    visit.house.bell.ring(visit.asking.store.id)
    return see_other(came_from.removeprefix(visit.origin) if came_from.startswith(f"{visit.origin}/") else "/")


def _holder(visit: Visit, order_id: UUID, token: str) -> OrderHolder:
    kept = next((each.token for each in orders_kept(visit.jar) if each.id == order_id), "")
    return OrderHolder(token or kept or None, visit.customer_id)


def _page(order_id: UUID, token: str) -> str:
    return f"/orders/{order_id}" + (f"?{urlencode({'token': token})}" if token else "")

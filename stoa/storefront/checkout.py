"""Buying: one page with who, where, how it is paid and what it costs, and one button.

What is bought is what was looked at: the form carries the print of the price that was shown, and a cart that costs or
holds something else by now is shown again instead of ordered.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from uuid import UUID, uuid4

import orjson
from babel import Locale
from fastapi import APIRouter
from starlette.responses import Response

from stoa import carts, catalog, customers
from stoa.carts.errors import CartCompleted, CartNotFound
from stoa.carts.models import CartState, Quote
from stoa.checkout import Key, Placed, order_token
from stoa.checkout.errors import QuoteChanged
from stoa.edge.paying import Standing, begin
from stoa.edge.submitting import submit
from stoa.kernel.countries import COUNTRIES, country_name
from stoa.kernel.folding import fold
from stoa.kernel.ids import hash_token
from stoa.kernel.refusals import Conflict, Refusal
from stoa.orders.charging import CardGiven
from stoa.storefront.cart import costs_of, pictures_of
from stoa.storefront.cookies import CART, Pass, keep_order
from stoa.storefront.details import LABELS, Details, DetailsWrong
from stoa.storefront.forms import Form
from stoa.storefront.paying import CARDS, back_from_bank, card_chosen, methods_of, next_page
from stoa.storefront.routes import ActRoute, PageRoute, drawn_again_by
from stoa.storefront.visit import Here, Visit, see_other
from stoa.storefront.ways_to_pay import WAYS_TO_PAY
from stoa.storefront.words import beyond, words
from stoa.stores.models import PaymentMethod, StoreSettings

router = APIRouter(route_class=PageRoute)
acts = APIRouter(route_class=ActRoute)

_TRIES = 3
_KEY = re.compile(r"[A-Za-z0-9-]{8,64}")
_ROUTE = "POST /checkout"


class PriceChanged(Conflict):
    """The cart does not cost, or hold, what the shopper looked at. Amounts are minor units."""

    code = "storefront.price_changed"
    says = "The cart has changed since you looked at it. Please look at it once more, and place the order again."

    was: int | None
    now: int


@router.get("/checkout")
async def checkout(visit: Here) -> Response:
    """The page, filled with what is known already."""
    return await _draw(visit, await _known(visit))


async def _drawn_again(visit: Visit, refusal: Refusal) -> Response:
    return await _draw(visit, Details.typed(await visit.form()), refusal)


@acts.post("/checkout")
@drawn_again_by(_drawn_again)
async def place_order(visit: Here) -> Response:
    """Place the order, once, however often the button is pressed."""
    form = await visit.form()
    if visit.cart is None:
        return see_other("/cart")
    details = Details.typed(form)
    try:
        placed = await _placed(visit, visit.cart, form, details)
    except CartNotFound:
        return see_other("/cart")
    page = f"/orders/{placed.order_id}"
    if details.method == PaymentMethod.CARD:
        page = next_page(visit, await _ask_card(visit, placed.order_id, form), page)
    response = see_other(page)
    keep_order(visit.jar, response, Pass(placed.order_id, order_token(visit.house.secret_key, placed.order_id)))
    visit.jar.drop(response, CART)
    return response


async def _ask_card(visit: Visit, order_id: UUID, form: Form) -> Standing:
    """Have the order's card asked, where nobody has, and wait a while for its answer."""
    card = CardGiven(card_chosen(form.text("card")), back_from_bank(visit, order_id))
    return await begin(visit.house, visit.asking.store.id, order_id, cards={1: card}, actor=visit.actor)


async def _placed(visit: Visit, cart: Pass, form: Form, details: Details) -> Placed:
    """The order that the cart becomes, or became.

    A quote that was replaced under our hands (by the same button, pressed twice) is asked for anew.

    Raises DetailsWrong, PriceChanged, and what quotes and `submit` refuse.
    """
    for attempt in range(1, _TRIES + 1):
        try:
            quote_id = await _agreed(visit, cart, form, details)
        except CartCompleted:
            # Submitting a cart that is an order gives the order, whatever the quote.
            quote_id = cart.id
        try:
            return await submit(
                visit.house,
                visit.asking.store,
                cart_id=cart.id,
                quote_id=quote_id,
                holder=visit.holder,
                ways=[(details.method, None)],
                actor=visit.actor,
                key=_key(cart, form),
            )
        except QuoteChanged:
            if attempt == _TRIES:
                raise
    raise AssertionError("the last attempt returns or raises")


async def _agreed(visit: Visit, cart: Pass, form: Form, details: Details) -> UUID:
    """Keep the details, then quote the cart; the quote's id where it says what the shopper saw."""
    await _keep(visit, cart, details)
    async with visit.begin() as tx:
        quote = await carts.quote(tx, cart_id=cart.id, holder=visit.holder)
    if _print(quote) != form.text("seen"):
        raise PriceChanged(was=form.whole_number("total"), now=quote.total)
    return quote.id


async def _keep(visit: Visit, cart: Pass, details: Details) -> None:
    """In a transaction of its own: what was typed is there again even if the order comes to nothing."""
    async with visit.begin() as tx:
        view = await carts.read_cart(tx, cart_id=cart.id, holder=visit.holder)
        if view.cart.state != CartState.OPEN:
            raise CartCompleted()
        is_sent = await _is_sent(visit, view)
        countries, methods = _countries(visit.settings), methods_of(visit.settings)
        details.checked(is_sent=is_sent, countries=countries, methods=methods)
        if visit.customer is not None:
            await carts.claim_cart(tx, cart_id=cart.id, holder=visit.holder, customer_id=visit.customer.id)
        await carts.set_contact(
            tx,
            cart_id=cart.id,
            holder=visit.holder,
            email=details.email,
            phone=details.phone,
            note=details.note,
            shipping=details.shipping_address() if is_sent else None,
            billing=details.billing_address(),
        )


async def _known(visit: Visit) -> Details:
    """What the cart has been told before; else what the customer's account knows."""
    view = await visit.open_cart()
    contact = await carts.contact_of(visit.tx, view.cart) if view else None
    if contact is not None:
        return Details.kept(contact)
    if visit.customer is None:
        return Details()
    addresses = await customers.addresses_of(visit.tx, customer_id=visit.customer.id)
    return Details.known(visit.customer, addresses[0] if addresses else None)


async def _draw(visit: Visit, details: Details, refusal: Refusal | None = None) -> Response:
    """The page. A cart that holds nothing that can be bought is looked after on its own page."""
    view = await visit.open_cart()
    costs = await costs_of(visit, view) if view and view.lines else None
    if view is None or not view.lines or (costs is None and refusal is None):
        return see_other("/cart")
    wrong = refusal.wrong if isinstance(refusal, DetailsWrong) else {}
    countries, methods = _countries(visit.settings), methods_of(visit.settings)
    return await visit.page(
        "checkout.html",
        status=refusal.status if refusal else 200,
        private=True,
        units=view.units,
        cart=view,
        titles={str(line.id): line for line in view.lines},
        pictures=await pictures_of(visit, [line.variant_id for line in view.lines]),
        costs=costs,
        seen=_print(costs) if costs else "",
        key=uuid4(),
        is_sent=await _is_sent(visit, view),
        details=details,
        country=details.shipping.get("country") or _likely_country(visit.settings, countries),
        countries=countries,
        everywhere=_names(COUNTRIES, visit.settings.locale),
        methods=[WAYS_TO_PAY[method] for method in methods],
        method=details.method or next(iter(methods), ""),
        cards=CARDS,
        refused=words(refusal, visit.settings.locale) if refusal else None,
        was=refusal.was if isinstance(refusal, PriceChanged) else None,
        labels=LABELS,
        wrong={name: words(each, visit.settings.locale) for name, each in wrong.items()},
        beyond=lambda line: beyond(line.beyond_stock, line.ships_on, visit.settings, visit.today),
        held_minutes=-(-(view.hold.expires_at - visit.tx.now) // timedelta(minutes=1)) if view.hold else 0,
    )


async def _is_sent(visit: Visit, view: carts.CartView) -> bool:
    """Whether anything in the cart needs an address to go to."""
    found = await catalog.variants_for_sale(visit.tx, [line.variant_id for line in view.lines])
    return any(variant.requires_shipping for variant in found.values())


def _print(quote: Quote) -> str:
    """What a shopper looks at, in 16 letters: another one where a line, a price or the total differs."""
    lines = [[line["variant_id"], line["quantity"], line["total"]] for line in quote.lines]
    seen = [lines, quote.discount, quote.shipping, quote.tax, quote.total, quote.currency]
    return hashlib.sha256(orjson.dumps(seen)).hexdigest()[:16]


def _key(cart: Pass, form: Form) -> Key | None:
    """The form's own name for this act. It stands for the cart, so that pressing again after a change still answers."""
    given = form.text("key")
    if not _KEY.fullmatch(given):
        return None
    owner = f"token:{hash_token(cart.token).hex()}"
    return Key(owner=owner, route=_ROUTE, key=given, request_hash=hashlib.sha256(cart.id.bytes).digest())


def _countries(settings: StoreSettings) -> Mapping[str, str]:
    """Where the shop delivers: code to name, by name."""
    return _names(frozenset(settings.ships_to) or COUNTRIES, settings.locale)


@lru_cache(maxsize=200)
def _names(codes: frozenset[str], locale: str) -> Mapping[str, str]:
    names = {code: country_name(code, locale) for code in codes}
    return dict(sorted(names.items(), key=lambda item: fold(item[1])))


def _likely_country(settings: StoreSettings, countries: Mapping[str, str]) -> str:
    """The country of the shop's language where it delivers there; none is guessed otherwise."""
    likely = Locale.parse(settings.locale, sep="-").territory or ""
    return likely if likely in countries else next(iter(countries)) if len(countries) == 1 else ""

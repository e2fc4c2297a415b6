"""Accounts: register, sign in, the orders, sign out."""

from fastapi import APIRouter
from starlette.responses import Response

from stoa import customers, orders
from stoa.kernel.refusals import Invalid, Refusal, Unauthenticated
from stoa.people.errors import PasswordTooLong, PasswordTooShort, PasswordUnprintable
from stoa.people.passwords import SHORTEST_CHARACTERS
from stoa.storefront.cookies import CART, FORMS, ORDERS, SESSION, keep_session
from stoa.storefront.forms import new_binding
from stoa.storefront.order_words import payment_words
from stoa.storefront.routes import ActRoute, PageRoute, drawn_again_by
from stoa.storefront.visit import Here, Visit, see_other
from stoa.storefront.words import words

router = APIRouter(route_class=PageRoute)
acts = APIRouter(route_class=ActRoute)

_ORDERS = 20


@router.get("/sign-in")
async def sign_in_page(visit: Here) -> Response:
    """The form; whoever is signed in is led to their account."""
    return see_other("/account") if visit.customer else await _draw(visit, "sign_in.html")


@router.get("/register")
async def register_page(visit: Here) -> Response:
    """The form; whoever is signed in is led to their account."""
    return see_other("/account") if visit.customer else await _draw(visit, "register.html")


async def _sign_in_again(visit: Visit, refusal: Refusal) -> Response:
    return await _draw(visit, "sign_in.html", refusal)


async def _register_again(visit: Visit, refusal: Refusal) -> Response:
    return await _draw(visit, "register.html", refusal)


@acts.post("/sign-in")
@drawn_again_by(_sign_in_again)
async def sign_in(visit: Here) -> Response:
    """Begin a session. The one before ends, and forms are bound anew."""
    form = await visit.form()
    house = visit.house
    signed_in = await customers.sign_in(
        house.database,
        store_id=visit.asking.store.id,
        email=form.text("email"),
        password=form.text("password"),
        address=visit.asking.address,
        secret_key=house.secret_key,
        previous=visit.jar.read(SESSION),
        clock=house.clock,
    )
    response = see_other(_after(form.text("then")))
    keep_session(visit.jar, response, signed_in.token, until=signed_in.expires_at, now=house.clock())
    visit.jar.keep(response, FORMS, new_binding())
    return response


@acts.post("/register")
@drawn_again_by(_register_again)
async def register(visit: Here) -> Response:
    """Make an account; the answer is the same where the e-mail has one already."""
    form = await visit.form()
    house = visit.house
    await customers.register(
        house.database,
        store_id=visit.asking.store.id,
        email=form.text("email"),
        password=form.text("password"),
        name=form.text("name"),
        address=visit.asking.address,
        clock=house.clock,
    )
    return see_other("/sign-in?note=registered")


@router.post("/sign-out")
async def sign_out(visit: Here) -> Response:
    """End the session; nothing of the customer's stays in the browser, which others may use."""
    session = visit.jar.read(SESSION)
    if session is not None:
        await customers.sign_out(visit.tx, session)
    response = see_other("/?note=signed-out")
    for name in (SESSION, CART, ORDERS):
        visit.jar.drop(response, name)
    visit.jar.keep(response, FORMS, new_binding())
    return response


@router.get("/account")
async def account(visit: Here, page: str = "") -> Response:
    """The customer's orders, newest first."""
    if visit.customer is None:
        return see_other("/sign-in")
    found = await orders.list_orders_of(
        visit.tx, customer_id=visit.customer.id, cursor=page[:400] or None, limit=_ORDERS
    )
    return await visit.page(
        "account.html",
        private=True,
        customer=visit.customer,
        orders=found.items,
        payment_words=payment_words,
        next=f"/account?page={found.next}" if found.next else None,
        is_first=not page,
    )


def _after(then: str) -> str:
    """Where signing in leads: pages of ours that ask for it, and no others."""
    return then if then in ("/checkout", "/cart") else "/account?note=signed-in"


async def _draw(visit: Visit, template: str, refusal: Refusal | None = None) -> Response:
    form = await visit.form() if refusal else {}
    then = form.get("then") or visit.request.query_params.get("then", "")
    return await visit.page(
        template,
        status=refusal.status if refusal else 200,
        private=True,
        email=form.get("email", ""),
        name=form.get("name", ""),
        then=then,
        shortest=SHORTEST_CHARACTERS,
        refused=words(refusal, visit.settings.locale) if refusal else None,
        about=_field_of(refusal) if refusal else None,
    )


def _field_of(refusal: Refusal) -> str:
    """Beside which field it is said; "" for one that is about the whole form."""
    if isinstance(refusal, PasswordTooShort | PasswordTooLong | PasswordUnprintable):
        return "password"
    if isinstance(refusal, Unauthenticated):
        return ""
    if isinstance(refusal, Invalid):
        return str(refusal.data.get("field", "email"))
    return ""

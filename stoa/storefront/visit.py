"""One request of one shopper: the shop, who it is, what their browser keeps, and the page they get."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse, Response

from stoa import carts, catalog
from stoa.carts.errors import CartNotFound
from stoa.carts.models import Cart, CartState
from stoa.catalog.categories import CategoryNode
from stoa.customers.models import Customer
from stoa.db.transaction import GUEST, Actor, Tx
from stoa.edge.asking import Asking, uuid_or_none
from stoa.edge.house import House, house_of
from stoa.edge.routes import context_of
from stoa.kernel.money import format_money
from stoa.storefront.cookies import CART, FORMS, Jar, Pass
from stoa.storefront.forms import TOKEN_FIELD, Form, form_token, new_binding, read_form
from stoa.storefront.notes import NOTES
from stoa.storefront.templating import render
from stoa.stores.models import StoreSettings

# No script, no style and no picture but our own. A data block (JSON-LD) is no script and needs no leave.
CONTENT_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; object-src 'none'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'"
)


@dataclass
class Visit:
    """Made once a request. `tx` is there while the request, or the redrawing of its page, has a transaction."""

    request: Request
    asking: Asking
    _binding: str | None = field(default=None, init=False)
    _shelves: tuple[CategoryNode, ...] | None = field(default=None, init=False)

    @property
    def tx(self) -> Tx:
        """The transaction that is open now."""
        tx = self.request.state.tx
        assert isinstance(tx, Tx), "a transaction is open"
        return tx

    @property
    def house(self) -> House:
        """The house that serves."""
        return self.asking.house

    @property
    def settings(self) -> StoreSettings:
        """How this shop sells."""
        return self.asking.store.settings

    @property
    def customer(self) -> Customer | None:
        """Who is signed in."""
        return getattr(self.request.state, "customer", None)

    @property
    def customer_id(self) -> UUID | None:
        """The id of who is signed in."""
        return self.customer.id if self.customer else None

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return Actor("customer", self.customer.id) if self.customer else GUEST

    @cached_property
    def jar(self) -> Jar:
        """The browser's cookies."""
        return jar_of(self.request)

    @cached_property
    def cart(self) -> Pass | None:
        """The cart that this browser holds."""
        return Pass.read(self.jar.read(CART))

    @property
    def holder(self) -> carts.Holder:
        """What the browser may open its cart with."""
        assert self.cart is not None, "the browser holds a cart"
        return carts.Holder(token_hash=carts.Holder.of_token(self.cart.token).token_hash, customer_id=self.customer_id)

    @property
    def today(self) -> date:
        """The day that it is in the shop's time zone."""
        return self.tx.now.astimezone(ZoneInfo(self.settings.time_zone)).date()

    @property
    def origin(self) -> str:
        """The shop's own address, for links that leave the page."""
        return f"{self.house.config.public_scheme}://{self.request.headers.get('host', '')}"

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Tx]:
        """Another transaction in this shop, committed at the end."""
        house = self.house
        async with house.database.store(self.asking.store.id, clock=house.clock) as tx:
            self.request.state.tx = tx
            yield tx

    async def shelves(self) -> tuple[CategoryNode, ...]:
        """The categories that shoppers see, read once."""
        if self._shelves is None:
            self._shelves = await catalog.category_tree(self.tx)
        return self._shelves

    async def form(self) -> Form:
        """The form that was sent."""
        return await read_form(self.request)

    async def open_cart(self) -> carts.CartView | None:
        """The cart as it stands; None where the browser holds none that may be filled."""
        if self.cart is None:
            return None
        try:
            view = await carts.read_cart(self.tx, cart_id=self.cart.id, holder=self.holder)
        except CartNotFound:
            return None
        return view if self.may_fill(view.cart) else None

    def may_fill(self, cart: Cart | carts.StandingCart) -> bool:
        """Whether this cart, which the browser opens, is still to be filled, and not by another customer.

        Whoever signs in with somebody else's cart in the browser neither sees nor takes it.
        """
        is_anothers = self.customer is not None and cart.customer_id not in (None, self.customer.id)
        return cart.state == CartState.OPEN and not is_anothers

    def money(self, amount: int, currency: str | None = None) -> str:
        """The amount as the shop writes it."""
        return format_money(amount, currency or self.settings.currency, self.settings.locale)

    def form_field(self, path: str) -> Markup:
        """The hidden field that proves a form to `path` to be ours."""
        value = form_token(self.house, self.binding, path)
        return Markup('<input type="hidden" name="{}" value="{}">').format(TOKEN_FIELD, value)

    @property
    def binding(self) -> str:
        """What this browser's forms are bound to; a browser without one gets it with the page."""
        if self._binding is None:
            kept = self.jar.read(FORMS)
            self._binding = kept if kept and uuid_or_none(kept) else new_binding()
        return self._binding

    async def page(
        self, template: str, *, status: int = 200, private: bool = False, units: int | None = None, **words: Any
    ) -> Response:
        """A page in the shop's frame. A `private` one is kept by no cache; `units` spares counting the cart."""
        frame: Mapping[str, Any] = {
            "visit": self,
            "shop": self.asking.store,
            "money": self.money,
            "form_field": self.form_field,
            "shelves": await self.shelves(),
            "units": await self._units() if units is None else units,
            "note": NOTES.get(self.request.query_params.get("note", "")),
            "here": self.request.url.path,
        }
        body = render(template, **frame, **words)
        response = HTMLResponse(body, status, {"cache-control": "no-store"} if private or status != 200 else None)
        if self._binding is not None and self._binding != self.jar.read(FORMS):
            self.jar.keep(response, FORMS, self._binding)
        return response

    async def _units(self) -> int:
        """How many pieces the cart holds, for the frame of the page."""
        if self.cart is None:
            return 0
        try:
            cart = await carts.find_cart(self.tx, cart_id=self.cart.id, holder=self.holder)
        except CartNotFound:
            return 0
        return await carts.units_in(self.tx, cart) if self.may_fill(cart) else 0


def see_other(path: str) -> Response:
    """Where a form leads when it has done its act: a page that may be reloaded."""
    return RedirectResponse(path, 303, {"cache-control": "no-store"})


def jar_of(request: Request) -> Jar:
    """The cookies of this request."""
    return Jar(request.cookies, https=house_of(request).config.public_scheme == "https")


def visit_of(request: Request) -> Visit:
    """The visit that this request is."""
    known = getattr(request.state, "visit", None)
    if not isinstance(known, Visit):
        request.state.visit = known = Visit(request, context_of(request))
    return known


async def visiting(request: Request) -> Visit:
    """The visit that this request is (a FastAPI dependency; one that is not async would cost a thread)."""
    return visit_of(request)


Here = Annotated[Visit, Depends(visiting)]

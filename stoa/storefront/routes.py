"""Pages as routes: the edge's one transaction, with forms checked before it and refusals drawn into the page after it.

A form's act is an ordinary operation that may refuse. `drawn_again_by` names the page that shows the form: it is drawn
once more, in a transaction of its own, with the sentence beside the field and what was typed still there.
"""

from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Any, TypeVar

from fastapi import Request, Response

from stoa.customers.sessions import customer_of_session
from stoa.db.transaction import GUEST, Actor, Tx
from stoa.edge.asking import Asking
from stoa.edge.calling import Handler
from stoa.edge.house import house_of
from stoa.edge.routes import StoreRoute
from stoa.kernel.refusals import Refusal
from stoa.storefront.cookies import SESSION
from stoa.storefront.forms import check_form
from stoa.storefront.visit import CONTENT_POLICY, Visit, jar_of, visit_of

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
DrawAgain = Callable[[Visit, Refusal], Awaitable[Response]]


def drawn_again_by(draw: DrawAgain) -> Callable[[Endpoint], Endpoint]:
    """Declare the page on which this form's refusals are shown."""

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.drawn_again_by = draw  # type: ignore[attr-defined]
        return endpoint

    return mark


class _AnyName(frozenset[str]):
    """Every name is among these."""

    def __contains__(self, _: object) -> bool:
        return True


class PageRoute(StoreRoute):
    """A page, or a form of one, in one transaction."""

    @cached_property
    def _query(self) -> frozenset[str]:
        """Links to a page carry parameters of other people's (campaigns, mails), which mean nothing and do no harm."""
        return _AnyName()

    def get_route_handler(self) -> Handler:
        """Check forms before the transaction, and draw refusals after it was rolled back."""
        handle = super().get_route_handler()

        async def page(request: Request) -> Response:
            if request.method == "POST":
                await check_form(request, house_of(request), jar_of(request))
            try:
                response = await handle(request)
            except Refusal as refusal:
                draw = getattr(self.endpoint, "drawn_again_by", None)
                if draw is None or not hasattr(request.state, "asking"):
                    raise
                response = await self._drawn_again(request, draw, refusal)
            response.headers.add_vary_header("Cookie")
            # Also where it is still so (304): what that says about a page replaces what the browser kept.
            response.headers.setdefault("content-security-policy", CONTENT_POLICY)
            return response

        return page

    async def _actor(self, request: Request, tx: Tx) -> Actor:
        """Whoever the session cookie says; a session that is over makes a guest, since pages say who is signed in."""
        session = jar_of(request).read(SESSION)
        request.state.customer = await customer_of_session(tx, session) if session else None
        return Actor("customer", request.state.customer.id) if request.state.customer else GUEST

    async def _drawn_again(self, request: Request, draw: DrawAgain, refusal: Refusal) -> Response:
        async with visit_of(request).begin() as tx:
            tx.actor = await self._actor(request, tx)
            return await draw(visit_of(request), refusal)


class ActRoute(PageRoute):
    """A form whose act opens its own transactions: orders are placed together, and nothing is held while hashing."""

    async def _once(self, request: Request, asking: Asking, handle: Handler) -> Response:  # noqa: ARG002
        """One transaction to see who asks, closed before the act."""
        async with visit_of(request).begin() as tx:
            tx.actor = await self._actor(request, tx)
        return await handle(request)

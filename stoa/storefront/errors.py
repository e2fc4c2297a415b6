"""Whatever goes wrong is a page in the shop's own look, also where the database is away."""

from contextlib import suppress

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from stoa.edge.asking import Asking, client_address
from stoa.edge.house import house_of
from stoa.edge.middleware import host_of
from stoa.edge.problems import LOCK_NOT_AVAILABLE, is_database_away, sqlstate
from stoa.kernel.refusals import Refusal
from stoa.storefront.templating import render
from stoa.storefront.visit import CONTENT_POLICY
from stoa.storefront.words import words

log = structlog.get_logger(__name__)

_HEADINGS = {
    403: "That did not look right",
    404: "There is nothing here",
    405: "That is not done here",
    503: "Back in a moment",
}
_SHUT = "The shop cannot be reached just now. Nothing was lost; please try again in a moment."
_BUSY = "Many are at this at once just now. Please try again in a moment."
_FAULT = "Something went wrong on our side; it has been noted. Please try again: nothing is ordered twice."


def answers_with_pages(app: FastAPI) -> None:
    """Make the app answer every refusal, misfit and fault with a page."""
    app.add_exception_handler(Refusal, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_misfit)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_fault)


async def _on_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    retry_after = getattr(error, "retry_after_seconds", None)
    return _page(request, error.status, words(error), retry_after=retry_after)


async def _on_misfit(request: Request, _: Exception) -> Response:
    """An address with something in it that cannot be meant leads nowhere."""
    return _page(request, 404, "This address leads nowhere; it may have been cut off on its way here.")


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    await _find_shop(request)
    page = _page(request, error.status_code, "This address leads nowhere. The shop itself is open, though.")
    page.headers.update(error.headers or {})
    return page


async def _find_shop(request: Request) -> None:
    """No route was met, so nobody has looked yet whose shop this is. Where that fails the page does without."""
    house = house_of(request)
    with suppress(Refusal, SQLAlchemyError, OSError):
        store = await house.directory.find(host=host_of(request.headers))
        request.state.asking = Asking(house, store, client_address(request, house.config))


async def _on_fault(request: Request, error: Exception) -> Response:
    if is_database_away(error):
        log.warning("database_away", path=request.url.path, error=type(error).__name__)
        return _page(request, 503, _SHUT, retry_after=2)
    if isinstance(error, DBAPIError) and sqlstate(error) == LOCK_NOT_AVAILABLE:
        return _page(request, 503, _BUSY, retry_after=2)
    log.error("fault", path=request.url.path, exc_info=error)
    return _page(request, 500, _FAULT)


def _page(request: Request, status: int, says: str, *, retry_after: int | None = None) -> Response:
    asking = getattr(request.state, "asking", None)
    body = render(
        "error.html",
        shop=asking.store if isinstance(asking, Asking) else None,
        status=status,
        heading=_HEADINGS.get(status, "That did not work"),
        says=says,
        request_id=request.scope.get("request_id", ""),
    )
    headers = {"content-security-policy": CONTENT_POLICY, "cache-control": "no-store"}
    if retry_after is not None:
        headers["retry-after"] = str(retry_after)
    return HTMLResponse(body, status, headers)

"""The shop as one app, mounted at the root of the house behind the APIs."""

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from stoa.edge.apps import new_app
from stoa.edge.house import House
from stoa.storefront import account, assets, browsing, cart, checkout, order, paying, pictures, product
from stoa.storefront.errors import answers_with_pages

router = APIRouter()


def storefront(house: House) -> FastAPI:
    """The app that answers with pages."""
    app = new_app(house, openapi_url=None)
    answers_with_pages(app)
    for part in (assets, pictures, browsing, product, cart, checkout, order, paying, account):
        app.include_router(part.router)
    for part in (checkout, paying, account):
        app.include_router(part.acts)
    app.include_router(router)
    return app


@router.get("/robots.txt")
async def robots(_: Request) -> Response:
    """Everything on the shelves may be found; what is somebody's own is not for finding."""
    private = "".join(
        f"Disallow: {path}\n" for path in ("/cart", "/checkout", "/orders/", "/account", "/sign-in", "/register")
    )
    return PlainTextResponse(f"User-agent: *\n{private}", headers={"cache-control": "public, max-age=86400"})

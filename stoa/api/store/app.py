"""The store API, version 1: everything a shopper's program needs."""

from fastapi import FastAPI

from stoa.api.documented import describe
from stoa.api.store import carts, completing
from stoa.edge.house import House
from stoa.edge.problems import refuses_with_problems


def store_api(house: House) -> FastAPI:
    """The app that answers under /api/store/v1."""
    app = FastAPI(
        title="Stoa store API",
        version="1",
        description="What shoppers do in one store: look, fill a cart, buy, follow the order.",
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
    )
    app.state.house = house
    refuses_with_problems(app)
    for resource in (carts, completing):
        app.include_router(resource.router)
    describe(app)
    return app

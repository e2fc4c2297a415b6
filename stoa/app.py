"""The server: the APIs and the shop under one roof, behind one edge."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.types import ASGIApp

from stoa.api.admin.app import admin_api
from stoa.api.store.app import store_api
from stoa.config import Config
from stoa.edge.house import House
from stoa.edge.middleware import Edge
from stoa.edge.problems import refuses_with_problems
from stoa.kernel.logs import log_plainly
from stoa.storefront.app import storefront


def create_app(config: Config | None = None) -> ASGIApp:
    """The ASGI app of one process; without a config, that of the STOA_* variables."""
    return serve_house(House.open(config or Config.from_environment()))


def serve_house(house: House) -> ASGIApp:
    """The app of a house that stands: tests open one with a clock of their own."""
    log_plainly()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await house.close()

    app = FastAPI(lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)
    app.state.house = house
    refuses_with_problems(app)
    app.mount("/api/store/v1", store_api(house))
    app.mount("/api/admin/v1", admin_api(house))
    app.mount("/", storefront(house))
    return Edge(app, directory=house.directory, https=house.config.public_scheme == "https")

"""The server: the APIs and the shop under one roof, behind one edge."""

import gc

from starlette.types import ASGIApp, Receive, Scope, Send

from stoa.api.admin.app import admin_api
from stoa.api.hooks.app import hooks_api
from stoa.api.store.app import store_api
from stoa.config import Config
from stoa.edge.house import House
from stoa.edge.middleware import Edge
from stoa.kernel.logs import log_plainly
from stoa.storefront.app import storefront


def create_app(config: Config | None = None) -> ASGIApp:
    """The ASGI app of one process; without a config, that of the STOA_* variables."""
    app = serve_house(House.open(config or Config.from_environment()))
    _settle()
    return app


def serve_house(house: House) -> ASGIApp:
    """The app of a house that stands: tests open one with a clock of their own."""
    log_plainly()
    return Edge(Roof(house), directory=house.directory, https=house.config.public_scheme == "https")


class Roof:
    """Leads a request to the app whose address it is, and closes the house at the end.

    As an app with mounts it would pass every request through a second stack of middleware.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        store = store_api(house)
        self._under = {
            "/api/store/v1": store,
            "/api/admin/v1": admin_api(house),
            "/api/hooks/v1": hooks_api(house),
        }
        self._elsewhere_in_api = store
        self._shop = storefront(house)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lead one request, or the server's start and end, to whom it concerns."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        path = scope["path"]
        for prefix, app in self._under.items():
            if path.startswith(prefix) and path[len(prefix) :][:1] in ("", "/"):
                root = scope.get("root_path", "") + prefix
                await app({**scope, "root_path": root, "app_root_path": scope.get("root_path", "")}, receive, send)
                return
        # An address that looks like an API's is answered as one.
        await (self._elsewhere_in_api if path.startswith("/api/") else self._shop)(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            else:
                await self._house.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


def _settle() -> None:
    """Let the garbage collector leave alone what will live as long as the process.

    Looking through it all over again stops every request for a tenth of a second, several times a minute under load.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)

"""The apps under the roof: FastAPI's, which describe themselves, with a shorter way from the edge to their routes."""

import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, cast

from fastapi import FastAPI, Request, Response
from starlette.convertors import StringConvertor
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from stoa.edge.house import House
from stoa.edge.requests import HouseRequest
from stoa.edge.routes import PlainRoute

Found = tuple[PlainRoute, dict[str, Any]]


class HouseApp(FastAPI):
    """An app whose routes of ours are found by method and length of their path, and asked without layers between.

    All else (documents, pages, other methods, addresses where nothing is) goes FastAPI's way.
    """

    def __init__(self, **told: Any) -> None:
        super().__init__(**told)
        self._table = _Table(())

    def add_routes(self, routes: Iterable[BaseRoute]) -> None:
        """Take routes as they are: FastAPI would look them up through their routers, one after another."""
        self.router.routes.extend(routes)
        self._table = _Table(self.router.routes)

    def found_by(self, method: str, path: str) -> Found | None:
        """The route of ours that is meant, and what its path names."""
        return self._table.find(method, path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        found = self.found_by(scope["method"], scope["path"][len(scope["root_path"]) :])
        if found is None:
            await super().__call__(scope, receive, send)
            return
        route, scope["path_params"] = found
        scope["app"], scope["route"] = self, route
        request = HouseRequest(scope, receive, send)
        try:
            response = await route.handler(request)
        except Exception as error:  # noqa: BLE001  (each kind has its own answer)
            response = await self._answer_to(error)(request, error)
        await response(scope, receive, send)

    def _answer_to(self, error: Exception) -> Callable[[Request, Exception], Awaitable[Response]]:
        """The handler of the nearest kind, as FastAPI finds it; there is one for every exception."""
        kind = next(kind for kind in type(error).__mro__ if kind in self.exception_handlers)
        return cast(Callable[[Request, Exception], Awaitable[Response]], self.exception_handlers[kind])


class _Table:
    """Routes by method and number of segments; among those that are alike in both, the first that matches."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._routes: defaultdict[tuple[str, int], list[tuple[re.Pattern[str], PlainRoute]]] = defaultdict(list)
        for route in routes:
            if isinstance(route, PlainRoute):
                # A convertor that takes slashes too, or makes something else of the text, is none of ours.
                assert all(type(each) is StringConvertor for each in route.param_convertors.values()), route.path
                for method in route.methods or ():
                    self._routes[method, route.path.count("/")].append((route.path_regex, route))

    def find(self, method: str, path: str) -> Found | None:
        """The route that leads there, and what its path names."""
        for pattern, route in self._routes.get((method, path.count("/")), ()):
            if match := pattern.match(path):
                return route, match.groupdict()
        return None


def new_app(house: House | None, **told: Any) -> HouseApp:
    """An app that knows its house; without one it is there to be read, not served.

    It loads no page of documentation from elsewhere, answers only exact addresses, and records nothing of a request:
    what people sent is no matter of telemetry.
    """
    app = HouseApp(
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        **told,
    )
    app.state.house = house
    return app

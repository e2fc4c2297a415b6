"""A request as our routes read it: headers found by name at once, and the body that the edge has read already."""

from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

# Where the edge leaves, in the ASGI scope, what it has read.
HEADERS = "stoa.headers"
BODY = "stoa.body"


class Heads(Headers):
    """Headers that are decoded once: Starlette's own go through all of them at every look-up."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope=scope)
        # Of a header that was sent twice the first counts, as everywhere.
        self._first = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(self._list)}

    def __getitem__(self, key: str) -> str:
        return self._first[key.lower()]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.lower() in self._first

    def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
        """The header's value, or `default` where it was not sent."""
        return self._first.get(key.lower(), default)


class HouseRequest(Request):
    """A request that came through the edge."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(scope, receive, send)
        self._headers: Headers = scope[HEADERS]
        self._body: bytes = scope[BODY]

"""What every request passes on its way in and every answer on its way out: ids, limits, headers, CORS."""

import re
import time
from collections.abc import MutableMapping
from secrets import token_hex
from typing import Any

import orjson
import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stoa.edge.directory import Directory
from stoa.edge.problems import PROBLEM_JSON
from stoa.edge.requests import BODY, HEADERS, Heads

LARGEST_BODY_BYTES = 1_000_000
# So much of a body that is too large is read all the same: a client that is still sending does not listen yet.
_PATIENCE_BYTES = 16_000_000

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})

_ALWAYS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    # An answer that says nothing else is data: it may load and run nothing.
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
]
_HTTPS = [(b"strict-transport-security", b"max-age=31536000")]

_CORS_HEADERS = (
    "Authorization, Cart-Token, Content-Type, Idempotency-Key, If-Match, If-None-Match,"
    " Order-Token, Stoa-Store, X-Request-Id"
)
_CORS_EXPOSED = (
    b"access-control-expose-headers",
    b"ETag, Idempotent-Replayed, Location, Retry-After, X-Request-Id",
)


class Edge:
    """Pure ASGI, around the whole app. HEAD is GET whose body is left out."""

    def __init__(self, app: ASGIApp, *, directory: Directory, https: bool) -> None:
        self._app = app
        self._directory = directory
        self._always = _ALWAYS + _HTTPS if https else _ALWAYS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Name the request, bound its body, answer preflights, and dress the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = scope[HEADERS] = Heads(scope)
        scope["request_id"] = _request_id(headers.get("x-request-id"))
        structlog.contextvars.bind_contextvars(request_id=scope["request_id"])
        answer = _Answer(send, [(b"x-request-id", scope["request_id"].encode()), *self._always])
        if scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}  # the server's own stays: it counts the body it expects by the method
            answer.is_headless = True
        origin = headers.get("origin")
        if origin:
            allowed = await self._allowed_origin(headers, origin)
            answer.is_for(origin, allowed=allowed)
            if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
                await _answer_preflight(answer.send, allowed=allowed)
                return
        try:
            await self._with_bounded_body(scope, receive, answer.send)
        except Exception:
            # A fault is told to the log where it is answered; an answer that is complete needs nothing more.
            if not answer.is_complete:
                raise

    async def _with_bounded_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body here, up to the limit, so that nothing further in reads more than that."""
        if scope["method"] not in _WRITES:
            scope[BODY] = b""
            await self._app(scope, receive, send)
            return
        try:
            body = await _read(receive)
        except ClientDisconnect:
            return  # half a body is no request, and nobody waits for an answer
        if body is None:
            await _answer_too_large(scope, send)
            return
        scope[BODY] = body
        left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> Message:
            return left.pop() if left else await receive()

        await self._app(scope, again, send)

    async def _allowed_origin(self, headers: Heads, origin: str) -> bool:
        """Whether this store lets the origin call; tokens travel in headers, so no credentials are ever allowed.

        A preflight carries no Stoa-Store header: browsers of other origins call a store at its own host.
        """
        try:
            store = await self._directory.find(host=host_of(headers), named=headers.get("stoa-store"))
        except Exception:  # noqa: BLE001  (whatever is wrong, the request itself will tell)
            return False
        return origin in store.settings.cors_origins


class _Answer:
    """What is being answered, dressed on its way: whether it is complete, and whether only its head was asked for."""

    def __init__(self, send: Send, always: list[tuple[bytes, bytes]]) -> None:
        self._send = send
        self._always = always
        self._cross_origin: list[tuple[bytes, bytes]] | None = None
        self.is_headless = False
        self.is_complete = False

    def is_for(self, origin: str, *, allowed: bool) -> None:
        """Another origin asks: say whether its page may read the answer."""
        self._cross_origin = []
        if allowed:
            self._cross_origin = [(b"access-control-allow-origin", origin.encode("latin-1")), _CORS_EXPOSED]

    async def send(self, message: Message) -> None:
        """Pass it on."""
        if message["type"] == "http.response.start":
            given = {name for name, _ in message.get("headers", ())}
            # What an answer says itself stands.
            headers = [*message.get("headers", ()), *(pair for pair in self._always if pair[0] not in given)]
            if self._cross_origin is not None:
                MutableHeaders(raw=headers).add_vary_header("Origin")
                headers += self._cross_origin
            message = {**message, "headers": headers}
        elif message["type"] == "http.response.body":
            self.is_complete = not message.get("more_body", False)
            if self.is_headless:
                message = {**message, "body": b""}
        await self._send(message)


def _request_id(given: str | None) -> str:
    return given if given and _REQUEST_ID.fullmatch(given) else f"{time.time_ns() // 1_000_000:012x}{token_hex(10)}"


def host_of(headers: Headers) -> str:
    """The host that was asked, in small letters, without its port."""
    host = headers.get("host", "").lower()
    if host.startswith("["):
        return host.partition("]")[0].lstrip("[")
    return host.partition(":")[0].rstrip(".")


async def _read(receive: Receive) -> bytes | None:
    """The whole body, or None where it is larger than the limit. Raises ClientDisconnect."""
    body, length = bytearray(), 0
    while True:
        message: MutableMapping[str, Any] = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        length += len(message.get("body", b""))
        if length <= LARGEST_BODY_BYTES:
            body += message.get("body", b"")
        if not message.get("more_body", False) or length > _PATIENCE_BYTES:
            return bytes(body) if length <= LARGEST_BODY_BYTES else None


async def _answer_preflight(send: Send, *, allowed: bool) -> None:
    headers = [(b"vary", b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers")]
    if allowed:
        headers += [
            (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE"),
            (b"access-control-allow-headers", _CORS_HEADERS.encode()),
            (b"access-control-max-age", b"600"),
        ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _answer_too_large(scope: Scope, send: Send) -> None:
    body = orjson.dumps(
        {
            "type": "about:blank",
            "title": "Too large",
            "status": 413,
            "detail": f"A request may carry at most {LARGEST_BODY_BYTES:,} bytes; send less, or in parts.",
            "code": "request.too_large",
            "request_id": scope["request_id"],
        }
    )
    headers = [(b"content-type", PROBLEM_JSON.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})

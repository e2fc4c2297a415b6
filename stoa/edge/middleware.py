"""What every request passes on its way in and every answer on its way out: ids, limits, headers, CORS."""

import re
from collections.abc import MutableMapping
from typing import Any

import orjson
import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stoa.edge.directory import Directory
from stoa.edge.problems import PROBLEM_JSON
from stoa.kernel.clock import utc_now
from stoa.kernel.ids import uuid7

LARGEST_BODY_BYTES = 1_000_000
# So much of a body that is too large is read all the same: a client that is still sending does not listen yet.
_PATIENCE_BYTES = 16_000_000

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})

_ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
# An answer that says nothing else is data: it may load and run nothing.
_DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"

_CORS_HEADERS = (
    "Authorization, Cart-Token, Content-Type, Idempotency-Key, If-Match, If-None-Match,"
    " Order-Token, Stoa-Store, X-Request-Id"
)
_CORS_EXPOSED = "ETag, Idempotent-Replayed, Location, Retry-After, X-Request-Id"


class Edge:
    """Pure ASGI, around the whole app. HEAD is GET whose body is left out."""

    def __init__(self, app: ASGIApp, *, directory: Directory, https: bool) -> None:
        self._app = app
        self._directory = directory
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Name the request, bound its body, answer preflights, and dress the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        scope["request_id"] = _request_id(headers.get("x-request-id"))
        structlog.contextvars.bind_contextvars(request_id=scope["request_id"])
        origin = headers.get("origin")
        allowed = await self._allowed_origin(headers, origin) if origin else None
        answer = _Answer(send, headless=scope["method"] == "HEAD")
        dressed = self._dressing(scope, answer.send, allowed, cross_origin=origin is not None)
        if origin and scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await _answer_preflight(dressed, allowed=allowed is not None)
            return
        if scope["method"] == "HEAD":
            scope["method"] = "GET"
        try:
            if scope["method"] in _WRITES:
                await self._with_bounded_body(scope, receive, dressed)
            else:
                await self._app(scope, receive, dressed)
        except Exception:
            # A fault is told to the log where it is answered; an answer that is complete needs nothing more.
            if not answer.is_complete:
                raise

    async def _with_bounded_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body here, up to the limit, so that nothing further in reads more than that."""
        try:
            body = await _read(receive)
        except ClientDisconnect:
            return  # half a body is no request, and nobody waits for an answer
        if body is None:
            await _answer_too_large(scope, send)
            return
        left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> Message:
            return left.pop() if left else await receive()

        await self._app(scope, again, send)

    async def _allowed_origin(self, headers: Headers, origin: str) -> str | None:
        """The origin, if this store lets it call; tokens travel in headers, so no credentials are ever allowed.

        A preflight carries no Stoa-Store header: browsers of other origins call a store at its own host.
        """
        try:
            store = await self._directory.find(host=host_of(headers), named=headers.get("stoa-store"))
        except Exception:  # noqa: BLE001  (whatever is wrong, the request itself will tell)
            return None
        return origin if origin in store.settings.cors_origins else None

    def _dressing(self, scope: Scope, send: Send, allowed: str | None, *, cross_origin: bool) -> Send:
        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = scope["request_id"]
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
                headers.setdefault("content-security-policy", _DATA_POLICY)
                headers.setdefault("cache-control", "no-store")
                if self._https:
                    headers.setdefault("strict-transport-security", "max-age=31536000")
                if cross_origin:
                    headers.add_vary_header("Origin")
                if allowed:
                    headers["access-control-allow-origin"] = allowed
                    headers["access-control-expose-headers"] = _CORS_EXPOSED
            await send(message)

        return dressed


class _Answer:
    """What is being answered: whether it is complete, and without its body where only the head was asked for."""

    def __init__(self, send: Send, *, headless: bool) -> None:
        self._send = send
        self._headless = headless
        self.is_complete = False

    async def send(self, message: Message) -> None:
        """Pass it on."""
        if message["type"] == "http.response.body":
            self.is_complete = not message.get("more_body", False)
            if self._headless:
                message = {**message, "body": b""}
        await self._send(message)


def _request_id(given: str | None) -> str:
    return given if given and _REQUEST_ID.fullmatch(given) else uuid7(utc_now()).hex


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

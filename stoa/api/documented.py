"""What every operation has in common, written into the OpenAPI documents once."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from stoa.checkout.errors import KeyReused
from stoa.edge.asking import BadHeader, NotAllowed, NotSignedIn
from stoa.edge.directory import StoreAmbiguous
from stoa.edge.idempotency import RequestInProgress
from stoa.edge.problems import PROBLEM_JSON, DatabaseAway, RowBusy, refusals
from stoa.edge.routes import PlainRoute, StoreRoute
from stoa.kernel.refusals import Refusal, TooLarge
from stoa.stores.errors import StoreSuspended, UnknownStore

_WRITES = ("post", "put", "patch", "delete")

_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "description": "Your own name for this act, such as a UUID: sent again with the same body it gives the same answer "
    "and does nothing twice; with another body it is refused (422). Kept for 30 days.",
}
_UNGUESSABLE_KEY = _IDEMPOTENCY_KEY | {
    "description": f"{_IDEMPOTENCY_KEY['description']} Whoever sends a guest's key again is given the answer's token: "
    "a guest without a token yet sends a UUID, or 22 or more letters and digits made at random; others are refused.",
}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "The ETag of what you have: 304 if it is still so.",
}
_STORE = {
    "name": "Stoa-Store",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 63},
    "description": "The store's short name, where the host leads to no store.",
}
_ETAG = {"description": "The version of what is read", "schema": {"type": "string"}}
_REQUEST_ID = {
    "description": "This request's id: yours, if you sent one",
    "schema": {"type": "string", "maxLength": 64},
}
_RETRY_AFTER = {"description": "Seconds until it is worth trying again", "schema": {"type": "integer", "minimum": 1}}

# Routes that keep no answers heed the key themselves, or say that they do not.
_HEEDS_ITS_KEY = frozenset({"/carts/{cart_id}/complete", "/orders/{order_id}/payments"})
_NO_KEY = "An Idempotency-Key has no effect here."

_SCHEMES = {
    False: ("session", "A customer's session, as POST /sessions gives it. Without one, a guest asks."),
    True: ("staff", "A session, as POST /sessions gives it, or an API key of the store."),
}


class _BodyTooLarge(TooLarge):
    """More was sent than is read."""

    code = "request.too_large"
    says = "A request may carry at most 1,000,000 bytes; send less, or in parts."


_READS_REFUSE: tuple[type[Refusal], ...] = (
    UnknownStore, StoreAmbiguous, StoreSuspended, NotSignedIn, BadHeader, DatabaseAway, RowBusy,
)  # fmt: skip
_WRITES_REFUSE: tuple[type[Refusal], ...] = (*_READS_REFUSE, KeyReused, RequestInProgress, _BodyTooLarge)


def describe(app: FastAPI, *, for_staff: bool) -> None:
    """Make the app's OpenAPI document tell the common headers, refusals and examples of every operation."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
                separate_input_output_schemas=False,
            )
            for route, method, operation in _operations(app, schema):
                _describe(route, method, operation)
                _secure(route, operation, for_staff=for_staff)
            scheme, says = _SCHEMES[for_staff]
            components = schema["components"]
            components["securitySchemes"] = {scheme: {"type": "http", "scheme": "bearer", "description": says}}
            # FastAPI's own form of a misfit; ours are problems.
            for name in ("HTTPValidationError", "ValidationError"):
                components["schemas"].pop(name, None)
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _operations(app: FastAPI, schema: dict[str, Any]) -> Iterator[tuple[PlainRoute, str, dict[str, Any]]]:
    for route in app.routes:
        if isinstance(route, APIRoute):
            assert isinstance(route, PlainRoute), f"{route.path} is no route of ours"
            for method in route.methods or ():
                yield route, method.lower(), schema["paths"][route.path_format][method.lower()]


def _describe(route: PlainRoute, method: str, operation: dict[str, Any]) -> None:
    operation["operationId"] = route.name
    parameters = operation.setdefault("parameters", [])
    for parameter in parameters:
        # A parameter is sent or it is not: there is no null in a header or a query.
        kinds = [kind for kind in parameter["schema"].pop("anyOf", []) if kind.get("type") != "null"]
        parameter["schema"].update(*kinds[:1])
    parameters.append(_STORE)
    writes = method in _WRITES
    if not writes:
        parameters.append(_IF_NONE_MATCH)
    elif isinstance(route, StoreRoute) and route.rederived and not route.permission:
        parameters.append(_UNGUESSABLE_KEY)
    elif isinstance(route, StoreRoute) or route.path in _HEEDS_ITS_KEY:
        parameters.append(_IDEMPOTENCY_KEY)
    else:
        operation["description"] = f"{operation.get('description', '')}\n\n{_NO_KEY}".strip()
    common = refusals(*(_WRITES_REFUSE if writes else _READS_REFUSE), *((NotAllowed,) if route.permission else ()))
    answers = operation["responses"]
    for status, documented in common.items():
        answer = answers.setdefault(str(status), {"description": documented["description"]})
        examples = answer.get("content", {}).get(PROBLEM_JSON, {}).get("examples", {})
        answer["content"] = {PROBLEM_JSON: {"examples": examples | documented["content"][PROBLEM_JSON]["examples"]}}
    if not writes:
        answers["304"] = {"description": "What you have is still so"}
    for status, answer in answers.items():
        answer["headers"] = _headers(status, reads=not writes)
        if status.startswith(("4", "5")):
            examples = answer.get("content", {}).get(PROBLEM_JSON, {}).get("examples", {})
            answer["content"] = {PROBLEM_JSON: {"schema": _PROBLEM, "examples": examples}}


def _headers(status: str, *, reads: bool) -> dict[str, Any]:
    headers: dict[str, Any] = {"X-Request-Id": _REQUEST_ID}
    if reads and status in ("200", "304"):
        headers["ETag"] = _ETAG
    if status in ("429", "503"):
        headers["Retry-After"] = _RETRY_AFTER
    return headers


def _secure(route: PlainRoute, operation: dict[str, Any], *, for_staff: bool) -> None:
    """Who may ask: staff routes say their permission, the others whether a guest may."""
    scheme, _ = _SCHEMES[for_staff]
    if route.permission:
        operation["description"] = f"{operation.get('description', '')}\n\nNeeds `{route.permission}`.".strip()
    is_open = route.permission is None and not route.for_customers
    operation["security"] = [{}, {scheme: []}] if is_open else [{scheme: []}]


_PROBLEM = {"$ref": "#/components/schemas/Problem"}

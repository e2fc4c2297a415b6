"""What every operation has in common, written into the OpenAPI documents once."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from stoa.edge.asking import BadHeader, NotSignedIn
from stoa.edge.idempotency import RequestInProgress
from stoa.edge.problems import PROBLEM_JSON, DatabaseAway, refusals
from stoa.kernel.refusals import Refusal, TooLarge
from stoa.stores.errors import UnknownStore

_WRITES = ("post", "put", "patch", "delete")

_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 255, "pattern": "^[!-~]+$"},
    "description": "Your own name for this act, such as a UUID: sent again with the same body it gives the same answer "
    "and does nothing twice; with another body it is refused (422). Kept for 30 days.",
}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 200},
    "description": "The ETag of what you have: 304 if it is still so.",
}
_STORE = {
    "name": "Stoa-Store",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 63},
    "description": "The store's short name, where the host leads to no store.",
}


class _BodyTooLarge(TooLarge):
    """More was sent than is read."""

    code = "request.too_large"
    says = "A request may carry at most 1,000,000 bytes; send less, or in parts."


_READS_REFUSE: tuple[type[Refusal], ...] = (UnknownStore, NotSignedIn, BadHeader, DatabaseAway)
_WRITES_REFUSE: tuple[type[Refusal], ...] = (*_READS_REFUSE, RequestInProgress, _BodyTooLarge)


def describe(app: FastAPI) -> None:
    """Make the app's OpenAPI document tell the common headers, refusals and examples of every operation."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            for operations in schema["paths"].values():
                for method, operation in operations.items():
                    _describe(method, operation)
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _describe(method: str, operation: dict[str, Any]) -> None:
    parameters = operation.setdefault("parameters", [])
    parameters.append(_STORE)
    parameters.append(_IDEMPOTENCY_KEY if method in _WRITES else _IF_NONE_MATCH)
    common = refusals(*(_WRITES_REFUSE if method in _WRITES else _READS_REFUSE))
    for status, documented in common.items():
        examples = documented["content"][PROBLEM_JSON]["examples"]
        answer = operation["responses"].setdefault(
            str(status),
            {"description": documented["description"], "content": {PROBLEM_JSON: {"schema": _PROBLEM, "examples": {}}}},
        )
        answer["content"] = {
            PROBLEM_JSON: {
                "schema": _PROBLEM,
                "examples": answer.get("content", {}).get(PROBLEM_JSON, {}).get("examples", {}) | examples,
            }
        }
    for status, answer in operation["responses"].items():
        if status.startswith(("4", "5")):
            content = answer.get("content", {}).get(PROBLEM_JSON, {})
            answer["content"] = {PROBLEM_JSON: {"schema": _PROBLEM, "examples": content.get("examples", {})}}
    if method not in _WRITES:
        operation["responses"]["304"] = {"description": "What you have is still so"}


_PROBLEM = {"$ref": "#/components/schemas/Problem"}

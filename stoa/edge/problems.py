"""Refusals and faults as HTTP answers: problem documents (RFC 9457), one shape for all."""

from typing import Any

import asyncpg
import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from stoa.kernel.refusals import Refusal, Unavailable

log = structlog.get_logger(__name__)

LOCK_NOT_AVAILABLE = "55P03"

PROBLEM_JSON = "application/problem+json"


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    field: str = Field(examples=["body.quantity"])
    says: str = Field(examples=["Input should be greater than or equal to 1"])


class Problem(BaseModel, extra="allow"):
    """Why something was refused. `code` is stable; `detail` is for people; further members are the refusal's fields."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Conflict"])
    status: int = Field(examples=[409])
    detail: str = Field(examples=["Only 1 left; 2 asked."])
    code: str = Field(examples=["inventory.out_of_stock"])
    request_id: str = Field(examples=["01a1f8783566"])
    errors: list[FieldProblem] = Field(default=[], description="What is wrong field by field, where it is that")


class RowBusy(Unavailable):
    """Others hold what this needs for longer than anybody waits."""

    code = "database.busy"
    says = "Too many are working on the same thing just now; the same request may be sent again in a moment."


class DatabaseAway(Unavailable):
    """PostgreSQL does not answer."""

    code = "database.away"
    says = "The database does not answer just now; the same request may be sent again in a moment."


def is_database_away(error: BaseException) -> bool:
    """Whether this says that PostgreSQL is gone, is starting, or has no connection left: 503, and try again."""
    # The last is a connection that was idle, to which the server just said goodbye: "another operation is in progress".
    if isinstance(error, PoolTimeout | OSError | asyncpg.InterfaceError | asyncpg.InternalClientError):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    # 08: connection; 57P: the server was told to go, or is starting; 53: too many connections, disk full.
    return sqlstate(error)[:2] in ("08", "53") or sqlstate(error)[:3] == "57P"


def sqlstate(error: BaseException) -> str:
    """The five letters of PostgreSQL's error, or an empty text."""
    said = getattr(error, "orig", None) or error
    return str(getattr(said, "sqlstate", None) or getattr(said, "pgcode", None) or "")


def problem(request: Request, refusal: Refusal) -> Response:
    """The refusal as a problem document."""
    fields = {name: _fit(value) for name, value in refusal.data.items() if name not in Problem.model_fields}
    return _answer(request, refusal.status, refusal.heading, refusal.sentence, refusal.code, fields, refusal)


def _fit(value: Any) -> Any:
    """The value, or as text a number larger than JSON's readers count."""
    return str(value) if isinstance(value, int) and abs(value) >= 2**63 else value


def refuses_with_problems(app: FastAPI) -> None:
    """Make the app answer every refusal, misfit and fault with a problem document; no traceback leaves the house."""
    app.add_exception_handler(Refusal, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_misfit)
    app.add_exception_handler(HTTPException, _on_http)
    # Of `Exception` alone Starlette answers and then raises again; what the database says is answered and done with.
    driver = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
    for kind in (DBAPIError, PoolTimeout, OSError, *driver, Exception):
        app.add_exception_handler(kind, on_fault)


async def _on_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return problem(request, error)


async def _on_misfit(request: Request, error: Exception) -> Response:
    """What does not fit the schema: every field that is wrong, never what was sent in it."""
    assert isinstance(error, RequestValidationError)
    errors = [{"field": ".".join(str(part) for part in one["loc"]), "says": _in_words(one)} for one in error.errors()]
    sentence = f"{errors[0]['field']}: {errors[0]['says']}." if errors else "The request does not fit."
    if len(errors) > 1:
        sentence += f" {len(errors) - 1} more below."
    return _answer(request, 422, "Invalid request", sentence, "request.invalid", {"errors": errors})


def _in_words(one: dict[str, Any]) -> str:
    if one["type"] == "json_invalid":
        return "this is no JSON: " + str(one.get("ctx", {}).get("error", "it could not be read"))
    if one["type"] == "missing":
        return "this is needed and is not there"
    if one["type"] == "extra_forbidden":
        return "there is no such field here; check its name"
    return str(one["msg"]).removeprefix("Value error, ").rstrip(".")


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status, title, detail, code = error.status_code, str(error.detail), str(error.detail), "http"
    if status == 404:
        detail, code = "There is nothing at this address.", "http.nothing_here"
    elif status == 405:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"allow": _methods_at(request)})
        detail, code = f"{request.method} is not done at this address.", "http.method"
    elif status == 400:
        # What FastAPI says of a body that is no text, or a number of a million digits.
        status, title, code = 422, "Invalid request", "request.invalid"
        detail = "body: this cannot be read as JSON in UTF-8."
    answer = _answer(request, status, title, detail, code, {})
    answer.headers.update(error.headers or {})
    if status == 405:
        answer.headers["allow"] = _methods_at(request)
    return answer


def _methods_at(request: Request) -> str:
    """What may be done at this address, over all routes that lead there."""
    found = {"OPTIONS"}
    for route in request.app.routes:
        # Routes match or do not; what they would put into the scope is not wanted here.
        if route.matches(dict(request.scope))[0] is not Match.NONE:
            found |= set(getattr(route, "methods", None) or ())
    return ", ".join(sorted(found | ({"HEAD"} if "GET" in found else set())))


async def on_fault(request: Request, error: Exception) -> Response:
    """A fault: told to the log with everything, and to the client with the request's id alone."""
    if is_database_away(error):
        log.warning("database_away", path=request.url.path, error=type(error).__name__)
        return problem(request, DatabaseAway())
    if sqlstate(error) == LOCK_NOT_AVAILABLE:
        return problem(request, RowBusy())
    log.error("fault", path=request.url.path, exc_info=error)
    return _answer(request, 500, "Fault", "Something went wrong here; it has been noted.", "fault", {})


def _answer(
    request: Request,
    status: int,
    title: str,
    detail: str,
    code: str,
    fields: dict[str, Any],
    refusal: Refusal | None = None,
) -> Response:
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": request.scope.get("request_id", ""),
        **fields,
    }
    headers = {}
    retry_after = getattr(refusal, "retry_after", None) or (refusal.retry_after_seconds if refusal else None)
    if retry_after is not None:
        headers["retry-after"] = str(retry_after)
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    return Response(orjson.dumps(body, default=str), status, headers, PROBLEM_JSON)


def refusals(*kinds: type[Refusal]) -> dict[int | str, dict[str, Any]]:
    """FastAPI's `responses`: what a route may refuse, by status, with an example of each."""
    documented: dict[int | str, dict[str, Any]] = {}
    for kind in (*kinds, *_EVERYWHERE):
        content = documented.setdefault(
            kind.status, {"model": Problem, "description": kind.heading, "content": {PROBLEM_JSON: {"examples": {}}}}
        )
        content["content"][PROBLEM_JSON]["examples"][kind.code] = {
            "summary": (kind.__doc__ or "").strip().splitlines()[0],
            "value": {
                "type": "about:blank",
                "title": kind.heading,
                "status": kind.status,
                "detail": kind.says,
                "code": kind.code,
                "request_id": "01a1f878356677",
            },
        }
    return documented


_EVERYWHERE: tuple[type[Refusal], ...] = ()

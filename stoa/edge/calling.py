"""How an endpoint is called: with what its signature names, read straight from the request.

FastAPI reads the signature, and its documents tell it. At a request its own machinery finds out anew, at several times
the cost, what it could know from the start; here that is worked out once, when the route is made. What a client gets
is the same, since whatever does not fit is handed to FastAPI, which says what is wrong with it.
"""

import inspect
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from email.message import Message
from typing import Any

from fastapi import Request, Response
from fastapi._compat import ModelField, field_annotation_is_sequence
from fastapi.datastructures import DefaultPlaceholder
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticUndefined

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Reader = Callable[[Request], Any]

_JSON = "application/json"


class _Misfit(Exception):
    """Something that was sent is not what the signature asks for."""


def straight(route: APIRoute, by_fastapi: Handler) -> Handler:
    """A handler that calls the route's endpoint with what it names.

    A signature with more in it than path, query and header parameters, one JSON body, the request, and `async`
    dependencies of such is left to `by_fastapi`, and so is a request that does not fit.
    """
    left_to_fastapi = _in_its_stacks(by_fastapi)
    if not is_plain(route):
        return left_to_fastapi
    call = _Call(route.dependant)
    read_body = _body_reader(route)
    answer = _answerer(route)

    async def handle(request: Request) -> Response:
        try:
            body = read_body(request, await request.body()) if read_body else None
            given = await call.arguments(request, body, {})
        except _Misfit:
            return await left_to_fastapi(request)
        return answer(await call.function(**given))

    return handle


def _in_its_stacks(by_fastapi: Handler) -> Handler:
    """FastAPI's handler with what it expects around itself: the stacks on which files and generators are closed."""

    async def handle(request: Request) -> Response:
        if "fastapi_inner_astack" in request.scope:
            return await by_fastapi(request)
        async with AsyncExitStack() as stack:
            for name in ("fastapi_middleware_astack", "fastapi_inner_astack", "fastapi_function_astack"):
                request.scope[name] = stack
            return await by_fastapi(request)

    return handle


def is_plain(route: APIRoute) -> bool:
    """Whether the endpoint can be called straight: its signature asks for nothing that only FastAPI knows to give."""
    return isinstance(route.response_class, DefaultPlaceholder) and _all_plain(route, route.dependant)


def _all_plain(route: APIRoute, dependant: Dependant) -> bool:
    fields = dependant.path_params + dependant.query_params + dependant.header_params
    rare = (
        dependant.cookie_params
        or dependant.response_param_name
        or dependant.websocket_param_name
        or dependant.http_connection_param_name
        or dependant.background_tasks_param_name
        or dependant.security_scopes_param_name
        or dependant.concurrency
    )
    return (
        not rare
        and inspect.iscoroutinefunction(dependant.call)
        and all(_is_single(field) for field in fields)
        and (not dependant.body_params or _body_model(route) is not None)
        and all(not below.body_params and _all_plain(route, below) for below in dependant.dependencies)
    )


def _is_single(field: ModelField) -> bool:
    """Whether the parameter is one value: not a list of those sent, nor a model of several."""
    annotation = field.field_info.annotation
    is_model = inspect.isclass(annotation) and issubclass(annotation, BaseModel)
    return not is_model and not field_annotation_is_sequence(annotation)


def _body_model(route: APIRoute) -> type[BaseModel] | None:
    """The model that is the whole body, where the endpoint asks for such a one."""
    if route.body_field is None or len(route.dependant.body_params) != 1:
        return None
    kind: Any = route.body_field.field_info.annotation
    is_model = inspect.isclass(kind) and issubclass(kind, BaseModel)
    return kind if is_model and route.body_field.field_info.is_required() else None


class _Call:
    """A function, an endpoint or what it depends on, and where each of its arguments comes from."""

    def __init__(self, dependant: Dependant) -> None:
        assert dependant.call is not None, "what is called is known"
        self.function: Callable[..., Coroutine[Any, Any, Any]] = dependant.call
        self._below = [(below.name, _Call(below)) for below in dependant.dependencies]
        self._readers = [
            *((field.name, _from_path(field)) for field in dependant.path_params),
            *((field.name, _from_query(field)) for field in dependant.query_params),
            *((field.name, _from_header(field)) for field in dependant.header_params),
        ]
        self._body = dependant.body_params[0].name if dependant.body_params else None
        self._request = dependant.request_param_name

    async def arguments(self, request: Request, body: Any, found: dict[Any, Any]) -> dict[str, Any]:
        """The arguments by name; what several depend on is asked once, and kept in `found`. Raises _Misfit."""
        given: dict[str, Any] = {}
        for name, call in self._below:
            if call.function not in found:
                found[call.function] = await call.function(**await call.arguments(request, body, found))
            if name is not None:
                given[name] = found[call.function]
        for name, read in self._readers:
            given[name] = read(request)
        if self._body is not None:
            given[self._body] = body
        if self._request is not None:
            given[self._request] = request
        return given


def _from_path(field: ModelField) -> Reader:
    fit = _fitter(field)
    return lambda request: fit(request.path_params[field.alias])


def _from_query(field: ModelField) -> Reader:
    fit = _fitter(field)
    # Most requests have no query, and then it is not worth looking into.
    return lambda request: fit(request.query_params.get(field.alias) if request.scope["query_string"] else None)


def _from_header(field: ModelField) -> Reader:
    fit = _fitter(field)
    return lambda request: fit(request.headers.get(field.alias))


def _fitter(field: ModelField) -> Callable[[str | None], Any]:
    """What the parameter is worth, once sent so, or left out (None). Raises _Misfit."""
    default = PydanticUndefined if field.field_info.is_required() else field.default

    def fit(sent: str | None) -> Any:
        if sent is None:
            if default is PydanticUndefined:
                raise _Misfit
            return default
        value, errors = field.validate(sent)
        if errors:
            raise _Misfit
        return value

    return fit


def _body_reader(route: APIRoute) -> Callable[[Request, bytes], Any] | None:
    model = _body_model(route)
    if model is None:
        return None
    parse = model.__pydantic_validator__.validate_json

    def read(request: Request, body: bytes) -> Any:
        if not _is_json(request.headers.get("content-type")):
            raise _Misfit
        try:
            return parse(body)
        except ValidationError:
            raise _Misfit from None

    return read


def _is_json(content_type: str | None) -> bool:
    """Whether a body of this type is read as JSON, as FastAPI decides it."""
    if content_type == _JSON:
        return True
    if content_type is None:
        return False
    message = Message()
    message["content-type"] = content_type
    subtype = message.get_content_subtype()
    return message.get_content_maintype() == "application" and (subtype == "json" or subtype.endswith("+json"))


def _answerer(route: APIRoute) -> Callable[[Any], Response]:
    """What makes the answer of what the endpoint returned, which is what it declares: that is not checked again."""
    field, status = route.response_field, route.status_code or 200

    def answer(returned: Any) -> Response:
        if isinstance(returned, Response):
            return returned
        if status == 204:
            return Response(status_code=204)
        return Response(field.serialize_json(returned) if field else b"null", status, media_type=_JSON)

    return answer

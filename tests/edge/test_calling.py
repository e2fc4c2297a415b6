"""Endpoints are called straight, and nobody can tell: the same is answered, and refused in the same words."""

import uuid
from typing import Annotated
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field
from starlette.routing import Match

from stoa.api.admin.app import admin_api
from stoa.api.store.app import store_api
from stoa.edge.apps import HouseApp
from stoa.edge.calling import Handler, is_plain, straight

MUG = "018f3c5e-0000-7000-8000-000000000001"
JSON = {"content-type": "application/json"}


class Straight(APIRoute):
    """FastAPI's route, but called straight."""

    def get_route_handler(self) -> Handler:
        return straight(self, super().get_route_handler())


class Wanted(BaseModel):
    """What is sent."""

    model_config = ConfigDict(extra="forbid")

    variant_id: UUID
    quantity: Annotated[int, Field(strict=True, ge=1)] = 1
    note: str = Field(default="", max_length=5)


class Told(BaseModel):
    """What is answered."""

    product_id: UUID
    wanted: Wanted | None = None
    token: str | None = None
    limit: int = 0


async def token(cart_token: Annotated[str | None, Header(max_length=4)] = None) -> str | None:
    return cart_token


def app_with(route_class: type[APIRoute]) -> FastAPI:
    router = APIRouter(route_class=route_class)

    @router.post("/products/{product_id}", status_code=201)
    async def want(product_id: UUID, body: Wanted, given: Annotated[str | None, Depends(token)]) -> Told:
        return Told(product_id=product_id, wanted=body, token=given)

    @router.get("/products/{product_id}")
    async def look(product_id: UUID, request: Request, limit: Annotated[int, Query(ge=1, le=100)] = 20) -> Told | None:
        return Told(product_id=product_id, limit=limit) if request.url.path else None

    @router.delete("/products/{product_id}", status_code=204)
    async def forget(product_id: UUID) -> None:
        assert product_id

    app = FastAPI()
    app.include_router(router)
    return app


@pytest.mark.parametrize(
    ("method", "path", "headers", "body"),
    [
        ("POST", MUG, JSON, f'{{"variant_id": "{MUG}", "quantity": 3}}'),
        ("POST", MUG, JSON | {"cart-token": "abc"}, f'{{"variant_id": "{MUG}"}}'),
        ("POST", MUG, {"content-type": "application/merge-patch+json; charset=utf-8"}, f'{{"variant_id": "{MUG}"}}'),
        ("POST", MUG, JSON | {"cart-token": "too long"}, f'{{"variant_id": "{MUG}", "quantity": "3"}}'),
        ("POST", "no-id", JSON, f'{{"variant_id": "{MUG}", "quantity": 0, "note": "longer", "colour": "red"}}'),
        ("POST", MUG, JSON, '{"variant_id": 1, "quantity": 1.5}'),
        ("POST", MUG, JSON, f'{{"variant_id": "{MUG}", "quantity": {"9" * 5000}}}'),
        ("POST", MUG, JSON, f'{{"variant_id": "{MUG}", "note": NaN}}'),
        ("POST", MUG, JSON, '{"variant_id": '),
        ("POST", MUG, JSON, "[" * 100_000),
        ("POST", MUG, JSON, "null"),
        ("POST", MUG, JSON, ""),
        ("POST", MUG, JSON, b"\xff\xfe"),
        ("POST", MUG, {}, f'{{"variant_id": "{MUG}"}}'),
        ("POST", MUG, {"content-type": "text/plain"}, f'{{"variant_id": "{MUG}"}}'),
        ("GET", MUG, {}, ""),
        ("GET", f"{MUG}?limit=7", {}, ""),
        ("GET", f"{MUG}?limit=7&limit=8", {}, ""),
        ("GET", f"{MUG}?limit=", {}, ""),
        ("GET", f"{MUG}?limit=101", {}, ""),
        ("GET", "no-id?limit=x", {}, ""),
        ("DELETE", MUG, {}, ""),
    ],
)
async def test_what_is_answered_is_what_fastapi_answers(
    method: str, path: str, headers: dict[str, str], body: str | bytes
):
    answers = []
    for route_class in (APIRoute, Straight):
        transport = httpx.ASGITransport(app=app_with(route_class), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.example") as client:
            answer = await client.request(method, f"/products/{path}", headers=headers, content=body)
            answers.append((answer.status_code, answer.text))

    assert answers[0] == answers[1]


@pytest.mark.parametrize("app", [store_api(), admin_api()], ids=["store", "admin"])
def test_every_operation_is_found_as_fastapi_finds_it_and_is_called_straight(app: HouseApp):
    routes = [route for route in app.routes if isinstance(route, APIRoute)]
    assert len(routes) > 20

    for route in routes:
        path = route.path_format
        for name in route.param_convertors:
            path = path.replace(f"{{{name}}}", str(uuid.uuid4()))
        for method in route.methods or ():
            scope = {"type": "http", "method": method, "path": path, "root_path": ""}
            first, told = next(
                (each, told) for each in routes for match, told in [each.matches(scope)] if match is Match.FULL
            )
            assert app.found_by(method, path) == (first, told["path_params"])
        assert is_plain(route), f"{route.path} asks for more than is read straight"
    assert app.found_by("GET", "/nowhere") is None
    assert app.found_by("TRACE", path) is None

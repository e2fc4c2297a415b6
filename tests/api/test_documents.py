"""The OpenAPI documents: served without a store, complete, and with examples."""

from typing import Any

import pytest
from starlette.types import ASGIApp

from stoa.kernel.money import LARGEST_AMOUNT
from tests.api.calls import ADMIN_API, STORE_API, in_process
from tests.api.furnished import operations

APIS = [STORE_API, ADMIN_API]


@pytest.fixture(params=APIS)
async def document(request: pytest.FixtureRequest, app: ASGIApp) -> Any:
    """The document as it is served, at whatever host."""
    async with in_process(app, "nobody.example") as client:
        answer = await client.get(f"{request.param}/openapi.json")
    assert answer.status_code == 200
    return answer.json()


async def test_it_is_openapi_31_and_says_where_it_is_served(document: Any):
    assert document["openapi"].startswith("3.1")
    assert document["servers"][0]["url"] in APIS


async def test_no_page_loads_anything_from_elsewhere(app: ASGIApp):
    async with in_process(app, "nobody.example") as client:
        for api in APIS:
            for page in ("docs", "redoc"):
                assert (await client.get(f"{api}/{page}")).status_code == 404


async def test_every_operation_has_a_name_of_its_own_words_and_refusals(document: Any):
    described = [one for path in document["paths"].values() for one in path.values()]

    names = [one["operationId"] for one in described]
    assert len(set(names)) == len(names)
    for one in described:
        assert one["summary"]
        assert one["description"]
        assert {"404", "422", "503"} <= set(one["responses"])
        refused = [answer for status, answer in one["responses"].items() if status >= "400"]
        assert all(list(answer["content"]) == ["application/problem+json"] for answer in refused)
        assert all(answer["content"]["application/problem+json"]["examples"] for answer in refused)


async def test_the_ways_to_sign_in_are_declared(document: Any):
    [(name, scheme)] = document["components"]["securitySchemes"].items()

    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    for path in document["paths"].values():
        for one in path.values():
            assert one["security"] in ([{name: []}], [{}, {name: []}])


def test_who_does_not_heed_a_key_says_so():
    for one in operations():
        described = one.document["paths"][one.route.path][one.method.lower()]
        takes_key = "Idempotency-Key" in [parameter["name"] for parameter in described["parameters"]]
        says_not = "An Idempotency-Key has no effect here." in described["description"]
        assert (takes_key, says_not) == ((False, False) if one.method == "GET" else (not says_not, not takes_key))


def test_no_number_that_is_sent_can_be_larger_than_the_database_counts():
    unbounded = []
    for one in operations():
        schemas = one.document["components"]["schemas"]
        body = one.document["paths"][one.route.path][one.method.lower()].get("requestBody")
        if body:
            unbounded += _unbounded(body["content"]["application/json"]["schema"], schemas, str(one))

    assert unbounded == []


def _unbounded(schema: dict[str, Any], schemas: dict[str, Any], where: str) -> list[str]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _unbounded(schemas[name], schemas, f"{where} {name}")
    found = []
    if schema.get("type") == "integer" and not (
        schema.get("minimum", -(2**63)) >= -LARGEST_AMOUNT and schema.get("maximum", 2**63) <= LARGEST_AMOUNT
    ):
        found.append(where)
    if schema.get("type") == "string" and not {"maxLength", "format", "enum", "const", "pattern"} & set(schema):
        found.append(where)
    for name, inner in schema.get("properties", {}).items():
        found += _unbounded(inner, schemas, f"{where}.{name}")
    for inner in [*schema.get("anyOf", []), *([schema["items"]] if "items" in schema else [])]:
        found += _unbounded(inner, schemas, where)
    return found

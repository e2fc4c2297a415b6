"""The documents tell the truth: schemathesis calls every operation over real HTTP, with what fits and what does not.

No answer is a fault, none has a status, a type or a shape that the document does not name, and nothing that breaks the
schema is taken. Each operation gets a store of its own with one of everything, and half of the time real ids.
"""

import copy
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, settings
from schemathesis.schemas import BaseSchema

from stoa.api.admin.app import admin_api
from stoa.api.store.app import store_api
from stoa.db.transaction import Database
from tests.api.calls import ADMIN_API, STORE_API, an_address, staff_session
from tests.api.furnished import Furnished, furnish
from tests.conftest import open_a_store
from tests.examples import examples
from tests.serving import Served

# What says which store it is and whose cart: the test sends the right ones, so they are not for making up.
_SENT = {"stoa-store", "cart-token", "order-token"}


def document(app: FastAPI) -> BaseSchema:
    """The app's document, with what cannot be expected left out of the checks."""
    described = copy.deepcopy(app.openapi())
    for operations in described["paths"].values():
        for operation in operations.values():
            parameters = operation["parameters"]
            operation["parameters"] = [each for each in parameters if each["name"].lower() not in _SENT]
    schema = schemathesis.openapi.from_dict(described)
    # A schema cannot say that an id is unknown, a slug taken or a country none: what fits it may well be refused (422).
    schema.config.checks.positive_data_acceptance.enabled = False
    # What is asked for a version that is not there any more is refused for that, whatever else is wrong with it.
    schema.config.checks.negative_data_rejection.expected_statuses = ["401", "403", "404", "409", "412", "413", "422"]
    return schema


# One connection for all: making a new one for each call costs more than the call.
CONNECTION = requests.Session()

STORE_DOCUMENT = document(store_api())
ADMIN_DOCUMENT = document(admin_api())

# The store stays the same while an operation is tried, which is meant; what fails is shown as it came, unshrunk.
TRIED = settings(
    examples(8),
    suppress_health_check=[*HealthCheck],
    phases=[Phase.explicit, Phase.generate],
    derandomize=True,
)


@dataclass(frozen=True)
class Tried:
    """A store with one of everything, its owner's session, and where the server is."""

    here: Furnished
    staff: str
    served: Served


@pytest.fixture(scope="module")
def furnished_before() -> dict[str, Tried]:
    """The stores made so far, by what is done in them."""
    return {}


@pytest.fixture
async def tried(
    request: pytest.FixtureRequest, furnished_before: dict[str, Tried], database: Database, served: Served
) -> Tried:
    """A store for what the operation is about: one for all that is only read, others for each kind of thing changed."""
    method, _, path = request.node.name.partition("[")[2].partition(" ")
    kind = "read" if method == "GET" else f"{request.node.originalname} {path.strip('/]').partition('/')[0]}"
    if kind not in furnished_before:
        store = await open_a_store(database)
        owner = await staff_session(database, store)
        furnished_before[kind] = Tried(await furnish(database, store), owner, served)
    return furnished_before[kind]


@STORE_DOCUMENT.parametrize()
@TRIED
def test_the_store_api_answers_as_its_document_says(case: "schemathesis.Case[Any]", tried: Tried):
    call(case, tried.served.url + STORE_API, tried.here, tried.here.customer)


@ADMIN_DOCUMENT.parametrize()
@TRIED
def test_the_admin_api_answers_as_its_document_says(case: "schemathesis.Case[Any]", tried: Tried):
    call(case, tried.served.url + ADMIN_API, tried.here, tried.staff)


def call(case: "schemathesis.Case[Any]", base: str, here: Furnished, session: str) -> None:
    """Send the case to the store that was furnished, and check the answer."""
    if case.meta is None or case.meta.generation.mode.is_positive:
        case.path_parameters = with_ids(case.path_parameters, here.ids)
        case.body = with_ids(case.body, here.ids)
    headers = {
        "Authorization": session,
        "Stoa-Store": here.store.slug,
        "Cart-Token": here.cart_token,
        "Order-Token": here.order_token,
        "X-Forwarded-For": an_address(),
    }
    case.call_and_validate(base, session=CONNECTION, headers=headers)


def with_ids(value: Any, ids: dict[str, str]) -> Any:
    """The same with the store's own ids where ids stand."""
    if isinstance(value, dict):
        texts = {name for name, inner in value.items() if isinstance(inner, str)}
        return {
            name: ids[name] if name in ids.keys() & texts else with_ids(inner, ids) for name, inner in value.items()
        }
    if isinstance(value, list):
        return [with_ids(inner, ids) for inner in value]
    return value

"""Every route of both APIs, tried by everybody: expected is what the route itself declares, and nothing leaks.

Who may not is refused before anything else is looked at. So each request here carries a control character in a query
that no route has: whoever gets past the door is refused for that (422), and nothing ever happens.
"""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.types import ASGIApp

from stoa import people
from stoa.db.transaction import Database
from stoa.edge.routes import SIGNED_IN
from tests.api.calls import ADMIN_API, STORE_API, Caller, api_key, in_process, problem_of, staff_session
from tests.api.furnished import Furnished, Operation, furnish, operations
from tests.api.rows import nothing_changes
from tests.make import MadeStore

OPERATIONS = operations()
FOR_STAFF = [one for one in OPERATIONS if one.api == ADMIN_API]
FOR_SHOPPERS = [one for one in OPERATIONS if one.api == STORE_API]

# Nobody is signed in yet where one signs in. Every other route of the admin API asks for somebody.
OPEN_TO_ALL = {f"POST {ADMIN_API}/sessions"}

PAST_THE_DOOR = 422


@pytest.fixture
async def here(database: Database, store: MadeStore) -> Furnished:
    """A store with one of everything."""
    return await furnish(database, store)


@pytest.fixture
async def there(database: Database, other_store: MadeStore) -> Furnished:
    """Another store with one of everything."""
    return await furnish(database, other_store)


@pytest.fixture
async def client(app: ASGIApp, store: MadeStore) -> AsyncIterator[httpx.AsyncClient]:
    """At the store's host."""
    async with in_process(app, store.host) as client:
        yield client


async def knock(client: httpx.AsyncClient, one: Operation, here: Furnished, **headers: str) -> httpx.Response:
    """Ask for the operation, in a way that goes no further than the door."""
    caller = here.opening(Caller(client, one.api)).as_(**headers)
    return await caller.ask(one.method, f"{one.path(here.ids)}?x=%00", json=one.body(here.ids))


async def expect(client: httpx.AsyncClient, one: Operation, here: Furnished, status: int, **headers: str) -> None:
    """Knock, and check that the answer has this status and tells nothing."""
    answer = await knock(client, one, here, **headers)
    problem = problem_of(answer)
    assert answer.status_code == status, (str(one), answer.text)
    if status == 403:
        assert (problem["code"], problem["permission"]) == ("people.not_allowed", one.route.permission), str(one)
    if status == 401:
        assert answer.headers["www-authenticate"] == "Bearer"


def test_every_staff_route_declares_what_it_needs():
    open_to_all = {str(one) for one in FOR_STAFF if one.route.permission is None}
    needed = {one.route.permission for one in FOR_STAFF} - {None, SIGNED_IN}

    assert open_to_all == OPEN_TO_ALL
    assert needed == people.PERMISSIONS  # none that no role has, and none that nothing needs
    assert {one.route.permission for one in FOR_SHOPPERS} == {None}


async def test_guests_get_into_no_staff_route(client, database, here: Furnished):
    async with nothing_changes(database, here.store.id):
        for one in FOR_STAFF:
            await expect(client, one, here, PAST_THE_DOOR if str(one) in OPEN_TO_ALL else 401)


async def test_customers_are_nobody_among_staff(client, database, here: Furnished):
    async with nothing_changes(database, here.store.id):
        for one in FOR_STAFF:
            status = PAST_THE_DOOR if str(one) in OPEN_TO_ALL else 401
            await expect(client, one, here, status, authorization=here.customer)


@pytest.mark.parametrize("role", people.ROLES)
async def test_each_role_gets_in_where_it_may(client, database, here: Furnished, role: str):
    session = await staff_session(database, here.store, role)

    async with nothing_changes(database, here.store.id):
        for one in FOR_STAFF:
            may = one.route.permission in {None, SIGNED_IN, *people.ROLES[role]}
            await expect(client, one, here, PAST_THE_DOOR if may else 403, authorization=session)


async def test_who_works_in_another_store_may_nothing_here(client, database, here: Furnished, there: Furnished):
    session = await staff_session(database, there.store, "owner")

    async with nothing_changes(database, here.store.id):
        for one in FOR_STAFF:
            status = 403 if one.route.permission else PAST_THE_DOOR
            await expect(client, one, here, status, authorization=session)


async def test_a_key_of_another_store_opens_nothing_here(client, database, here: Furnished, there: Furnished):
    key = await api_key(database, there.store)

    async with nothing_changes(database, here.store.id):
        for one in FOR_STAFF:
            await expect(client, one, here, PAST_THE_DOOR if str(one) in OPEN_TO_ALL else 401, authorization=key)


async def test_a_key_opens_what_its_scopes_say(client, database, here: Furnished):
    for permission in sorted(people.PERMISSIONS):
        only = await api_key(database, here.store, permission)
        but = await api_key(database, here.store, *(people.PERMISSIONS - {permission}))
        for one in FOR_STAFF:
            if one.route.permission == permission:
                await expect(client, one, here, PAST_THE_DOOR, authorization=only)
                await expect(client, one, here, 403, authorization=but)


async def test_shoppers_get_in_everywhere_but_where_a_customer_is_meant(client, database, here: Furnished):
    async with nothing_changes(database, here.store.id):
        for one in FOR_SHOPPERS:
            # The dependency that asks for a customer is solved after what is unprintable was refused.
            await expect(client, one, here, PAST_THE_DOOR)
            await expect(client, one, here, PAST_THE_DOOR, authorization=here.customer)


async def test_guests_are_asked_to_sign_in_where_a_customer_is_meant(client, database, here: Furnished):
    guest = here.opening(Caller(client, STORE_API))
    meant = [one for one in FOR_SHOPPERS if one.route.for_customers]
    assert len(meant) >= 10

    async with nothing_changes(database, here.store.id):
        for one in meant:
            await guest.refused(401, one.method, one.path(here.ids), one.body(here.ids))


async def test_sessions_and_keys_of_others_are_no_guests_in_a_shop(client, database, here: Furnished, there: Furnished):
    sessions = [
        there.customer,
        await staff_session(database, here.store),
        await api_key(database, here.store),
        "Bearer nonsense",
    ]
    async with nothing_changes(database, here.store.id):
        for one in FOR_SHOPPERS:
            for session in sessions:
                await expect(client, one, here, 401 if one.route.asks_who else PAST_THE_DOOR, authorization=session)


async def test_where_no_store_is_known_there_is_nothing(app: ASGIApp, database, here: Furnished):
    owner = await staff_session(database, here.store)

    async with in_process(app, "nobody.example") as client:
        for one in OPERATIONS:
            await expect(client, one, here, 404)
            await expect(client, one, here, 404, authorization=owner)


async def test_what_is_one_stores_is_not_there_in_another(
    client, database: Database, here: Furnished, there: Furnished
):
    """Asked for rightly, by somebody who may everything here, with ids and tokens of the other store: 404."""
    owner = there.opening(Caller(client, ADMIN_API)).as_(authorization=await staff_session(database, here.store))
    shopper = there.opening(Caller(client, STORE_API)).as_(authorization=here.customer)
    own = {"slug": "red-mug"}  # slugs are words: the same one may stand in both stores
    tried = 0

    async with nothing_changes(database, here.store.id, there.store.id):
        for one in OPERATIONS:
            body = one.body(there.ids)
            if "{" in one.route.path or any(name in str(body) for name in there.ids.values()):
                caller = owner if one.api == ADMIN_API else shopper
                await caller.refused(404, one.method, one.path(there.ids | own), body)
                tried += 1
    assert tried >= 50


async def test_what_is_ones_own_is_there(client, database: Database, here: Furnished):
    """The other half of the promise above: with a store's own ids the same requests find what they are about."""
    owner = here.opening(Caller(client, ADMIN_API)).as_(authorization=await staff_session(database, here.store))
    shopper = here.opening(Caller(client, STORE_API)).as_(authorization=here.customer)
    last = ("DELETE", "POST")

    for one in sorted(OPERATIONS, key=lambda one: (one.method in last, one.method == "DELETE")):
        if "{" in one.route.path and one.method != "DELETE":
            caller = owner if one.api == ADMIN_API else shopper
            answer = await caller.ask(one.method, one.path(here.ids), json=one.body(here.ids))
            assert answer.status_code not in (401, 403, 404), (str(one), answer.text)
            assert answer.status_code < 500, (str(one), answer.text)

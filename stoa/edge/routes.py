"""The route classes. They find the store, open the transaction, and they alone commit it."""

import functools
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import asyncpg
import orjson
from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from sqlalchemy.exc import DBAPIError

from stoa.db.calls import Calls, NeedsRows
from stoa.db.transaction import Actor, Tx
from stoa.edge.asking import Asking, NotSignedIn, client_address, shopper_actor, staff_actor, store_asked
from stoa.edge.calling import Handler, straight
from stoa.edge.house import house_of
from stoa.edge.idempotency import Rederive, Stored, claim, keep_answer, key_of
from stoa.edge.misfits import refuse_misfits
from stoa.edge.problems import sqlstate
from stoa.edge.versions import with_etag

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_AGAIN = frozenset({"40001", "40P01"})  # serialization failure, deadlock: rolled back whole, so safe to do again
_TRIES = 3

# What `needs` says of a staff route that asks for no permission, only for somebody who is signed in.
SIGNED_IN = ""


def needs(permission: str) -> Callable[[Endpoint], Endpoint]:
    """Declare the permission (`domain.verb`, or SIGNED_IN) that a staff route asks for."""

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.permission = permission  # type: ignore[attr-defined]
        return endpoint

    return mark


def rederives(**how: Callable[[Asking, dict[str, Any]], str]) -> Callable[[Endpoint], Endpoint]:
    """Declare which members of an answer are tokens, and how each is derived again when the answer is repeated."""

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.rederives = how  # type: ignore[attr-defined]
        return endpoint

    return mark


def asks_who(endpoint: Endpoint) -> Endpoint:
    """Declare that a PlainRoute's endpoint takes who asks from its request: a dependency would cost more."""
    endpoint.asks_who = True  # type: ignore[attr-defined]
    return endpoint


def called_alone(endpoint: Endpoint) -> Endpoint:
    """Declare that a StoreRoute's endpoint does nothing but call functions that are good as transactions of their own.

    Then its request needs no other around them, but for keeping its answer: it takes `calls_of` its request.
    """
    endpoint.called_alone = True  # type: ignore[attr-defined]
    return endpoint


class PlainRoute(APIRoute):
    """A route of one store whose operation opens transactions of its own, or whose orders are placed together.

    It keeps no answers: an Idempotency-Key means nothing here, unless the operation itself heeds it.
    """

    for_staff: ClassVar[bool] = False

    @functools.cached_property
    def permission(self) -> str | None:
        """What `needs` declared; None where nothing was."""
        return getattr(self.endpoint, "permission", None)

    @functools.cached_property
    def for_customers(self) -> bool:
        """Whether somebody has to be signed in as a customer."""
        return self._depends_on(signed_in, signed_in_alone)

    @functools.cached_property
    def asks_who(self) -> bool:
        """Whether it matters who asks: then that is found out first, and a session that is over is refused."""
        return getattr(self.endpoint, "asks_who", False) or self._depends_on(actor_alone, signed_in_alone)

    @functools.cached_property
    def _query(self) -> frozenset[str]:
        """The query parameters that the route has, its dependencies' too."""
        return _query_of(self.dependant)

    @functools.cached_property
    def handler(self) -> Handler:
        """What answers a request that was found to be for this route."""
        return self.get_route_handler()

    def _depends_on(self, *calls: Callable[..., Any]) -> bool:
        return any(dependency.call in calls for dependency in self.dependant.dependencies)

    def get_route_handler(self) -> Handler:
        """Wrap what reads the body, calls the endpoint and makes the response."""
        handle = straight(self, super().get_route_handler())

        async def in_store(request: Request) -> Response:
            house = house_of(request)
            store = await store_asked(request, house)
            asking = Asking(house, store, client_address(request, house.config))
            request.state.asking = asking
            return await self._answer(request, asking, handle)

        return in_store

    async def _answer(self, request: Request, asking: Asking, handle: Handler) -> Response:
        if self.asks_who:
            request.state.actor = await self._look_up(request, asking)
        await refuse_misfits(request, self._query)
        return await handle(request)

    async def _look_up(self, request: Request, asking: Asking) -> Actor:
        """Who asks, in a short transaction of its own; a guest needs none, and most who buy are guests."""
        house = asking.house
        if self.permission is None:
            return await shopper_actor(request, house.database.alone(asking.store.id, now=house.clock()))
        async with house.database.store(asking.store.id, clock=house.clock) as tx:
            return await staff_actor(request, tx, self.permission or None)


class StoreRoute(PlainRoute):
    """A route of one store for shoppers: one transaction in that store, committed before the answer leaves."""

    @functools.cached_property
    def asks_who(self) -> bool:
        """Always: whoever asks is the transaction's actor."""
        return True

    @functools.cached_property
    def called_alone(self) -> bool:
        """Whether the endpoint can do without a transaction."""
        return getattr(self.endpoint, "called_alone", False)

    async def _answer(self, request: Request, asking: Asking, handle: Handler) -> Response:
        once = self._called if self.called_alone else self._once
        for attempt in range(1, _TRIES + 1):
            try:
                return await once(request, asking, handle)
            except NeedsRows:
                once = self._once
            except (DBAPIError, asyncpg.PostgresError) as error:
                if sqlstate(error) not in _AGAIN or attempt == _TRIES:
                    raise
        raise AssertionError("the last attempt returns or raises")

    async def _called(self, request: Request, asking: Asking, handle: Handler) -> Response:
        """Calls without a transaction around them, unless an answer has to be kept together with what they did."""
        database, store_id = asking.house.database, asking.store.id
        calls = database.alone(store_id, now=asking.house.clock())
        calls.actor = await shopper_actor(request, calls)
        if request.method in _WRITES and "idempotency-key" in request.headers:
            async with database.bare(store_id, actor=calls.actor, now=calls.now) as tx:
                return await self._act(request, asking, handle, tx)
        request.state.tx = calls
        await refuse_misfits(request, self._query)
        response = await handle(request)
        return response if request.method in _WRITES else with_etag(request, response)

    async def _once(self, request: Request, asking: Asking, handle: Handler) -> Response:
        house = asking.house
        async with house.database.store(asking.store.id, clock=house.clock) as tx:
            tx.actor = await self._actor(request, tx)
            if request.method not in _WRITES:
                request.state.tx = tx
                await refuse_misfits(request, self._query)
                return with_etag(request, await handle(request))
            response = await self._act(request, asking, handle, tx)
        if tx.told:
            house.bell.ring(asking.store.id)
        return response

    async def _act(self, request: Request, asking: Asking, handle: Handler, tx: Calls) -> Response:
        """Do it and keep its answer under its key, or give the answer that was kept."""
        request.state.tx = tx
        await refuse_misfits(request, self._query)
        route = f"{request.method} {self.path}"
        key = await key_of(request, tx.actor, asking, route, shows_token=bool(self.rederived))
        stored = await claim(tx, key) if key else None
        if stored is not None:
            return _answer_again(asking, stored, self.rederived)
        response = await handle(request)
        if key and response.status_code < 400:
            await keep_answer(tx, key, response.status_code, bytes(response.body), self.rederived)
        return response

    async def _actor(self, request: Request, tx: Tx) -> Actor:
        return await shopper_actor(request, tx)

    @property
    def rederived(self) -> Rederive:
        """What `rederives` declared: members of the answer that are tokens, and how each is derived again."""
        return getattr(self.endpoint, "rederives", {})


class StaffRoute(StoreRoute):
    """A route of one store for its staff and their programs; it declares its permission with `needs`."""

    for_staff = True

    async def _actor(self, request: Request, tx: Tx) -> Actor:
        assert self.permission is not None, f"{self.path} declares no permission"
        return await staff_actor(request, tx, self.permission or None)


def tx_of(request: Request) -> Tx:
    """The transaction of this request."""
    tx = request.state.tx
    assert isinstance(tx, Tx), "the route is a StoreRoute"
    return tx


def calls_of(request: Request) -> Calls:
    """What a route that is `called_alone` calls with: this request's transaction, or each call by itself."""
    calls: Calls = request.state.tx
    return calls


async def store_calls(request: Request) -> Calls:
    """What a route that is `called_alone` calls with (a FastAPI dependency)."""
    return calls_of(request)


async def store_tx(request: Request) -> Tx:
    """The transaction of this request (a FastAPI dependency; one that is not async would cost a thread)."""
    return tx_of(request)


async def signed_in(request: Request) -> UUID:
    """The customer who asks (a FastAPI dependency; a route that has it is for customers).

    Raises NotSignedIn.
    """
    return _customer(tx_of(request).actor)


def context_of(request: Request) -> Asking:
    """The context of this request."""
    asking = request.state.asking
    assert isinstance(asking, Asking), "the route is one of ours"
    return asking


async def asking_of(request: Request) -> Asking:
    """The context of this request (a FastAPI dependency)."""
    return context_of(request)


def actor_of(request: Request) -> Actor:
    """Who asks a PlainRoute that `asks_who`."""
    actor = request.state.actor
    assert isinstance(actor, Actor), "the route asks who, and so has looked it up"
    return actor


async def actor_alone(request: Request) -> Actor:
    """Who asks a PlainRoute (a FastAPI dependency)."""
    return actor_of(request)


async def signed_in_alone(request: Request) -> UUID:
    """The customer who asks a PlainRoute (a FastAPI dependency). Raises NotSignedIn."""
    return _customer(request.state.actor)


def _customer(actor: Actor) -> UUID:
    if actor.kind != "customer" or actor.id is None:
        raise NotSignedIn()
    return actor.id


def _query_of(dependant: Dependant) -> frozenset[str]:
    own = frozenset(field.alias for field in dependant.query_params)
    return own.union(*(_query_of(dependency) for dependency in dependant.dependencies))


def _answer_again(asking: Asking, stored: Stored, rederive: Rederive) -> Response:
    answer = dict(stored.answer)
    for name, derive in rederive.items():
        answer[name] = derive(asking, answer)
    headers = {"idempotent-replayed": "true"}
    if stored.status == 204:
        return Response(status_code=204, headers=headers)
    return Response(orjson.dumps(answer), stored.status, headers, "application/json")

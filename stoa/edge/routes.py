"""The two route classes: they open the transaction, and they alone commit it."""

import hashlib
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar, TypeVar

import orjson
from fastapi import Request, Response
from fastapi.routing import APIRoute
from sqlalchemy.exc import DBAPIError

from stoa.db.idempotency import IdempotencyKey
from stoa.db.transaction import Actor, Tx
from stoa.edge.asking import Asking, client_address, shopper_actor, staff_actor, store_asked
from stoa.edge.house import House, house_of
from stoa.edge.idempotency import Rederive, claim, keep_answer, key_of
from stoa.edge.problems import sqlstate

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_AGAIN = frozenset({"40001", "40P01"})  # serialization failure, deadlock: rolled back whole, so safe to do again
_TRIES = 3


def needs(permission: str) -> Callable[[Endpoint], Endpoint]:
    """Declare the permission (`domain.verb`) that a staff route asks for."""

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.permission = permission  # type: ignore[attr-defined]
        return endpoint

    return mark


def rederives(**how: Callable[[House, dict[str, Any]], str]) -> Callable[[Endpoint], Endpoint]:
    """Declare which members of an answer are tokens, and how each is derived again when the answer is repeated."""

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.rederives = how  # type: ignore[attr-defined]
        return endpoint

    return mark


class StoreRoute(APIRoute):
    """A route of one store for shoppers: one transaction in that store, committed before the answer leaves."""

    for_staff: ClassVar[bool] = False

    def get_route_handler(self) -> Handler:
        """Wrap FastAPI's handler, which reads the body, calls the endpoint and makes the response."""
        handle = super().get_route_handler()

        async def in_transaction(request: Request) -> Response:
            house = house_of(request)
            store = await store_asked(request, house)
            asking = Asking(house, store, client_address(request, house.config))
            request.state.asking = asking
            for attempt in range(1, _TRIES + 1):
                try:
                    return await self._once(request, asking, handle)
                except DBAPIError as error:
                    if sqlstate(error) not in _AGAIN or attempt == _TRIES:
                        raise
            raise AssertionError("the last attempt returns or raises")

        return in_transaction

    async def _once(self, request: Request, asking: Asking, handle: Handler) -> Response:
        house, clock = asking.house, asking.house.clock
        async with house.database.store(asking.store.id, clock=clock) as tx:
            tx.actor = await self._actor(request, tx)
            request.state.tx = tx
            if request.method not in _WRITES:
                return with_etag(request, await handle(request))
            key = await key_of(request, tx.actor, asking.address, f"{request.method} {self.path}")
            stored = await claim(tx, key) if key else None
            if stored is not None:
                return _answer_again(house, stored, self._rederive)
            response = await handle(request)
            await tx.flush()
            if key and response.status_code < 400:
                await keep_answer(tx, key, response.status_code, bytes(response.body), self._rederive)
        if tx.told:
            house.bell.ring()
        return response

    async def _actor(self, request: Request, tx: Tx) -> Actor:
        return await shopper_actor(request, tx)

    @property
    def _rederive(self) -> Rederive:
        return getattr(self.endpoint, "rederives", {})


class StaffRoute(StoreRoute):
    """A route of one store for its staff and their programs; it declares its permission with `needs`."""

    for_staff = True

    async def _actor(self, request: Request, tx: Tx) -> Actor:
        permission = getattr(self.endpoint, "permission", None)
        assert permission is not None, f"{self.path} declares no permission"
        return await staff_actor(request, tx, permission or None)


def store_tx(request: Request) -> Tx:
    """The transaction of this request (a FastAPI dependency)."""
    tx = request.state.tx
    assert isinstance(tx, Tx), "the route is a StoreRoute"
    return tx


def asking_of(request: Request) -> Asking:
    """The context of this request (a FastAPI dependency)."""
    asking = request.state.asking
    assert isinstance(asking, Asking), "the route is a StoreRoute"
    return asking


def with_etag(request: Request, response: Response) -> Response:
    """Name the version of what is read; 304 where the client has it already."""
    if response.status_code != 200 or "etag" in response.headers or not response.body:
        return response
    etag = f'"{hashlib.sha256(response.body).hexdigest()[:32]}"'
    response.headers["etag"] = etag
    response.headers.setdefault("cache-control", "private, no-cache")
    response.headers.add_vary_header("Authorization, Cart-Token, Order-Token, Stoa-Store")
    known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if etag in known or "*" in known:
        kept = {name: response.headers[name] for name in ("etag", "cache-control", "vary")}
        return Response(status_code=304, headers=kept)
    return response


def _answer_again(house: House, stored: IdempotencyKey, rederive: Rederive) -> Response:
    answer = dict(stored.answer)
    for name, derive in rederive.items():
        answer[name] = derive(house, answer)
    headers = {"idempotent-replayed": "true"}
    if stored.status == 204:
        return Response(status_code=204, headers=headers)
    return Response(orjson.dumps(answer), stored.status, headers, "application/json")

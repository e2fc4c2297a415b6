"""Followers: what is written for events in the very transaction that marks them as relayed.

A job that follows an event says what is to be done; a follower records it for whoever does it at their own pace, such
as webhook deliveries. Between an event being told and its record there is no moment in which a crash could lose it.
Followers live above this package and are found by name (`subscriptions.FOLLOWERS`).
"""

import importlib
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Protocol, cast
from uuid import UUID

import asyncpg

from stoa.events.subscriptions import FOLLOWERS


class Follower(Protocol):
    """Both are called in the relay's transaction, which has entered the store."""

    async def audience(self, connection: "asyncpg.Connection[asyncpg.Record]", store_id: UUID) -> Any:
        """Whoever listens in this store, locked, so that no other relay writes for them meanwhile; falsy for nobody.

        Asked before events are claimed, of every store that has some: it has to be cheap.
        """

    async def follow(
        self,
        connection: "asyncpg.Connection[asyncpg.Record]",
        store_id: UUID,
        audience: Any,
        events: Sequence[asyncpg.Record],
        now: datetime,
    ) -> None:
        """Write what these events (`id`, `kind`, `subject_id`, in the order they were told) call for."""


@cache
def followers() -> tuple[Follower, ...]:
    """Those that `FOLLOWERS` names, as `module:object`."""
    found = []
    for name in FOLLOWERS:
        module, _, attribute = name.partition(":")
        found.append(cast(Follower, getattr(importlib.import_module(module), attribute)))
    return tuple(found)

"""What somebody may do: kinds of acts, how often each is tried, and one act as it was decided upon.

A kind plans: it looks at what is known of a store, throws the dice and says what is to be done, without doing it. So
what is decided depends on the seed alone, and several planned acts can be done at the same time.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from stoa.db.transaction import GUEST, Actor, Tx
from stoa.edge.house import House
from stoa.edge.problems import sqlstate
from stoa.kernel.refusals import Unavailable
from stoa.simulator.ledger import Ledger
from stoa.simulator.store import SimulatedCart, SimulatedOrder, SimulatedStore
from stoa.simulator.world import World

T = TypeVar("T")

STAFF = Actor("staff", UUID("00000000-0000-7000-8000-000000000001"))

# As the edge does it: a transaction that was rolled back whole is done again.
_AGAIN = frozenset({"40001", "40P01"})
_TRIES = 5
_LOCK_TIMEOUT = "55P03"


class Busy(Unavailable):
    """Somebody else held a row for longer than one waits; the edge answers 503. On a slow machine it happens."""

    code = "simulate.busy"
    says = "Somebody else was at work on it for too long; ask again."


@dataclass(frozen=True)
class Scene:
    """Where an act takes place: the server process that is asked, the store, the dice, and the world around."""

    house: House
    store: SimulatedStore
    dice: Random
    world: World

    @property
    def ledger(self) -> Ledger:
        """Who was promised what."""
        return self.world.ledger

    async def inside(self, work: Callable[[Tx], Awaitable[T]], *, actor: Actor = GUEST) -> T:
        """Do it in one transaction, again where only luck was missing."""
        for attempt in range(1, _TRIES + 1):
            try:
                async with self.house.database.store(self.store.id, actor=actor, now=self.house.clock()) as tx:
                    return await work(tx)
            except DBAPIError as error:
                if sqlstate(error) == _LOCK_TIMEOUT:
                    raise Busy() from error
                if attempt == _TRIES or sqlstate(error) not in _AGAIN:
                    raise
                self.store.done_again += 1
        raise AssertionError("the last attempt returns or raises")

    def cart(self, *, priced: bool | None = None) -> SimulatedCart | None:
        """One of the carts that were touched last, so that several often act on the same one."""
        carts = [cart for cart in self.store.carts if priced is None or (cart.quote_id is not None) == priced]
        return self.dice.choice(carts[-6:]) if carts else None

    def order(self, *, like: Callable[[SimulatedOrder], bool] = lambda _: True) -> SimulatedOrder | None:
        """One of the orders, rather a recent one than an old one."""
        orders = [order for order in self.store.orders if like(order)]
        if not orders:
            return None
        return self.dice.choice(orders[-5:] if self.dice.random() < 0.7 else orders)

    def maybe(self, chance: float) -> bool:
        """Now and then."""
        return self.dice.random() < chance


@dataclass(frozen=True)
class Doing:
    """One act, decided upon: what it does, whom and what it is about, and in short what was decided."""

    do: Callable[[], Awaitable[object]]
    about: tuple[UUID, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)


Plan = Callable[[Scene], Doing | None]


@dataclass(frozen=True)
class Kind:
    """A kind of act. `alone`: nothing else may happen beside it. `atomic`: where it is refused nothing has changed.

    In a run of `minutes` it has to come off; or to be refused, if it is `doomed`.
    """

    name: str
    role: str
    weight: float
    plan: Plan
    alone: bool
    atomic: bool
    doomed: bool
    minutes: float


KINDS: dict[str, Kind] = {}


OFTEN, SELDOM = 5.0, 30.0


def kind(
    name: str,
    *,
    role: str,
    weight: float = 1.0,
    alone: bool = False,
    atomic: bool = True,
    doomed: bool = False,
    minutes: float = OFTEN,
) -> Callable[[Plan], Plan]:
    """Declare a plan as a kind of act that `role` does about `weight` times as often as others."""

    def declare(plan: Plan) -> Plan:
        assert name not in KINDS, f"two kinds are called {name}"
        KINDS[name] = Kind(name, role, weight, plan, alone, atomic, doomed, minutes)
        return plan

    return declare

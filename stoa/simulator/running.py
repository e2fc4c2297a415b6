"""The rounds: decide, do at the same time, write down, look at the laws."""

import asyncio
import importlib
import time
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import asyncpg

from stoa.adapters.payment_test import everything_told
from stoa.edge.problems import DatabaseAway, is_database_away
from stoa.kernel.refusals import Refusal
from stoa.simulator import listening
from stoa.simulator.acts import KINDS, Doing, Kind, Scene
from stoa.simulator.books import compare_books, nothing_left_over
from stoa.simulator.closing import close_the_shops
from stoa.simulator.diary import Diary
from stoa.simulator.inspecting import Broken, Inspector
from stoa.simulator.overhearing import Overheard
from stoa.simulator.posting import nobody_was_forgotten
from stoa.simulator.store import SimulatedStore
from stoa.simulator.world import World

# Importing them declares their kinds of acts.
ROLES = (
    "shopping",
    "holding",
    "buying",
    "stocking",
    "promising",
    "shopkeeping",
    "paying",
    "desk",
    "listening",
    "posting",
    "night",
)
for role in ROLES:
    importlib.import_module(f"stoa.simulator.{role}")

AT_ONCE = (1, 1, 2, 3, 5, 8)
# One store's laws are looked at after so many steps, and looking takes no more than this share of the time.
STEPS_BETWEEN_LOOKS = 40
SHARE_OF_LOOKING = 0.25


@dataclass
class Report:
    """What was done in a run."""

    steps: int = 0
    seconds: float = 0.0
    looking_seconds: float = 0.0
    done: Counter[str] = field(default_factory=Counter)
    idle: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    looked: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    orders: int = 0
    done_again: int = 0

    @property
    def never_done(self) -> list[str]:
        """Kinds of acts that never came off, though the run was long enough for them."""
        refused = {name.split(":")[0] for name in self.refused}
        return sorted(
            kind.name
            for kind in KINDS.values()
            if not self.done[kind.name]
            and not (kind.doomed and kind.name in refused)
            and self.seconds >= kind.minutes * 60
        )

    @property
    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "steps": self.steps,
            "seconds": round(self.seconds, 1),
            "steps_per_second": round(self.steps / max(self.seconds, 0.001), 1),
            "orders": self.orders,
            "done": dict(sorted(self.done.items())),
            "idle": dict(sorted(self.idle.items())),
            "refused": dict(sorted(self.refused.items())),
            "looked": dict(sorted(self.looked.items())),
            "warnings": dict(sorted(self.warnings.items())),
            "looking_seconds": round(self.looking_seconds, 1),
            "transactions_done_again": self.done_again,
            "never_done": self.never_done,
        }


class Simulation:
    """One run over a world. Decisions come from `dice`, and nothing else throws it. Kinds of acts in `without` are left
    out."""

    def __init__(
        self,
        world: World,
        dice: Random,
        diary: Diary,
        inspector: Inspector,
        overheard: Overheard | None = None,
        *,
        without: Collection[str] = (),
    ) -> None:
        self.world = world
        self.dice = dice
        self.diary = diary
        self.inspector = inspector
        self.overheard = overheard or Overheard()
        self.report = Report(
            done=diary.done, idle=diary.idle, refused=diary.refused, looked=inspector.looked,
            warnings=self.overheard.warnings,
        )  # fmt: skip
        self.listener = listening.Listener(Random(dice.random()))  # noqa: S311
        world.courier = listening.courier_of(world, self.listener)
        self._kinds = [kind for name, kind in KINDS.items() if name not in without]
        self._weights = [kind.weight for kind in self._kinds]
        self._since_look = 0

    async def run(self, *, seconds: float) -> Report:
        """Rounds until the time is up, then a last look at everything. Raises Broken."""
        begun = time.monotonic()
        try:
            while (passed := time.monotonic() - begun) < seconds:
                await self.round()
                self.report.seconds = passed
                if self._since_look >= STEPS_BETWEEN_LOOKS and self._may_look():
                    await self._look_or_wait(everywhere=self.dice.random() < 0.2)
            await self.look(everywhere=True)
            await close_the_shops(self.world, self.dice)
            await self.look(everywhere=True)
            await nothing_left_over(self.inspector.reader, kept=self.world.ledger.kept)
            await nobody_was_forgotten(self.world, self.inspector.reader)
        finally:
            self.report.seconds = time.monotonic() - begun
            self.report.orders = len(self.world.ledger.orders)
            self.report.done_again = sum(store.done_again for store in self.world.stores)
        return self.report

    async def round(self, at_once: int | None = None) -> None:
        """A few acts in one store, at the same time. Raises Broken, and whatever an act raised that is no refusal."""
        store = self.dice.choice(self.world.stores)
        chosen: list[tuple[Kind, Doing]] = []
        count = at_once or self.dice.choice(AT_ONCE)
        while len(chosen) < count:
            kind = self.dice.choices(self._kinds, self._weights)[0]
            chosen += self._planned(store, kind)
        await self._do_chosen(store, chosen)

    async def act(self, names: Sequence[str]) -> None:
        """Acts of these kinds in the first store, at the same time, as far as they are possible there."""
        store = self.world.stores[0]
        await self._do_chosen(store, [one for name in names for one in self._planned(store, KINDS[name])])

    def _planned(self, store: SimulatedStore, kind: Kind) -> list[tuple[Kind, Doing]]:
        """An act of this kind, where it is possible in this store as far as is known."""
        house = self.dice.choice(self.world.houses)
        doing = kind.plan(Scene(house, store, self.dice, self.world))
        return [] if doing is None else [(kind, doing)]

    async def _do_chosen(self, store: SimulatedStore, chosen: Sequence[tuple[Kind, Doing]]) -> None:
        alone = [one for one in chosen if one[0].alone]
        together = alone[:1] or chosen
        self.world.clock.advance(timedelta(milliseconds=self.dice.randrange(1, 4000)))
        if len(together) == 1 and together[0][0].atomic and self.dice.random() < 0.1:
            await self._do_and_compare(store, *together[0])
        elif together:
            await self._do(store, together)

    async def _do(self, store: SimulatedStore, together: Sequence[tuple[Kind, Doing]]) -> list[Refusal | None]:
        """Do them at the same time, and write down what came of each; their refusals."""
        answers: list[object] = await asyncio.gather(*(doing.do() for _, doing in together), return_exceptions=True)
        # A machine that stands still for a minute breaks connections, and no promise.
        answers = [DatabaseAway() if _is_unanswered(answer) else answer for answer in answers]
        for (kind, doing), answer in zip(together, answers, strict=True):
            self.report.steps += 1
            self._since_look += 1
            said = answer.code if isinstance(answer, Refusal) else "" if answer is None else str(answer)
            if isinstance(answer, BaseException) and not isinstance(answer, Refusal):
                said = f"{type(answer).__name__}: {answer}"
            self.diary.write(
                step=self.report.steps, at=self.world.clock.instant, store=self.world.stores.index(store),
                kind=kind.name, about=doing.about, details=doing.details, said=said,
                refused=isinstance(answer, BaseException),
            )  # fmt: skip
        for answer in answers:
            if isinstance(answer, BaseException) and not isinstance(answer, Refusal):
                raise answer
        return [answer if isinstance(answer, Refusal) else None for answer in answers]

    async def _do_and_compare(self, store: SimulatedStore, kind: Kind, doing: Doing) -> None:
        """Do it; where it is refused, everything in the store is as it was before."""
        # What a provider tells by itself would come in between.
        await everything_told()
        before = await self.inspector.fingerprint(store.id)
        (refused,) = await self._do(store, [(kind, doing)])
        if refused is None or isinstance(refused, DatabaseAway):
            return
        after = await self.inspector.fingerprint(store.id)
        changed = sorted(name for name in before if before[name] != after[name])
        if changed:
            raise Broken("a refusal changes nothing", [f"{kind.name} {doing.details} changed {changed}"])

    async def _look_or_wait(self, *, everywhere: bool) -> None:
        """Look, unless the database does not answer just now."""
        try:
            await self.look(everywhere=everywhere)
        except Exception as error:
            if not _is_unanswered(error):
                raise
            self.overheard.warnings["a look was not answered"] += 1
            await self.inspector.connect_again()

    def _may_look(self) -> bool:
        return self.report.looking_seconds <= SHARE_OF_LOOKING * (self.report.seconds + 1)

    async def look(self, *, everywhere: bool = False) -> None:
        """The laws as they show in one store, or everywhere, and the ledger of a store. Raises Broken."""
        begun = time.monotonic()
        self._since_look = 0
        if self.overheard.faults:
            raise Broken("the house logs no fault", self.overheard.faults)
        store = self.dice.choice(self.world.stores)
        if everywhere:
            await self.inspector.look_everywhere(self.world.clock.instant)
        else:
            await self.inspector.look_at(store.id, self.world.clock.instant)
        await compare_books(self.inspector.reader)
        untrue = await self.world.ledger.compare(self.inspector.reader, store.id)
        if untrue:
            raise Broken("what was answered is so", untrue[:20])
        self.report.looking_seconds += time.monotonic() - begun


def _is_unanswered(error: object) -> bool:
    """Whether nobody can say what became of it, since the database did not answer."""
    if not isinstance(error, Exception) or isinstance(error, Refusal):
        return False
    return is_database_away(error) or isinstance(getattr(error, "orig", error), asyncpg.InternalClientError)

"""Whatever shoppers, staff and jobs do, in whatever order and at the same time: every law holds after each step."""

import asyncio
import json
from collections.abc import Coroutine
from random import Random
from typing import Any, TypeVar

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from stoa.checkout import Placed
from stoa.config import Config
from stoa.db.engine import connect
from stoa.db.urls import Urls
from stoa.kernel.clock import utc_now
from stoa.kernel.ids import uuid7
from stoa.simulator.acts import KINDS
from stoa.simulator.diary import Diary
from stoa.simulator.inspecting import Broken, Inspector
from stoa.simulator.ledger import Ledger
from stoa.simulator.running import Simulation
from stoa.simulator.world import World, open_store, open_world
from tests.conftest import SECRET_KEY
from tests.examples import examples

T = TypeVar("T")

# What shuts the tables for a moment, or runs whatever other tests left in the queue, is not done to their database.
NOT_HERE = {"make partitions", "run jobs"}
POSSIBLE = sorted(KINDS.keys() - NOT_HERE)


class Installation:
    """A loop of its own, with two houses and an inspector, for all examples."""

    def __init__(self, urls: Urls) -> None:
        self._runner = asyncio.Runner()
        self._urls = urls
        self.world: World
        self.inspector: Inspector

    def wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it to its end."""
        return self._runner.run(work)

    async def open(self) -> None:
        """Connect."""
        config = Config(server_url=self._urls.server, reader_url=self._urls.reader, secret_key=SECRET_KEY)
        self.world = await open_world(config, begins_at=utc_now())
        self.inspector = await Inspector.at(self._urls)

    async def close(self) -> None:
        """Give the connections back."""
        await self.inspector.close()
        await self.world.close()


def machine(installation: Installation) -> type[RuleBasedStateMachine]:
    """Shops at work, over this installation."""

    class ShopsAtWork(RuleBasedStateMachine):
        """One store an example; what is decided comes from Hypothesis, so that it can be made smaller."""

        simulation: Simulation | None = None

        @precondition(lambda self: self.simulation is None)
        @rule(dice=st.randoms(use_true_random=False))
        def a_store_opens(self, dice: Random) -> None:
            world = World(installation.world.houses, installation.world.clock)
            slug = f"simulated-{uuid7(utc_now()).hex[-12:]}"
            installation.wait_for(open_store(world, dice, slug=slug))
            self.simulation = Simulation(world, dice, Diary(), installation.inspector)

        @precondition(lambda self: self.simulation is not None)
        @rule(dice=st.randoms(use_true_random=False), names=st.lists(st.sampled_from(POSSIBLE), min_size=1, max_size=4))
        def they_act(self, dice: Random, names: list[str]) -> None:
            assert self.simulation is not None
            self.simulation.dice = dice
            installation.wait_for(self.simulation.act(names))

        @precondition(lambda self: self.simulation is not None)
        @invariant()
        def every_law_holds(self) -> None:
            if self.simulation is not None:
                installation.wait_for(self.simulation.look())

    return ShopsAtWork


def test_every_law_holds_whatever_is_done(urls: Urls) -> None:
    installation = Installation(urls)
    installation.wait_for(installation.open())
    few = settings(
        examples(6), stateful_step_count=25, phases=[Phase.explicit, Phase.generate, Phase.shrink], derandomize=True
    )
    try:
        run_state_machine_as_test(machine(installation), settings=few)
    finally:
        installation.wait_for(installation.close())


async def test_a_run_does_what_its_seed_says_and_finds_every_law_kept(urls: Urls) -> None:
    config = Config(server_url=urls.server, reader_url=urls.reader, secret_key=SECRET_KEY)
    told = [await _steps(config, Random(7), steps=60) for _ in range(2)]

    assert told[0] == told[1]
    assert len(told[0]) == 60


async def _steps(config: Config, dice: Random, *, steps: int) -> list[dict[str, Any]]:
    """So many acts, one after another, as they were decided."""
    world = await open_world(config, begins_at=utc_now())
    await open_store(world, dice, slug=f"simulated-{uuid7(utc_now()).hex[-12:]}")
    inspector = await Inspector.at(config.urls)
    diary = Diary()
    simulation = Simulation(world, dice, diary, inspector, without=NOT_HERE)
    try:
        for _ in range(steps):
            await simulation.round(at_once=1)
        await simulation.look()
    finally:
        await world.close()
        await inspector.close()
    return [_decided(json.loads(line)) for line in diary.last(most=steps)]


def _decided(entry: dict[str, Any]) -> dict[str, Any]:
    """An act without the ids and names in it, which are new in every run."""
    return {name: value for name, value in entry.items() if name not in {"at", "about", "said", "url"}}


async def test_what_breaks_a_law_is_named_with_the_acts_before_it(urls: Urls) -> None:
    config = Config(server_url=urls.server, reader_url=urls.reader, secret_key=SECRET_KEY)
    world = await open_world(config, begins_at=utc_now())
    store = await open_store(world, Random(1), slug=f"simulated-{uuid7(utc_now()).hex[-12:]}")
    inspector = await Inspector.at(urls)
    simulation = Simulation(world, Random(1), Diary(), inspector)
    assert urls.admin is not None
    admin = await connect(urls.admin)
    silently = "UPDATE stock_levels SET on_hand = on_hand + $2 WHERE store_id = $1 AND variant_id = $3"
    try:
        await simulation.act(["receive units"])
        await admin.execute(silently, store.id, 1, store.variants[3])
        with pytest.raises(Broken) as broken:
            await simulation.look()
    finally:
        await admin.execute(silently, store.id, -1, store.variants[3])
        await admin.close()
        await inspector.close()
        await world.close()

    assert broken.value.promise == "inventory: a level is the sum of its movements"
    assert str(store.id) in broken.value.ids
    assert '"act": "receive units"' in simulation.diary.last()[-1]


async def test_an_order_that_was_promised_and_is_not_there_is_missed(urls: Urls) -> None:
    ledger = Ledger()
    store_id, cart_id, order_id = (uuid7(utc_now()) for _ in range(3))
    placed = Placed(order_id, 1001, "confirmed", "paid", total=500, currency="GBP", anew=True)
    reader = await connect(urls.reader)
    ledger.told(store_id, cart_id, placed, seen=400)

    wrong = await ledger.compare(reader, store_id)
    await reader.close()

    assert [sentence.split(":")[0] for sentence in wrong] == [
        f"order {order_id} costs 500, and its quote said 400",
        f"order {order_id}",
    ]


async def test_a_database_that_does_not_answer_breaks_no_promise(urls: Urls, monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config(server_url=urls.server, reader_url=urls.reader, secret_key=SECRET_KEY)
    world = await open_world(config, begins_at=utc_now())
    await open_store(world, Random(1), slug=f"simulated-{uuid7(utc_now()).hex[-12:]}")
    simulation = Simulation(world, Random(1), Diary(), await Inspector.at(urls))

    async def stand_still(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.setattr("stoa.inventory.receive_many", stand_still)
    try:
        await simulation.act(["receive units"])
        await simulation.inspector.connect_again()
        await simulation.look()
    finally:
        await simulation.inspector.close()
        await world.close()

    assert simulation.report.refused == {"receive units: database.away": 1}

"""Closing time: days pass, jobs do all that is left to do, and then nothing may be left over."""

from datetime import timedelta
from random import Random

from stoa.db.transaction import SYSTEM
from stoa.events.relay import relay_all
from stoa.inventory.reservations import expire_reservations
from stoa.orders.jobs import expire_orders
from stoa.simulator.acts import Scene
from stoa.simulator.desk import hand_all_back
from stoa.simulator.inspecting import Broken
from stoa.simulator.paying import ask_about_all
from stoa.simulator.store import SimulatedStore
from stoa.simulator.world import World

# What is asked for in turn (an order given up has its money asked back) is done within so many rounds.
MOST_ROUNDS = 40


async def close_the_shops(world: World, dice: Random) -> None:
    """Let two days pass and everything that is under way come to its end. Raises Broken where it does not."""
    world.clock.advance(timedelta(days=2))
    for store in world.stores:
        for _ in range(MOST_ROUNDS):
            if not await _one_round(world, store, dice):
                break
        else:
            raise Broken("what is under way comes to its end", [f"not so in store {store.id}"])
    async with world.line() as line:
        while await relay_all(line, [store.id for store in world.stores], clock=world.clock):
            pass


async def _one_round(world: World, store: SimulatedStore, dice: Random) -> int:
    """What every minute's jobs do, and what is left for staff to hand back; how much that was."""
    at = Scene(world.houses[0], store, dice, world)
    done = await at.inside(lambda tx: expire_reservations(tx, 500), actor=SYSTEM)
    done += await at.inside(lambda tx: expire_orders(tx, 50), actor=SYSTEM)
    done += int(await ask_about_all(at, timedelta(0)))
    done += int(await hand_all_back(at))
    world.clock.advance(timedelta(minutes=1))
    return done

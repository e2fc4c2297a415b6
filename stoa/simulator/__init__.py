"""The store simulator: shoppers, staff, jobs and the clock act at random through the operations that the APIs use, and
the laws are looked at as they go.

It is used twice: by a stateful property test, which shrinks what breaks a law, and by `stoa simulate`, which runs for
as long as it is told. Decisions come from one seed; what races with what is up to the machine.
"""

from stoa.simulator.inspecting import Broken
from stoa.simulator.running import Report, Simulation
from stoa.simulator.world import World, open_world

__all__ = ["Broken", "Report", "Simulation", "World", "open_world"]

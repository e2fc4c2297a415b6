"""The simulated clock: it goes on by a little whenever somebody looks at it, and by as much as it is told."""

from datetime import UTC, datetime, timedelta

# Two acts are never at the same instant, but often within the same millisecond of each other's.
TICK = timedelta(microseconds=400)


class SimulatedClock:
    """A `Clock` that is called for the present instant."""

    def __init__(self, begins_at: datetime) -> None:
        assert begins_at.tzinfo is UTC, "Stoa's instants are UTC"
        self.instant = begins_at

    def __call__(self) -> datetime:
        """The present instant."""
        self.instant += TICK
        return self.instant

    def advance(self, by: timedelta) -> None:
        """Let so much time pass."""
        assert by >= timedelta(0), "time does not run backwards"
        self.instant += by

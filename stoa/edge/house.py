"""What one server process has: its connections, its secret, and the selling path."""

from dataclasses import dataclass
from typing import Self

from fastapi import Request

from stoa.checkout import gathering
from stoa.checkout.gathering import Gatherer
from stoa.config import Config
from stoa.db.transaction import Database
from stoa.edge.directory import Directory
from stoa.events.bell import RelayBell
from stoa.kernel.clock import Clock, utc_now

# Connections for calls, opened as they are needed: while some wait for the disk, others work. On two cores 64 guests
# made 244 journeys a second over 8, 251 over 16, 290 over 32. Those that nobody needs for a minute are closed.
LINES = 24
# Transactions with rows at a time.
POOL = 8
# The most that one process opens: those, its selling connections, and the bell's.
CONNECTIONS = LINES + POOL + gathering.CONNECTIONS + 1
# No shopper waits longer. Whoever gets a connection that has gone dead without a word waits so long for it.
PATIENCE_SECONDS = 15


@dataclass(frozen=True)
class House:
    """Made once at start, closed at the end; nothing in it is lost when it goes."""

    config: Config
    database: Database
    directory: Directory
    gatherer: Gatherer
    bell: RelayBell
    clock: Clock = utc_now

    @classmethod
    def open(cls, config: Config, *, clock: Clock = utc_now) -> Self:
        """Everything, connected when first used."""
        database = Database(
            config.server_url, pool_size=POOL, lines=LINES, patience_seconds=PATIENCE_SECONDS, clock=clock
        )
        return cls(
            config=config,
            database=database,
            directory=Directory(database),
            gatherer=Gatherer(config.server_url),
            bell=RelayBell(config.server_url),
            clock=clock,
        )

    @property
    def secret_key(self) -> bytes:
        """What tokens are derived from."""
        return self.config.secret_key

    async def close(self) -> None:
        """Finish what is being written, then give the connections back."""
        await self.gatherer.close()
        await self.bell.close()
        await self.database.close()


def house_of(request: Request) -> House:
    """The house that serves this request."""
    house = request.app.state.house
    assert isinstance(house, House), "the app is started with its house"
    return house

"""How often something may be tried: counted in PostgreSQL, so that every server process counts together.

An attempt is counted in a transaction of its own that commits before the attempt is made: what the attempt ends in,
refusal or crash, the count stands. Windows are fixed and begin at multiples of their length.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from uuid import UUID

from sqlalchemy import delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from stoa.db.transaction import Database, Tx
from stoa.kernel.clock import Clock, utc_now
from stoa.kernel.ids import uuid7
from stoa.people.errors import TooManyAttempts
from stoa.people.models import RateCounter

# Counters are kept this long, so no window may be longer.
LONGEST_WINDOW = timedelta(days=1)


@dataclass(frozen=True)
class Limit:
    """At most so many attempts at `purpose` by (or against) `subject` in a window of so many seconds.

    Neither is kept: the database holds a hash of both, until the window is purged.
    """

    purpose: str
    subject: str
    attempts: int
    window_seconds: int

    @property
    def key(self) -> bytes:
        """What the database counts under: SHA-256, 32 bytes."""
        return hashlib.sha256(f"{self.purpose}\n{self.subject}".encode(errors="surrogatepass")).digest()

    def window_start(self, now: datetime) -> datetime:
        """When the window that `now` lies in began."""
        assert self.window_seconds <= LONGEST_WINDOW.total_seconds(), "counters of longer windows would be purged early"
        seconds = int(now.timestamp())
        return datetime.fromtimestamp(seconds - seconds % self.window_seconds, UTC)


async def count_attempt(database: Database, *limits: Limit, clock: Clock = utc_now) -> None:
    """Count one attempt under each limit, and commit.

    Raises TooManyAttempts when one of them was used up before.
    """
    now = clock()
    # In the order of their keys, so that two attempts wait for each other at most once, and never in a ring.
    rows = [
        {"id": uuid7(now), "key": limit.key, "window_start": limit.window_start(now), "attempts": 1}
        for limit in sorted(limits, key=lambda limit: limit.key)
    ]
    upsert = insert(RateCounter).values(rows)
    counted = upsert.on_conflict_do_update(
        index_elements=["key", "window_start"], set_={"attempts": RateCounter.attempts + upsert.excluded.attempts}
    ).returning(RateCounter.key, RateCounter.attempts)
    async with database.platform(now=now) as tx:
        attempts = {row.key: row.attempts for row in await tx.execute(counted)}
    waits = [_seconds_left(limit, now) for limit in limits if attempts[limit.key] > limit.attempts]
    if waits:
        raise TooManyAttempts(retry_after_seconds=max(waits))


async def forgive(tx: Tx, *, cleared: Limit, given_back: Limit) -> None:
    """The attempt was right: forget all attempts under `cleared`, and this one under `given_back`.

    So an office behind one address does not use up its limit by working, and one right password among many guesses
    does not buy the guesser new attempts.
    """
    present = [(limit.key, limit.window_start(tx.now)) for limit in (cleared, given_back)]
    counters = tuple_(RateCounter.key, RateCounter.window_start)
    await tx.execute(select(RateCounter.id).where(counters.in_(present)).order_by(RateCounter.key).with_for_update())
    await tx.execute(delete(RateCounter).where(counters == present[0]))
    await tx.execute(
        update(RateCounter)
        .where(counters == present[1], RateCounter.attempts > 0)
        .values(attempts=RateCounter.attempts - 1)
        .execution_options(synchronize_session=False)
    )


async def purge_counters(tx: Tx) -> int:
    """Delete the counters of windows long over, and say how many. Safe to repeat."""
    gone = await tx.execute(
        delete(RateCounter).where(RateCounter.window_start < tx.now - LONGEST_WINDOW).returning(RateCounter.id)
    )
    return len(gone.all())


def sign_in_limits(place: UUID | str, *, address: str, email: str) -> tuple[Limit, Limit]:
    """What holds guessing at a sign-in: 10 for one e-mail and 50 in all, from one address, in 15 minutes.

    `place` is the store, or "staff"; `address` is the client's, as text.
    """
    client = network_of(address)
    return (
        Limit("sign_in.email", f"{place}\n{client}\n{email}", 10, 900),
        Limit("sign_in.address", f"{place}\n{client}", 50, 900),
    )


def network_of(address: str) -> str:
    """Who a client is for counting: an IPv4 address, or the /64 network of an IPv6 one, all of which is one household.

    Text that is no address (the name of a socket) stands for itself.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ip_network((parsed.packed[:8] + bytes(8), 64)))
    return str(parsed)


def _seconds_left(limit: Limit, now: datetime) -> int:
    end = limit.window_start(now) + timedelta(seconds=limit.window_seconds)
    return max(1, int((end - now).total_seconds()))

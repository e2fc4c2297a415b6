"""Units held for a cart for a while: taken, extended, given back, run out.

While a hold is `held`, its units stand in the levels' `reserved` and nobody else can have them. Whoever changes what a
cart holds has locked the cart first, then its hold, then the levels (rule 15). What orders hold that wait for their
money is theirs (`stoa.orders`): nothing here touches it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import select, text

from stoa.db.transaction import Tx
from stoa.inventory.models import Reservation, ReservationState

# However often it is extended, a hold ends a day after it was taken: stock that nobody buys goes back to the others.
LONGEST = timedelta(days=1)


@dataclass(frozen=True)
class Answer:
    """What came of asking to hold what one cart contains.

    `held` has the hold's id. `nothing_counted`: no unit in the cart is counted, and it holds nothing now. The others
    are refusals that changed nothing; `out_of_stock` names a variant, how many were asked and how many there are.
    """

    kind: Literal["held", "nothing_counted", "cart_not_found", "cart_completed", "out_of_stock", "not_together"]
    reservation_id: UUID | None = None
    variant_id: UUID | None = None
    asked: int = 0
    free: int = 0


@dataclass(frozen=True)
class HeldUnits:
    """Units of one variant that a hold has: `later` of them are promised beyond stock."""

    variant_id: UUID
    quantity: int
    later: int


@dataclass(frozen=True)
class Hold:
    """What a cart holds, since when, whatever it held then, and until when."""

    id: UUID
    created_at: datetime
    expires_at: datetime
    items: tuple[HeldUnits, ...]

    def of(self, variant_id: UUID) -> HeldUnits:
        """The units of this variant; none where it holds none."""
        return next((item for item in self.items if item.variant_id == variant_id), HeldUnits(variant_id, 0, 0))


async def hold_stock(tx: Tx, *, until: Mapping[UUID, datetime]) -> list[Answer]:
    """Hold what these carts contain, each until then, in place of what it holds now; an answer for each, in turn.

    No cart holds longer than a day: what takes the place of a hold counts as taken when that was.

    One statement, however many carts. A batch gives exactly what its carts one after another would have been given.
    Whose the carts are, the caller has seen to, and has flushed their lines.
    """
    found = await tx.execute(
        _HOLD,
        {
            "store": tx.store_id,
            "carts": [*until],
            "ids": [tx.new_id() for _ in until],
            "at": [tx.now] * len(until),
            "until": [*until.values()],
            "actors": [str(tx.actor)] * len(until),
        },
    )
    return [_answer(row.answer, row.reservation_id, row.detail) for row in found]


async def release_stock(tx: Tx, *, reservation_ids: Sequence[UUID]) -> set[UUID]:
    """Give back what carts hold; one that is not held any more, or is an order's, is passed over. Which were held."""
    return await _close(tx, reservation_ids, ReservationState.RELEASED)


async def expire_reservations(tx: Tx, limit: int) -> int:
    """Give back what carts held too long, the longest past first, at most `limit`; how many those were.

    A cart that somebody is at work on is passed over: the next round finds it.
    """
    values = {"store": tx.store_id, "now": tx.now, "rows": limit}
    past = (await tx.execute(_PAST, values)).scalars().all()
    return len(await _close(tx, past, ReservationState.EXPIRED))


async def extend(tx: Tx, *, reservation: Reservation, until: datetime) -> None:
    """Hold for longer, if it is longer; never beyond a day after it was taken. The caller has locked the cart."""
    reservation.expires_at = max(reservation.expires_at, min(until, reservation.created_at + LONGEST))
    await tx.flush()


async def held_reservation(tx: Tx, reservation_id: UUID) -> Reservation | None:
    """The hold as it is now, if it is still held."""
    held = select(Reservation).where(Reservation.id == reservation_id, Reservation.state == ReservationState.HELD)
    return await tx.one_or_none(held.execution_options(populate_existing=True))


async def hold_of(tx: Tx, reservation_id: UUID) -> Hold | None:
    """What is held under this id, in one statement; None where it is not held any more."""
    rows = (await tx.execute(_HELD, {"store": tx.store_id, "id": reservation_id})).all()
    if not rows:
        return None
    items = tuple(HeldUnits(row.variant_id, row.quantity, row.later) for row in rows)
    return Hold(reservation_id, rows[0].created_at, rows[0].expires_at, items)


async def _close(tx: Tx, reservation_ids: Collection[UUID], state: ReservationState) -> set[UUID]:
    if not reservation_ids:
        return set()
    values = {
        "store": tx.store_id,
        "reservations": [*reservation_ids],
        "movements": [tx.new_id() for _ in reservation_ids],
        "state": str(state),
        "at": tx.now,
        "actor": str(tx.actor),
    }
    return set((await tx.execute(_RELEASE, values)).scalars())


def _answer(kind: str, reservation_id: UUID | None, detail: dict[str, str | int] | None) -> Answer:
    known = Answer(kind, reservation_id)  # type: ignore[arg-type]
    if detail is None:
        return known
    return replace(known, variant_id=UUID(str(detail["id"])), asked=int(detail["asked"]), free=int(detail["free"]))


_HOLD = text("""
SELECT * FROM stoa.hold_stock(CAST(:store AS uuid), CAST(:carts AS uuid[]), CAST(:ids AS uuid[]),
    CAST(:at AS timestamptz[]), CAST(:until AS timestamptz[]), CAST(:actors AS text[]))
""")

_RELEASE = text("""
SELECT * FROM stoa.release_stock(CAST(:store AS uuid), CAST(:reservations AS uuid[]), CAST(:movements AS uuid[]),
    CAST(:state AS text), CAST(:at AS timestamptz), CAST(:actor AS text))
""")

# The cart is locked before what it holds; whether its time is really past is looked at again under the lock.
_PAST = text("""
SELECT r.id FROM reservations r
JOIN carts c ON c.store_id = :store AND c.id = r.cart_id
WHERE r.store_id = :store AND r.state = 'held' AND r.order_id IS NULL AND r.expires_at <= :now
ORDER BY r.expires_at LIMIT :rows
FOR UPDATE OF c SKIP LOCKED
""")

_HELD = text("""
SELECT r.created_at, r.expires_at, t.variant_id, CAST(sum(t.quantity) AS bigint) AS quantity,
    CAST(coalesce(sum(t.quantity) FILTER (WHERE h.kind = 'backorder'), 0) AS bigint) AS later
FROM reservations r
JOIN reservation_items t ON t.store_id = :store AND t.reservation_id = r.id
JOIN stock_levels level ON level.store_id = :store AND level.id = t.level_id
JOIN warehouses h ON h.store_id = :store AND h.id = level.warehouse_id
WHERE r.store_id = :store AND r.id = :id AND r.state = 'held'
GROUP BY r.created_at, r.expires_at, t.variant_id ORDER BY t.variant_id
""")

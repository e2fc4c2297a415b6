"""Small random shops with little of everything, and what people hand in there at the same time.

A world is a plain description, the same whatever store it is built in: `world_rows.py` makes rows of it, and
`expected.py` says what placing has to answer.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple, TypeVar
from uuid import UUID

from hypothesis import strategies as st

from stoa.kernel.ids import named_id
from stoa.stores.models import Allocation, PaymentMethod

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
QUOTED_AT = NOW - timedelta(minutes=10)

T = TypeVar("T")


# Degrees of latitude and longitude.
Spot = tuple[int, int]

LONDON, PARIS, ROME = (51, 0), (48, 2), (41, 12)


class Depot(NamedTuple):
    """A warehouse. `later`: the one list of what is promised beyond stock."""

    priority: int
    is_active: bool = True
    country: str = ""
    spot: Spot | None = None
    later: bool = False


class Held(NamedTuple):
    """Units of an article that a basket holds in a warehouse, beside what the level says is there and free."""

    article: int
    warehouse: int
    units: int


@dataclass(frozen=True)
class Level:
    """What stands in one warehouse. `short` above zero: a count found less than was promised. What is `reserved`,
    somebody else holds."""

    on_hand: int
    safety: int = 0
    committed: int = 0
    reserved: int = 0
    short: int = 0


@dataclass(frozen=True)
class Article:
    """A variant: what it cost when it was quoted, what it costs now, where it stands."""

    price: int
    price_now: int | None
    levels: tuple[Level | None, ...]
    tracked: bool = True
    sold: Literal["yes", "inactive", "deleted", "draft"] = "yes"


@dataclass(frozen=True)
class Line:
    """Units of one article; `staff_price` for the whole line."""

    article: int
    quantity: int
    staff_price: int | None = None


@dataclass(frozen=True)
class Basket:
    """A cart with a quote that was replaced, and the one that counts (or none, where it was changed since)."""

    lines: tuple[Line, ...]
    customer: int | None = None
    code: int | None = None
    changed: bool = False
    expired: bool = False
    quote_expired: bool = False
    missing: tuple[str, ...] = ()
    holds: tuple[Held, ...] = ()
    hold_past: bool = False
    country: str = ""
    spot: Spot | None = None


@dataclass(frozen=True)
class Key:
    """An idempotency key, whose it is, and which request was sent under it."""

    owner: str
    key: str
    request: int


@dataclass(frozen=True)
class Asked:
    """One submission. `basket` may be one too many: a cart that does not exist."""

    basket: int
    quote: Literal["current", "older", "unknown", "of the next cart"] = "current"
    holder: Literal["token", "wrong token", "customer", "other customer", "staff"] = "token"
    method: PaymentMethod = PaymentMethod.TEST
    minutes_later: int = 0
    key: Key | None = None


@dataclass(frozen=True)
class World:
    """A shop. A code is how many uses are left."""

    warehouses: tuple[Depot, ...]
    articles: tuple[Article, ...]
    codes: tuple[int, ...]
    baskets: tuple[Basket, ...]
    tax_rate_ppm: int
    tax_included: bool
    shipping: int = 395
    allocation: Allocation = Allocation.PRIORITY
    splits: bool = True


def world_id(kind: str, n: int) -> UUID:
    """The n-th thing of a kind has the same id in every store that the world is built in."""
    return named_id(QUOTED_AT, f"{kind} {n}")


# What can be wrong with a world. Each world has a few of them, or one where everything is refused for one reason or
# another would be all we ever see.
TROUBLES = (
    "warehouse inactive", "not stocked", "promised already", "miscounted", "scarce", "untracked", "not sold",
    "price moved", "no code", "staff price", "cart changed", "cart expired", "quote expired", "incomplete",
    "other quote", "unknown cart", "not theirs", "late", "same key", "same cart", "held", "beyond stock", "nearest",
    "fewest parcels", "not split",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A world, and what is handed in there at once: most of it sound, some of it not, some of it again."""

    world: World
    asked: tuple[Asked, ...]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Small shops with some trouble, and two to nine submissions."""
    again = {"same key", "same cart"} if draw(st.booleans()) else set()
    dice = _Dice(draw, again | draw(st.sets(st.sampled_from(TROUBLES), max_size=4)))
    warehouses = tuple(_depot(draw, dice) for _ in range(draw(st.integers(1, 3))))
    if dice.has("beyond stock"):
        warehouses += (Depot(0, later=True),)
    articles = tuple(_article(draw, dice, warehouses) for _ in range(draw(st.integers(1, 4))))
    codes = tuple(draw(st.lists(st.integers(0, 2), max_size=2)))
    baskets = tuple(_basket(draw, dice, articles, len(codes)) for _ in range(draw(st.integers(2, 6))))
    world = World(
        warehouses=warehouses,
        articles=articles,
        codes=codes,
        baskets=baskets,
        tax_rate_ppm=draw(st.sampled_from([0, 200_000, 77_000])),
        tax_included=draw(st.booleans()),
        allocation=_allocation(dice),
        splits=not dice.has("not split"),
    )
    turns = draw(st.permutations(range(len(baskets))))
    count = draw(st.sampled_from([5, 3, 2, 7, 9, 4, 6, 8]))
    return Case(world, tuple(_asked(draw, dice, len(baskets), turns[n % len(turns)]) for n in range(count)))


class _Dice:
    """Something odd now and then, of the kinds of trouble that this world has."""

    def __init__(self, draw: st.DrawFn, troubles: set[str]) -> None:
        self._draw = draw
        self._troubles = troubles

    def has(self, trouble: str) -> bool:
        """Whether the whole world is so."""
        return trouble in self._troubles

    def odd(self, trouble: str, usual: T, *others: T) -> T:
        """The usual value; where the world has that trouble, about every third time one of the others."""
        if trouble in self._troubles and self._draw(st.integers(0, 2)) == 2:
            return self._draw(st.sampled_from(others))
        return usual


def _allocation(dice: _Dice) -> Allocation:
    if dice.has("nearest"):
        return Allocation.NEAREST
    return Allocation.FEWEST_PARCELS if dice.has("fewest parcels") else Allocation.PRIORITY


def _depot(draw: st.DrawFn, dice: _Dice) -> Depot:
    near = dice.has("nearest")
    return Depot(
        priority=draw(st.integers(0, 2)),
        is_active=dice.odd("warehouse inactive", True, False),
        country=draw(st.sampled_from(["", "GB", "FR"])) if near else "",
        spot=draw(st.sampled_from([None, LONDON, PARIS, ROME])) if near else None,
    )


def _article(draw: st.DrawFn, dice: _Dice, warehouses: tuple[Depot, ...]) -> Article:
    price = draw(st.integers(0, 500))
    return Article(
        price=price,
        price_now=dice.odd("price moved", price, price + 1, None),
        levels=tuple(_level(draw, dice) for _ in warehouses),
        tracked=dice.odd("untracked", True, False),
        sold=dice.odd("not sold", "yes", "inactive", "deleted", "draft"),
    )


def _level(draw: st.DrawFn, dice: _Dice) -> Level | None:
    """A level that the table's CHECK allows, those included where more is promised than is there."""
    if dice.odd("not stocked", False, True):
        return None
    safety, committed, reserved = (dice.odd("promised already", 0, 1, 2) for _ in range(3))
    promised = safety + committed + reserved
    short = min(dice.odd("miscounted", 0, 1, 2), promised)
    more = 0 if short else draw(st.integers(0, 3 if dice.odd("scarce", False, True) else 20))
    on_hand = promised - short + more
    return Level(on_hand, safety, committed, reserved, short)


def _basket(draw: st.DrawFn, dice: _Dice, articles: tuple[Article, ...], codes: int) -> Basket:
    lines = tuple(
        Line(
            article=draw(st.integers(0, len(articles) - 1)),
            quantity=draw(st.integers(1, 4)),
            staff_price=dice.odd("staff price", None, 0, 1, 777),
        )
        for _ in range(draw(st.integers(1, 4)))
    )
    return Basket(
        lines=lines,
        customer=draw(st.sampled_from([None, 0, 1])),
        code=draw(st.sampled_from([None, *range(codes)])),
        changed=dice.odd("cart changed", False, True),
        expired=dice.odd("cart expired", False, True),
        quote_expired=dice.odd("quote expired", False, True),
        missing=dice.odd("incomplete", (), ("email",), ("email", "shipping")),
        holds=_holds(draw, lines, articles) if dice.odd("held", False, True, True) else (),
        hold_past=dice.odd("held", False, True),
        country=draw(st.sampled_from(["", "GB", "FR"])) if dice.has("nearest") else "",
        spot=draw(st.sampled_from([None, LONDON, PARIS])) if dice.has("nearest") else None,
    )


def _holds(draw: st.DrawFn, lines: tuple[Line, ...], articles: tuple[Article, ...]) -> tuple[Held, ...]:
    """What a basket holds: all that is in it as a rule, some of it where what it held was lost on the way."""
    held = []
    for article in sorted({line.article for line in lines}):
        left = sum(line.quantity for line in lines if line.article == article)
        for warehouse, level in enumerate(articles[article].levels):
            if level is None or not articles[article].tracked:
                continue
            units = draw(st.sampled_from(sorted({0, left, left // 2}, reverse=True)))
            if units:
                held.append(Held(article, warehouse, units))
            left -= units
    return tuple(held)


def _asked(draw: st.DrawFn, dice: _Dice, baskets: int, turn: int) -> Asked:
    """A submission of the basket whose turn it is, or of any."""
    basket = draw(st.integers(0, baskets - 1)) if dice.odd("same cart", False, True) else turn
    key = Key(dice.odd("same key", f"cart {basket}", "a"), dice.odd("same key", "k", "l"), draw(st.integers(1, 2)))
    return Asked(
        basket=dice.odd("unknown cart", basket, baskets),
        quote=dice.odd("other quote", "current", "older", "unknown", "of the next cart"),
        holder=dice.odd("not theirs", "token", "staff", "customer", "other customer", "wrong token"),
        method=draw(st.sampled_from(PaymentMethod)),
        minutes_later=dice.odd("late", 0, 1, 45),
        key=key if draw(st.booleans()) else None,
    )

"""Small random shops with little of everything, and what people hand in there at the same time.

A world is a plain description, the same whatever store it is built in: `world_rows.py` makes rows of it, and
`expected.py` says what placing has to answer.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeVar
from uuid import UUID

from hypothesis import strategies as st

from stoa.kernel.ids import named_id
from stoa.stores.models import PaymentMethod

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
QUOTED_AT = NOW - timedelta(minutes=10)

T = TypeVar("T")


@dataclass(frozen=True)
class Level:
    """What stands in one warehouse. `short` above zero: a count found less than was promised."""

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
    """A shop. A warehouse is its priority and whether it is active; a code is how many uses are left."""

    warehouses: tuple[tuple[int, bool], ...]
    articles: tuple[Article, ...]
    codes: tuple[int, ...]
    baskets: tuple[Basket, ...]
    tax_rate_ppm: int
    tax_included: bool
    shipping: int = 395


def world_id(kind: str, n: int) -> UUID:
    """The n-th thing of a kind has the same id in every store that the world is built in."""
    return named_id(QUOTED_AT, f"{kind} {n}")


# What can be wrong with a world. Each world has a few of them, or one where everything is refused for one reason or
# another would be all we ever see.
TROUBLES = (
    "warehouse inactive", "not stocked", "promised already", "miscounted", "scarce", "untracked", "not sold",
    "price moved", "no code", "staff price", "cart changed", "cart expired", "quote expired", "incomplete",
    "other quote", "unknown cart", "not theirs", "late", "same key", "same cart",
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
    warehouses = tuple(
        (draw(st.integers(0, 2)), dice.odd("warehouse inactive", True, False)) for _ in range(draw(st.integers(1, 3)))
    )
    articles = tuple(_article(draw, dice, len(warehouses)) for _ in range(draw(st.integers(1, 4))))
    codes = tuple(draw(st.lists(st.integers(0, 2), max_size=2)))
    baskets = tuple(_basket(draw, dice, len(articles), len(codes)) for _ in range(draw(st.integers(2, 6))))
    world = World(
        warehouses=warehouses,
        articles=articles,
        codes=codes,
        baskets=baskets,
        tax_rate_ppm=draw(st.sampled_from([0, 200_000, 77_000])),
        tax_included=draw(st.booleans()),
    )
    turns = draw(st.permutations(range(len(baskets))))
    count = draw(st.sampled_from([5, 3, 2, 7, 9, 4, 6, 8]))
    return Case(world, tuple(_asked(draw, dice, len(baskets), turns[n % len(turns)]) for n in range(count)))


class _Dice:
    """Something odd now and then, of the kinds of trouble that this world has."""

    def __init__(self, draw: st.DrawFn, troubles: set[str]) -> None:
        self._draw = draw
        self._troubles = troubles

    def odd(self, trouble: str, usual: T, *others: T) -> T:
        """The usual value; where the world has that trouble, about every third time one of the others."""
        if trouble in self._troubles and self._draw(st.integers(0, 2)) == 2:
            return self._draw(st.sampled_from(others))
        return usual


def _article(draw: st.DrawFn, dice: _Dice, warehouses: int) -> Article:
    price = draw(st.integers(0, 500))
    return Article(
        price=price,
        price_now=dice.odd("price moved", price, price + 1, None),
        levels=tuple(_level(draw, dice) for _ in range(warehouses)),
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


def _basket(draw: st.DrawFn, dice: _Dice, articles: int, codes: int) -> Basket:
    lines = tuple(
        Line(
            article=draw(st.integers(0, articles - 1)),
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
    )


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

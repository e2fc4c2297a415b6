"""What placing has to answer, said a second time and as plainly as possible: one submission after another, no sets."""

from typing import Any
from uuid import UUID

from stoa.carts.errors import CartNotFound
from stoa.checkout.errors import CheckoutIncomplete, CodeSpent, KeyReused, OutOfStock, QuoteChanged
from stoa.checkout.placing import Submission
from stoa.kernel.refusals import Refusal
from stoa.pricing import total
from tests.checkout.world_rows import priced
from tests.checkout.worlds import Asked, World, world_id


class ExpectedShop:
    """The shop in memory."""

    def __init__(self, world: World) -> None:
        self.world = world
        # Per article, its shelves in the order in which they are emptied: level, and what is free there.
        self.shelves: list[list[list[Any]]] = [
            [
                [world_id(f"level {n}", w), max(level.on_hand - level.safety - level.committed - level.reserved, 0)]
                for w, level in sorted(enumerate(article.levels), key=lambda at: self._turn(at[0]))
                if level is not None and world.warehouses[w][1]
            ]
            for n, article in enumerate(world.articles)
        ]
        self.taken: dict[UUID, int] = {}
        self.uses = list(world.codes)
        self.orders: dict[int, UUID] = {}
        self.keys: dict[tuple[str, str], tuple[int, UUID]] = {}

    def place(self, asked: Asked, submission: Submission) -> UUID | type[Refusal] | tuple[type[Refusal], Any]:
        """The order, or the refusal with what it says of the matter."""
        if asked.basket >= len(self.world.baskets) or not self._may_open(asked):
            return CartNotFound
        if asked.key and (known := self.keys.get((asked.key.owner, asked.key.key))):
            return known[1] if known[0] == asked.key.request else KeyReused
        if asked.basket in self.orders:
            return self.orders[asked.basket]
        refused = self._refusal(asked)
        if refused is not None:
            return refused
        for article, units in self._wanted(asked).items():
            self._take(article, units)
        if (code := self._code(asked)) is not None:
            self.uses[code] -= 1
        self.orders[asked.basket] = submission.order_id
        if asked.key:
            self.keys[asked.key.owner, asked.key.key] = (asked.key.request, submission.order_id)
        return submission.order_id

    def _turn(self, warehouse: int) -> tuple[int, UUID]:
        return (self.world.warehouses[warehouse][0], world_id("warehouse", warehouse))

    def _free(self, article: int) -> int:
        return sum(free for _, free in self.shelves[article])

    def _take(self, article: int, units: int) -> None:
        for shelf in self.shelves[article]:
            some = min(units, shelf[1])
            shelf[1] -= some
            units -= some
            self.taken[shelf[0]] = self.taken.get(shelf[0], 0) + some

    def _may_open(self, asked: Asked) -> bool:
        customer = self.world.baskets[asked.basket].customer
        return asked.holder in ("token", "staff") or (
            customer is not None and asked.holder == ("customer", "other customer")[customer]
        )

    def _refusal(self, asked: Asked) -> type[Refusal] | tuple[type[Refusal], Any] | None:
        basket = self.world.baskets[asked.basket]
        if basket.expired:
            return CartNotFound
        if basket.changed or basket.quote_expired or asked.minutes_later >= 20 or not self._names_current_quote(asked):
            return QuoteChanged
        if basket.missing:
            return (CheckoutIncomplete, list(basket.missing))
        for line in basket.lines:
            article = self.world.articles[line.article]
            moved = line.staff_price is None and article.price_now != article.price
            if article.sold != "yes" or moved:
                return QuoteChanged
        if (code := self._code(asked)) is not None and self.uses[code] < 1:
            return CodeSpent
        for article_n, units in sorted(self._wanted(asked).items(), key=lambda wanted: world_id("variant", wanted[0])):
            if units > self._free(article_n):
                return (OutOfStock, (world_id("variant", article_n), units, self._free(article_n)))
        return None

    def _names_current_quote(self, asked: Asked) -> bool:
        only_cart = asked.quote == "of the next cart" and len(self.world.baskets) == 1
        return asked.quote == "current" or only_cart

    def _wanted(self, asked: Asked) -> dict[int, int]:
        wanted: dict[int, int] = {}
        for line in self.world.baskets[asked.basket].lines:
            if self.world.articles[line.article].tracked:
                wanted[line.article] = wanted.get(line.article, 0) + line.quantity
        return wanted

    def _code(self, asked: Asked) -> int | None:
        basket = self.world.baskets[asked.basket]
        if basket.code is None or total(priced(self.world, asked.basket, basket)).discount == 0:
            return None
        return basket.code


def told(outcome: object) -> UUID | type[Refusal] | tuple[type[Refusal], Any]:
    """An outcome of `place_orders` in the same words."""
    match outcome:
        case OutOfStock():
            return (OutOfStock, (outcome.variant_id, outcome.asked, outcome.free))
        case CheckoutIncomplete():
            return (CheckoutIncomplete, outcome.missing)
        case Refusal():
            return type(outcome)
        case _:
            return outcome.order_id  # type: ignore[attr-defined,no-any-return]

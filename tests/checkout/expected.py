"""What placing has to answer, said a second time and as plainly as possible: one submission after another, no sets."""

import math
from typing import Any
from uuid import UUID

from stoa.carts.errors import CartNotFound
from stoa.checkout.errors import CheckoutIncomplete, CodeSpent, KeyReused, OutOfStock, QuoteChanged
from stoa.checkout.placing import Submission
from stoa.inventory.errors import NotTogether
from stoa.kernel.refusals import Refusal
from stoa.pricing import total
from stoa.stores.models import Allocation
from tests.checkout.world_rows import priced
from tests.checkout.worlds import Asked, Basket, Spot, World, world_id


class ExpectedShop:
    """The shop in memory."""

    def __init__(self, world: World) -> None:
        self.world = world
        # What is free of each article in each warehouse that ships; whoever has none of it has 0.
        self.free: dict[tuple[int, int], int] = {
            (n, w): max(level.on_hand - level.safety - level.committed - level.reserved, 0)
            for n, article in enumerate(world.articles)
            for w, level in enumerate(article.levels)
            if level is not None and world.warehouses[w].is_active
        }
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
        basket = self.world.baskets[asked.basket]
        for held in basket.holds:
            self._note(held.article, held.warehouse, held.units)
        picked = self.picked(basket, self._unheld(asked))
        assert picked is not None
        for (article, warehouse), units in picked.items():
            self.free[article, warehouse] -= units
            self._note(article, warehouse, units)
        if (code := self._code(asked)) is not None:
            self.uses[code] -= 1
        self.orders[asked.basket] = submission.order_id
        if asked.key:
            self.keys[asked.key.owner, asked.key.key] = (asked.key.request, submission.order_id)
        return submission.order_id

    def _note(self, article: int, warehouse: int, units: int) -> None:
        level = world_id(f"level {article}", warehouse)
        self.taken[level] = self.taken.get(level, 0) + units

    def picked(self, basket: Basket, wanted: dict[int, int]) -> dict[tuple[int, int], int] | None:
        """From where so many of each article come; None where the store would have to split what it may not."""
        asked = [w for w in range(len(self.world.warehouses)) if any((article, w) in self.free for article in wanted)]
        ranking = sorted(asked, key=lambda w: self._turn(w, basket, wanted))
        if not self.world.splits:
            sole = [w for w in ranking if not self._later(w) and self._has_all(w, wanted)][:1]
            ranking = sole + [w for w in ranking if self._later(w)]
        picked: dict[tuple[int, int], int] = {}
        for article, units in wanted.items():
            left = units
            for w in ranking:
                some = min(left, self.free.get((article, w), 0))
                if some:
                    picked[article, w] = some
                left -= some
            if left:
                return None
        return picked

    def _turn(self, w: int, basket: Basket, wanted: dict[int, int]) -> tuple[Any, ...]:
        """Who comes first: what is there before what is to come; who has the most units of it, in a store that does not
        split orders; then as the store allocates; then by priority."""
        depot = self.world.warehouses[w]
        has = sum(min(self.free.get((article, w), 0), units) for article, units in wanted.items())
        rule: tuple[Any, ...] = ()
        match self.world.allocation:
            case Allocation.NEAREST:
                rule = (_distance(depot.spot, basket.spot), depot.country != basket.country)
            case Allocation.FEWEST_PARCELS:
                rule = (-sum(self.free.get((article, w), 0) >= units for article, units in wanted.items()),)
        return (depot.later, 0 if self.world.splits else -has, *rule, depot.priority, world_id("warehouse", w))

    def _has_all(self, w: int, wanted: dict[int, int]) -> bool:
        """Whether one warehouse can send everything, but for what is still to come."""
        later = [other for other in range(len(self.world.warehouses)) if self._later(other)]
        return all(
            units <= sum(self.free.get((article, place), 0) for place in (w, *later))
            for article, units in wanted.items()
        )

    def _later(self, w: int) -> bool:
        return self.world.warehouses[w].later

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
        wanted, unheld = self._wanted(asked), self._unheld(asked)
        for article_n, units in sorted(unheld.items(), key=lambda one: world_id("variant", one[0])):
            free = sum(free for (article, _), free in self.free.items() if article == article_n)
            if units > free:
                held = wanted[article_n] - units
                return (OutOfStock, (world_id("variant", article_n), wanted[article_n], free + held))
        return NotTogether if self.picked(basket, unheld) is None else None

    def _names_current_quote(self, asked: Asked) -> bool:
        only_cart = asked.quote == "of the next cart" and len(self.world.baskets) == 1
        return asked.quote == "current" or only_cart

    def _wanted(self, asked: Asked) -> dict[int, int]:
        wanted: dict[int, int] = {}
        for line in self.world.baskets[asked.basket].lines:
            if self.world.articles[line.article].tracked:
                wanted[line.article] = wanted.get(line.article, 0) + line.quantity
        return wanted

    def _unheld(self, asked: Asked) -> dict[int, int]:
        """What is wanted beside what the basket holds already."""
        unheld = self._wanted(asked)
        for held in self.world.baskets[asked.basket].holds:
            unheld[held.article] -= held.units
        return unheld

    def _code(self, asked: Asked) -> int | None:
        basket = self.world.baskets[asked.basket]
        if basket.code is None or total(priced(self.world, asked.basket, basket)).discount == 0:
            return None
        return basket.code


def _distance(one: Spot | None, other: Spot | None) -> float:
    """How far two places on a globe are from each other, in no unit; what is not known is farther than all."""
    if one is None or other is None:
        return math.inf
    (lat1, lon1), (lat2, lon2) = (map(math.radians, spot) for spot in (one, other))
    return math.acos(min(1, math.sin(lat1) * math.sin(lat2) + math.cos(lat1) * math.cos(lat2) * math.cos(lon1 - lon2)))


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

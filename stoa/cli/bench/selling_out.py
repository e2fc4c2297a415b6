"""More shoppers than units: they all want the same variant at once, and just as many are served as there are units."""

from dataclasses import dataclass

from stoa.cli.bench.buying import hand_in
from stoa.cli.bench.shop import Shop
from stoa.cli.bench.world import UNITS_IN_STOCK

SHOPPERS = 3000
UNITS = 2001  # two an order: the last one is nobody's
_SECONDS = 60


@dataclass(frozen=True)
class SoldOut:
    """How many asked, how many were served, and how many units are left of how many there were."""

    shoppers: int
    units: int
    orders: int
    left: int
    refused: dict[str, int]

    @property
    def right(self) -> bool:
        """Whether all units were sold that could be, everybody else was refused, and nothing was sold twice."""
        served = self.units // 2
        return (self.orders, self.left) == (served, self.units % 2) and self.refused == {"409": self.shoppers - served}


def sell_out(shop: Shop, port: int, *, connections: int) -> SoldOut:
    """Let them all ask at once; afterwards there is plenty again."""
    prepared = shop.prepare(SHOPPERS, hot=True)
    shop.leave(UNITS)
    told = hand_in(shop, port, prepared, seconds=_SECONDS, connections=connections)
    left = shop.left()
    shop.leave(UNITS_IN_STOCK)
    return SoldOut(shoppers=SHOPPERS, units=UNITS, orders=told.orders, left=left, refused=told.others)

"""What Kiln & Thread sells: the demo's goods, in words of its own."""

from stoa.blueprints.wares import house, little_ones
from stoa.blueprints.wares.ware import SHELVES, Shelf, Ware

WARES: list[Ware] = [*house.WARES, *little_ones.WARES]

__all__ = ["SHELVES", "WARES", "Shelf", "Ware"]
